using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EveKernel.Core.Configuration;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;
using Xunit.Abstractions;

namespace EveKernel.Tests.Configuration;

/// <summary>How what was set in a menu comes back as lines of a fragment. The menu itself is shown in a terminal by the SDK's tests; here the tree's own parser edits the configuration.</summary>
public sealed class ConfigMenuTests(SmallTree tree, ITestOutputHelper output) : IClassFixture<SmallTree>, IDiagnosticSink, IDisposable
{
    private const string Auto = "# CONFIG_LOCALVERSION_AUTO is not set\n";

    private readonly TemporaryFolder _folder = new();
    private readonly List<Diagnostic> _reported = [];

    public void Dispose() => _folder.Dispose();

    void IDiagnosticSink.Report(Diagnostic diagnostic) => _reported.Add(diagnostic);

    [Theory]
    // What a select or a default brings needs no line.
    [InlineData("allnoconfig", "", "CONFIG_USER_OF_LIBRARY=y", "CONFIG_USER_OF_LIBRARY=y\n")]
    [InlineData("allnoconfig", "", "CONFIG_BUS=y\nCONFIG_GROUP=y", "CONFIG_BUS=y\nCONFIG_GROUP=y\nCONFIG_MEMBER=y\n")]
    [InlineData("small_defconfig", "", "CONFIG_GROUP=y", "CONFIG_GROUP=y\n")]
    [InlineData("small_defconfig", "", "CONFIG_GROUP=y\n# CONFIG_MEMBER is not set", "CONFIG_GROUP=y\n# CONFIG_MEMBER is not set\n")]
    [InlineData("small_defconfig", "", "# CONFIG_BUS is not set", "# CONFIG_BUS is not set\n")]
    [InlineData("small_defconfig", "", "CONFIG_COUNT=4", "CONFIG_COUNT=4\n")]
    // A line that is there is changed where it stands, with all around it as it was.
    [InlineData("allnoconfig", "# Why.\r\nCONFIG_COUNT=5\r\n\r\n# Caf\u00e9\r\nCONFIG_BUS=y\r\n", "CONFIG_COUNT=6", "# Why.\r\nCONFIG_COUNT=6\r\n\r\n# Caf\u00e9\r\nCONFIG_BUS=y\r\n")]
    [InlineData("allnoconfig", "CONFIG_COUNT=5", "CONFIG_NAME=\"a \\\"b\\\"\"", "CONFIG_COUNT=5\nCONFIG_NAME=\"a \\\"b\\\"\"\n")]
    [InlineData("allnoconfig", "CONFIG_BUS=y\r\n", "CONFIG_PACK_TWO=y", "CONFIG_BUS=y\r\nCONFIG_PACK_TWO=y\r\n")]
    [InlineData("allnoconfig", "CONFIG_BUS=y # override\n", "# CONFIG_BUS is not set", "# CONFIG_BUS is not set # override\n")]
    // What a fragment asks for and now cannot have is taken back as well.
    [InlineData("allnoconfig", "CONFIG_BUS=y\nCONFIG_GROUP=y\nCONFIG_MEMBER=y\n", "# CONFIG_BUS is not set",
        "# CONFIG_BUS is not set\n# CONFIG_GROUP is not set\n# CONFIG_MEMBER is not set\n")]
    public async Task The_fewest_lines_come_back_and_nothing_else_is_touched(string defconfig, string before, string set, string after)
    {
        string first = _folder.Write("first", Auto);
        string fragment = Write("second", before);
        await EditAsync(defconfig, [first, fragment], 1, set);
        Assert.Equal(after, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(fragment)));
        Assert.DoesNotContain(_reported, one => one.Severity != Severity.Message);
    }

    [Fact]
    public async Task What_an_earlier_fragment_sets_is_overridden_and_a_later_one_is_in_the_way()
    {
        string first = Write("first", Auto + "CONFIG_COUNT=5\n");
        string second = Write("second", "CONFIG_BUS=y\n");
        await EditAsync("allnoconfig", [first, second], 1, "CONFIG_COUNT=6");
        Assert.Equal("CONFIG_BUS=y\nCONFIG_COUNT=6 # override\n", await File.ReadAllTextAsync(second));
        KernelException exception = await Assert.ThrowsAsync<KernelException>(() => EditAsync("allnoconfig", [first, second], 0, "CONFIG_COUNT=7"));
        Assert.Equal((ErrorCodes.MenuFragmentTooEarly, second, 2), (exception.Code, exception.Location!.File, exception.Location.Line));
        Assert.Equal(Auto + "CONFIG_COUNT=5\n", await File.ReadAllTextAsync(first));
    }

    [Fact]
    public async Task A_fragment_that_changed_meanwhile_is_left_alone()
    {
        string fragment = Write("fragment", Auto);
        KernelException exception = await Assert.ThrowsAsync<KernelException>(
            () => EditAsync("allnoconfig", [fragment], 0, "CONFIG_BUS=y", () => File.AppendAllText(fragment, "# Mine.\n")));
        Assert.Equal(ErrorCodes.MenuFragmentChanged, exception.Code);
        Assert.Equal(Auto + "# Mine.\n", await File.ReadAllTextAsync(fragment));
        Assert.Equal(Auto + "CONFIG_BUS=y\n", await File.ReadAllTextAsync(exception.Message.Split('\'')[^2]));
    }

    [Fact]
    public async Task A_link_stays_a_link_and_nothing_changed_writes_nothing()
    {
        string real = Write("real", Auto);
        File.SetUnixFileMode(real, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        string link = _folder["link"];
        File.CreateSymbolicLink(link, "real");
        await EditAsync("allnoconfig", [link], 0, "CONFIG_BUS=y");
        Assert.Equal("real", new FileInfo(link).LinkTarget);
        Assert.Equal(Auto + "CONFIG_BUS=y\n", await File.ReadAllTextAsync(real));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(real));
        DateTime time = File.GetLastWriteTimeUtc(real);
        await EditAsync("allnoconfig", [link], 0, "CONFIG_BUS=y");
        Assert.Equal(time, File.GetLastWriteTimeUtc(real));
        Assert.Contains(_reported, one => one.Message.StartsWith("Nothing was changed", StringComparison.Ordinal));
    }

    /// <summary>Whatever is set, what comes of the fragments afterwards is what was seen in the menu.</summary>
    [Theory]
    [InlineData("allnoconfig")]
    [InlineData("small_defconfig")]
    public async Task The_fragments_give_the_menus_configuration_again(string defconfig)
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("EVEKERNEL_TEST_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Environment.TickCount;
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        string[] symbols = ["MODULES", "BUS", "DRIVER", "FIRST_BUS_KIND", "LIBRARY", "USER_OF_LIBRARY", "FEATURE_OF_LIBRARY", "OTHER_LIBRARY", "FEATURE_OF_OTHER", "GROUP", "MEMBER", "PACK_TWO"];
        string first = Write("first", Auto + "CONFIG_MODULES=y\n");
        string fragment = Write("fragment", "CONFIG_LIBRARY=m\n");
        for (int round = 0; round < 6; round++)
        {
            string[] lines = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => symbols[random.Next(symbols.Length)])
                .Select(name => random.Next(3) == 0 ? $"# CONFIG_{name} is not set" : $"CONFIG_{name}={"ym"[random.Next(2)]}").Append($"CONFIG_COUNT={random.Next(1, 65)}")];
            output.WriteLine($"{await File.ReadAllTextAsync(fragment)}+ {string.Join(", ", lines)}");
            ConfigFile edited = await EditAsync(defconfig, [first, fragment], 1, string.Join('\n', lines));
            Assert.Empty(ConfigChange.Compare(edited, await ConfigureAsync(Request(defconfig, [first, fragment]))));
        }

        Assert.DoesNotContain(_reported, one => one.Severity != Severity.Message);
    }

    [Fact]
    public async Task A_menus_own_symbol_has_a_prompt()
    {
        string fragment = Write("fragment", Auto + "CONFIG_GROUP=y\n");
        KernelException exception = await Assert.ThrowsAsync<KernelException>(() => ConfigureAsync(Request("allnoconfig", [fragment])));
        Assert.Equal("CONFIG_GROUP=y was dropped: it is not set. Not met: BUS [=n].", exception.Message);
    }

    private async Task<ConfigFile> EditAsync(string defconfig, ImmutableArray<string> fragments, int which, string set, Action? meanwhile = null)
    {
        ConfigurationRequest request = Request(defconfig, fragments);
        await ConfigureAsync(request);
        string edited = _folder["out/.evk-kconfig/menu/.config"];
        Directory.CreateDirectory(Path.GetDirectoryName(edited)!);
        await File.WriteAllTextAsync(edited, await File.ReadAllTextAsync(_folder["out/.config"]) + set + "\n");
        using (StreamWriter log = new(_folder["edit.log"]))
            await new KconfigRun(new ProcessGroup(withoutNetwork: false), request, log).MakeAsync([$"KCONFIG_CONFIG={edited}", "olddefconfig"], default);
        FragmentEditor editor = FragmentEditor.Read(fragments[which]);
        meanwhile?.Invoke();
        await new ConfigMenu(new ProcessGroup(withoutNetwork: false), this).TakeAsync(request, editor, fragments[which], edited, default);
        return ConfigFile.Read(edited);
    }

    private async Task<ConfigFile> ConfigureAsync(ConfigurationRequest request) =>
        ConfigFile.Read((await new Configurator(new ProcessGroup(withoutNetwork: false), this).ConfigureAsync(request, default)).ConfigFile);

    private ConfigurationRequest Request(string defconfig, ImmutableArray<string> fragments) => new(
        new MakeContext(tree.Folder, _folder["out"], "x86_64", DateTimeOffset.UnixEpoch, "", ImmutableDictionary<string, string>.Empty.Add("PATH", Environment.GetEnvironmentVariable("PATH")!)),
        2, defconfig, fragments, false, RepositoryRoot.File("sdk/kconfig/evk-kconfig.c"), _folder["log/configure.log"])
    {
        InputsKey = "the tree",
    };

    private string Write(string name, string content)
    {
        File.WriteAllBytes(_folder[name], Encoding.Latin1.GetBytes(content));
        return _folder[name];
    }
}

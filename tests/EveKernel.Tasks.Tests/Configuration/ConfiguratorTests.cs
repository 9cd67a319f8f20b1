using System.Collections.Immutable;
using EveKernel.Core.Configuration;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;

namespace EveKernel.Tests.Configuration;

public sealed class ConfiguratorTests(SmallTree tree) : IClassFixture<SmallTree>, IDiagnosticSink, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<Diagnostic> _reported = [];

    public void Dispose() => _folder.Dispose();

    void IDiagnosticSink.Report(Diagnostic diagnostic) => _reported.Add(diagnostic);

    [Fact]
    public async Task Each_symbol_that_did_not_come_out_is_an_error_at_its_line_with_the_reason()
    {
        string fragment = Write(
            """
            CONFIG_MODULES=y
            CONFIG_DRIVER=m
            # CONFIG_LIBRARY is not set
            CONFIG_USER_OF_LIBRARY=y
            CONFIG_OTHER_LIBRARY=m
            CONFIG_FEATURE_OF_OTHER=y
            CONFIG_BUS_KIMD=y
            CONFIG_FIRST_BUS_KIMD=y
            CONFIG_COUNT=65
            CONFIG_PACK_ONE=y
            CONFIG_NAME="as asked"
            # CONFIG_GONE_FOREVER_AND_EVER is not set
            """);
        KernelException exception = await Assert.ThrowsAsync<KernelException>(() => Configure("allnoconfig", [fragment]));
        Assert.Equal(
            [
                "2 EVK3004 CONFIG_DRIVER=m was dropped: it is not set. Not met: BUS [=n]; FIRST_BUS_KIND [=n] || SECOND_BUS_KIND [=n].",
                "3 EVK3006 CONFIG_LIBRARY was asked off and is y. It is selected by USER_OF_LIBRARY [=y].",
                "6 EVK3005 CONFIG_FEATURE_OF_OTHER=y came out as m. Not met: OTHER_LIBRARY [=m].",
                "7 EVK3003 CONFIG_BUS_KIMD is defined by no Kconfig file of this tree.",
                "8 EVK3003 CONFIG_FIRST_BUS_KIMD is defined by no Kconfig file of this tree. Was CONFIG_FIRST_BUS_KIND meant?",
                "9 EVK3005 CONFIG_COUNT=65 came out as 64. Its range in Kconfig does not allow the number.",
                "12 EVK3003 CONFIG_GONE_FOREVER_AND_EVER is defined by no Kconfig file of this tree.",
            ],
            exception.Diagnostics.Select(d => $"{d.Location!.Line} {d.Code} {d.Message}"));
        Assert.All(exception.Diagnostics, d => Assert.Equal(fragment, d.Location!.File));
    }

    [Fact]
    public async Task A_module_that_became_built_in_names_what_selects_it_and_a_choice_names_its_member()
    {
        string fragment = Write(
            """
            CONFIG_MODULES=y
            CONFIG_LIBRARY=m
            CONFIG_USER_OF_LIBRARY=y
            CONFIG_BUS=m
            CONFIG_PACK_ONE=y
            CONFIG_PACK_TWO=y
            """);
        KernelException exception = await Assert.ThrowsAsync<KernelException>(() => Configure("allnoconfig", [fragment]));
        string[] messages = [.. exception.Diagnostics.Select(d => $"{d.Location!.Line} {d.Message}")];
        Assert.Contains("2 CONFIG_LIBRARY=m came out as y. It is selected by USER_OF_LIBRARY [=y].", messages);
        string bus = Assert.Single(messages, message => message.StartsWith("4 CONFIG_BUS=m", StringComparison.Ordinal));
        Assert.EndsWith("It is bool: it cannot be a module.", bus, StringComparison.Ordinal);
        Assert.Contains(messages, message => message.Contains("It is one of a choice, and CONFIG_PACK_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_defconfig_takes_fragments_in_order_and_runs_again_only_when_something_changed()
    {
        string one = Write("CONFIG_COUNT=8\n# CONFIG_LOCALVERSION_AUTO is not set\n", "one");
        string two = Write("CONFIG_COUNT=9 # override\nCONFIG_NAME=\"a \\\"name\\\"\"\n", "two");
        ConfigurationResult first = await Configure("small_defconfig", [one, two]);
        Assert.False(first.WasUpToDate);
        Assert.Equal(
            [new EffectiveValue("COUNT", "9"), new EffectiveValue("LOCALVERSION_AUTO", "n"), new EffectiveValue("NAME", "\"a \\\"name\\\"\"")],
            first.Values.ToArray());
        Assert.True(ConfigFile.Read(first.ConfigFile).IsBuiltIn("BUS"));
        // All came out as asked, so there was nothing to ask the parser.
        Assert.DoesNotContain("evkconfig", await File.ReadAllTextAsync(_folder["log/configure.log"]), StringComparison.Ordinal);

        ConfigurationResult second = await Configure("small_defconfig", [one, two]);
        Assert.True(second.WasUpToDate);
        Assert.Equal(first.Sha256, second.Sha256);

        DateTime time = File.GetLastWriteTimeUtc(first.ConfigFile);
        ConfigurationResult third = await Configure("small_defconfig", [one, two], key: "another tree");
        Assert.False(third.WasUpToDate);
        Assert.Equal((first.Sha256, time), (third.Sha256, File.GetLastWriteTimeUtc(third.ConfigFile)));

        await File.AppendAllTextAsync(first.ConfigFile, "CONFIG_STRAY=y\n", CancellationToken.None);
        Assert.Equal(first.Sha256, (await Configure("small_defconfig", [one, two])).Sha256);
    }

    [Fact]
    public async Task What_is_off_and_has_no_line_may_be_unknown_or_only_hidden()
    {
        string fragment = Write("# CONFIG_LOCALVERSION_AUTO is not set\n# CONFIG_GONE is not set\n# CONFIG_FEATURE_OF_OTHER is not set\n");
        await Configure("allnoconfig", [fragment]);
        Diagnostic unknown = Assert.Single(_reported);
        Assert.Equal((Severity.Warning, ErrorCodes.SymbolUnknown, 2), (unknown.Severity, unknown.Code, unknown.Location!.Line));
    }

    [Fact]
    public async Task A_repository_may_name_the_release_only_when_that_is_allowed()
    {
        string defconfig = Write("CONFIG_COUNT=7\n", "defconfig");
        KernelException exception = await Assert.ThrowsAsync<KernelException>(() => Configure(defconfig, []));
        Assert.Equal(ErrorCodes.LocalVersionAuto, exception.Code);
        Assert.Equal("7", ConfigFile.Read((await Configure(defconfig, [], allowAuto: true)).ConfigFile)["COUNT"]);
    }

    [Fact]
    public async Task A_defconfig_that_the_tree_has_not_is_told_with_makes_words()
    {
        KernelException exception = await Assert.ThrowsAsync<KernelException>(() => Configure("none_defconfig", []));
        Assert.Equal(ErrorCodes.KconfigFailed, exception.Code);
        Assert.Contains("none_defconfig", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_tool_is_named_with_its_package()
    {
        MakeContext context = Context() with { Environment = ImmutableDictionary<string, string>.Empty.Add("PATH", _folder.Path) };
        KernelException exception = Assert.Throws<KernelException>(() => HostTools.CheckPrograms(context));
        Assert.Contains(exception.Diagnostics, d => d.Code == ErrorCodes.ToolMissing && d.Message.Contains("apt-get install flex", StringComparison.Ordinal));
    }

    private string Write(string content, string name = "fragment") => _folder.Write(name, content);

    private MakeContext Context() => new(
        tree.Folder,
        _folder["out"],
        "x86_64",
        DateTimeOffset.UnixEpoch,
        "",
        ImmutableDictionary<string, string>.Empty.Add("PATH", Environment.GetEnvironmentVariable("PATH")!));

    private Task<ConfigurationResult> Configure(string defconfig, ImmutableArray<string> fragments, bool allowAuto = false, string key = "the tree") =>
        new Configurator(new ProcessGroup(withoutNetwork: false), this).ConfigureAsync(
            new ConfigurationRequest(
                Context(), 2, defconfig, fragments, allowAuto, RepositoryRoot.File("sdk/kconfig/evk-kconfig.c"), _folder["log/configure.log"])
            {
                InputsKey = key,
            },
            CancellationToken.None);
}

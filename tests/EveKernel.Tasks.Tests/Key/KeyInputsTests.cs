using EveKernel.Core;
using EveKernel.Core.Packaging;

namespace EveKernel.Tests.Key;

/// <summary>Each input changed on its own: what can change a byte changes the key, and nothing else does.</summary>
public sealed class KeyInputsTests : IDisposable
{
    private readonly KeySetup _setup = new();

    public static TheoryData<string, bool> Cases
    {
        get
        {
            TheoryData<string, bool> cases = [];
            foreach ((string name, (bool changes, _)) in Changes)
                cases.Add(name, changes);
            return cases;
        }
    }

    private static Dictionary<string, (bool Changes, Action<KeySetup> Change)> Changes
    {
        get
        {
            Dictionary<string, (bool, Action<KeySetup>)> table = new(StringComparer.Ordinal)
            {
                ["another commit"] = (true, setup => setup.Request = setup.Request with { Commit = setup.Source.Commit(("init/main.c", "int other;\n")) }),
                ["a patch's diff"] = (true, setup => setup.EditKeepingTime("0001.patch", "+something", "+otherwise")),
                ["a patch's strip"] = (true, setup => setup.Write("series", "0001.patch -p0\n")),
                ["another patch"] = (true, setup => Append(setup, "0002.patch", KeySetup.Patch.Replace("said", "then", StringComparison.Ordinal))),
                ["a value of a fragment"] = (true, setup => setup.EditKeepingTime("x.fragment", "PRINTK=y", "PRINTK=n")),
                ["the order of fragments"] = (true, setup => setup.Request = setup.Request with { Fragments = [.. setup.Request.Fragments.Reverse()] }),
                ["a fragment less"] = (true, setup => setup.Request = setup.Request with { Fragments = [setup.Request.Fragments[0]] }),
                ["KernelDefconfig"] = (true, setup => setup.Request = setup.Request with { Defconfig = "tinyconfig" }),
                ["KernelFlavor"] = (true, setup => setup.Request = setup.Request with { Flavor = "rt" }),
                ["KernelConfigFlavor"] = (true, setup => setup.Request = setup.Request with { ConfigFlavor = "core" }),
                ["KernelArch"] = (true, setup => setup.Request = setup.Request with { Arch = "arm64" }),
                ["make's ARCH"] = (true, setup => setup.Request = setup.Request with { MakeArch = "i386" }),
                ["the image's target"] = (true, setup => setup.Request = setup.Request with { ImageTarget = "vmlinux" }),
                ["the image's path"] = (true, setup => setup.Request = setup.Request with { ImagePath = "vmlinux" }),
                ["KernelWarnings"] = (true, setup => setup.Request = setup.Request with { Warnings = "1" }),
                ["KernelRevision"] = (true, setup => setup.Request = setup.Request with { Revision = 1 }),
                ["KernelDirectory"] = (true, setup => setup.Request = setup.Request with { Directories = ["init"] }),
                ["KernelGate"] = (true, setup => setup.Request = setup.Request with { Gates = ["init"] }),

                ["KernelRepository"] = (false, MoveRepository),
                ["KernelBranch"] = (false, setup => setup.Request = setup.Request with { Branch = "another" }),
                ["the commit in capitals"] = (false, setup => setup.Request = setup.Request with { Commit = setup.Request.Commit!.ToUpperInvariant() }),
                ["a patch's message"] = (false, setup => setup.EditKeepingTime("0001.patch", "The message.", "Another message.")),
                ["a patch's author"] = (false, setup => setup.EditKeepingTime("0001.patch", "Someone", "Another")),
                ["a patch's name"] = (false, RenamePatch),
                ["a comment of the series"] = (false, setup => setup.Write("series", "# why\n0001.patch\n")),
                ["a comment of a fragment"] = (false, setup => setup.Write("x.fragment", "# why\n\nCONFIG_PRINTK=y\nCONFIG_BUG=y # override\n")),
                ["KernelCompilerLauncher"] = (false, setup => setup.Request = setup.Request with { CompilerLauncher = "ccache" }),
                ["KernelPatchAlreadyApplied"] = (false, setup => setup.Request = setup.Request with { AlreadyAppliedIsError = true }),
                ["KernelAllowLocalVersionAuto"] = (false, setup => setup.Request = setup.Request with { AllowLocalVersionAuto = true }),
                ["the output's folder"] = (false, setup => setup.Request = setup.Request with { OutputFolder = setup["elsewhere"], IntermediateFolder = setup["obj2"] }),
                ["an environment variable"] = (false, setup => setup.Environment = setup.Environment.SetItem("KBUILD_BUILD_USER", "me").SetItem("TZ", "Asia/Tokyo")),
                ["a program that no build packs the work of"] = (false, setup => setup.WriteTool("flex", "flex 9")),
            };
            table["headers for gcc's plugins"] = (true, setup => setup.Write("tools/plugin/include/plugin-version.h", "#define GCCPLUGIN_VERSION_MAJOR 12\n"));
            foreach (string program in KeySetup.Programs)
                table[$"{program}, replaced with its size and time kept"] = (true, setup => setup.EditKeepingTime($"tools/{program}", "1.2-3", "1.2-4"));
            foreach (string program in KeySetup.Programs)
                table[$"{program}, touched"] = (false, setup => File.SetLastWriteTimeUtc(setup[$"tools/{program}"], DateTime.UnixEpoch));
            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_can_change_a_byte_changes_the_key_and_the_rest_does_not(string name, bool changes)
    {
        BuildPlan before = await _setup.PlanAsync();
        Changes[name].Change(_setup);
        BuildPlan after = await _setup.PlanAsync();
        Assert.True(changes == (before.Key != after.Key), $"{before.KeyText}\n{after.KeyText}");
    }

    [Theory]
    [InlineData("CONFIG_SMP=n\n", true)]
    [InlineData("# CONFIG_SMP is not set\n", true)]
    [InlineData("# Why.\n\nCONFIG_SMP=y\n", false)]
    public async Task A_defconfig_that_is_a_file_counts_by_what_kconfig_reads_of_it(string content, bool changes)
    {
        _setup.Request = _setup.Request with { Defconfig = "file.config" };
        string before = await _setup.KeyAsync();
        _setup.Write("file.config", content);
        Assert.Equal(changes, before != await _setup.KeyAsync());
    }

    [Fact]
    public async Task A_dirty_trees_key_is_that_of_its_content_wherever_it_lies()
    {
        string first = await KeyOfTreeAsync("one", "int a;\n");
        Assert.Equal(first, await KeyOfTreeAsync("two", "int a;\n"));
        Assert.NotEqual(first, await KeyOfTreeAsync("two", "int b;\n"));
    }

    [Fact]
    public async Task The_text_beside_the_manifest_gives_the_key_to_anybody_and_says_where_each_input_came_from()
    {
        BuildPlan plan = await _setup.PlanAsync();
        _setup.Write("key.txt", plan.KeyText);
        Assert.StartsWith(plan.Key, _setup.Source.Run(_setup[""], "sh", "-c", "grep -v '^#' key.txt | sha256sum"), StringComparison.Ordinal);

        BuildKey key = BuildKey.TryParse(plan.KeyText)!;
        Assert.Equal(plan.KeyText, key.Text);
        Assert.Equal(plan.Key, key.Value);
        Assert.All(key.Inputs, input => Assert.NotEqual("", input.Origin));
        Assert.Contains(key.Inputs, input => input is { Name: "fragment", Origin: "x.fragment" } && input.Details.SequenceEqual(["line 1: CONFIG_PRINTK=y", "line 2: CONFIG_BUG=y"]));
        Assert.Contains(key.Inputs, input => input is { Name: "patch/p1", Origin: "0001.patch", Details: ["touches said"] });
        Assert.Contains(key.Inputs, input => input.Name == "tool/cc1" && input.Origin == _setup["tools/cc1"]);
        Assert.DoesNotContain(_setup[""], key.CanonicalText, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_words_about_the_code_are_left_out_of_the_SDKs_part()
    {
        const string code = "/// <summary>Says.</summary>\nint a = 1; // one\n\n";
        Assert.Equal(KeyedSources.WithoutComments(code), KeyedSources.WithoutComments("// Why.\n" + code.Replace("Says", "Tells", StringComparison.Ordinal)));
        Assert.NotEqual(KeyedSources.WithoutComments(code), KeyedSources.WithoutComments(code.Replace("= 1", "= 2", StringComparison.Ordinal)));
        Assert.Contains(KeyedSources.Read("all"), source => source.Name == "Packaging/Stager.cs");
        Assert.DoesNotContain(KeyedSources.Read("all"), source => source.Name == "Source/ArchiveImporter.cs");
    }

    public void Dispose() => _setup.Dispose();

    private async Task<string> KeyOfTreeAsync(string folder, string content)
    {
        _setup.Write($"{folder}/Makefile", Source.SourceSetup.Makefile);
        _setup.Write($"{folder}/a.c", content);
        _setup.Request = _setup.Request with { Repository = null, Commit = null, SourceDirectory = folder, Series = [] };
        return await _setup.KeyAsync();
    }

    private static void Append(KeySetup setup, string name, string patch)
    {
        setup.Write(name, patch);
        File.AppendAllText(setup["series"], name + "\n");
    }

    private static void RenamePatch(KeySetup setup)
    {
        File.Move(setup["0001.patch"], setup["first.patch"]);
        setup.Write("series", "first.patch\n");
    }

    private static void MoveRepository(KeySetup setup)
    {
        Directory.Move(setup.Source.Repository, setup["moved"]);
        setup.Request = setup.Request with { Repository = setup["moved"] };
    }
}

using System.Collections;
using System.Collections.Immutable;
using EveKernel.Core.Configuration;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;
using EveKernel.Tests.Configuration;

namespace EveKernel.Tests.Make;

/// <summary>What make is told, held against the distribution's own Makefiles and scripts.</summary>
public sealed class MakeContextTests(SmallTree tree) : IClassFixture<SmallTree>, IDiagnosticSink, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    void IDiagnosticSink.Report(Diagnostic diagnostic)
    {
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_seed_of_structures_is_the_pins_in_every_folder_and_another_pins_is_another()
    {
        string seed = Digest.OfText("one");
        Assert.Equal((seed, Digest.OfText(seed)), await MakeSeedAsync("out", seed));
        Assert.Equal((seed, Digest.OfText(seed)), await MakeSeedAsync("another", seed));
        // if_changed: it is made anew for another seed, and stays for its own.
        Assert.Equal(Digest.OfText("two"), (await MakeSeedAsync("out", Digest.OfText("two"))).Seed);
        DateTime made = File.GetLastWriteTimeUtc(_folder["out/scripts/basic/randstruct.seed"]);
        await MakeSeedAsync("out", Digest.OfText("two"));
        Assert.Equal(made, File.GetLastWriteTimeUtc(_folder["out/scripts/basic/randstruct.seed"]));
    }

    [Fact]
    public async Task Whatever_flags_a_tree_gives_pahole_it_never_runs_in_parallel()
    {
        _folder.WriteProgram("tools/pahole", "#!/bin/sh\n[ \"$1\" != --version ] || { echo v1.24; exit; }\nprintf '<%s>' \"$@\"\n");
        MakeContext context = ContextOf("out", Digest.OfText("")) with { HasPahole = true };
        string program = Assert.Single(context.ToCommand(1).Arguments, argument => argument.StartsWith("PAHOLE=", StringComparison.Ordinal))["PAHOLE=".Length..];
        PaholeFilter.Write(context);
        Assert.Equal("<-J><--btf_gen_floats><--lang_exclude=rust><a b>", await RunAsync(context, program, "-J", "-j", "--btf_gen_floats", "-j4", "--jobs=2", "--lang_exclude=rust", "a b"));
        // The tree's own script asks the version of it for Kconfig.
        Assert.Equal("124", (await RunAsync(context, "sh", Path.Combine(tree.Folder, "scripts/pahole-version.sh"), program)).Trim());
        // Without a pahole, Kconfig must not find one.
        Assert.DoesNotContain(ContextOf("out", "").ToCommand(1).Arguments, argument => argument.StartsWith("PAHOLE=", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gcc", true)]
    [InlineData("gcc-12", true)]
    [InlineData("clang", false)]
    public void Only_gcc_has_plugins_that_need_a_seed(string compiler, bool seeded)
    {
        MakeContext context = ContextOf("out", "") with { Compiler = compiler };
        Assert.Equal(seeded, context.PortableArguments.Single(argument => argument.StartsWith("KCFLAGS=", StringComparison.Ordinal)).Contains("-frandom-seed=", StringComparison.Ordinal));
    }

    private async Task<(string Seed, string Hash)> MakeSeedAsync(string output, string seed)
    {
        string fragment = _folder.Write("x.fragment", "CONFIG_RANDSTRUCT=y\n# CONFIG_LOCALVERSION_AUTO is not set\n");
        MakeContext context = ContextOf(output, seed);
        ConfigurationRequest request = new(context, 2, "allnoconfig", [fragment], false, RepositoryRoot.File("sdk/kconfig/evk-kconfig.c"), _folder["make.log"]);
        await new Configurator(new ProcessGroup(withoutNetwork: false), this).ConfigureAsync(request, CancellationToken.None);
        await new MakeRunner(this).RunAsync(context, 2, ["scripts_basic"], _folder["make.log"], false, CancellationToken.None);
        string header = await File.ReadAllTextAsync(_folder[$"{output}/include/generated/randstruct_hash.h"]);
        return ((await File.ReadAllTextAsync(_folder[$"{output}/scripts/basic/randstruct.seed"])).Trim(), header.Split('"')[1]);
    }

    private MakeContext ContextOf(string output, string seed)
    {
        ImmutableDictionary<string, string> variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToImmutableDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
        return new MakeContext(tree.Folder, _folder[output], "x86_64", DateTimeOffset.UnixEpoch, "-x", variables.SetItem("PATH", $"{_folder["tools"]}:{variables["PATH"]}"))
        {
            StructSeed = seed,
        };
    }

    private static async Task<string> RunAsync(MakeContext context, string program, params string[] arguments)
    {
        CommandResult result = await ProcessRunner.RunAsync(new Command(program, arguments) { Environment = context.Environment }, CancellationToken.None);
        Assert.True(result.Succeeded, result.StandardError);
        return result.StandardOutput;
    }
}

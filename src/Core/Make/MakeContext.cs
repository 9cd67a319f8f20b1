using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>All that every call of the kernel's make has in common. Two calls for one tree must agree in each, or kbuild rebuilds everything.</summary>
/// <param name="SourceTree">The kernel tree, absolute.</param>
/// <param name="OutputTree">The <c>O=</c> folder, absolute.</param>
/// <param name="Arch">make's ARCH, such as x86_64.</param>
/// <param name="CommitTime">What the build takes for now.</param>
/// <param name="LocalVersion">make's LOCALVERSION; never absent, so that setlocalversion never looks for a repository.</param>
/// <param name="Environment">The host's environment, of which only PATH and HOME (for compiler launchers) and the like are kept.</param>
public sealed record MakeContext(
    string SourceTree,
    string OutputTree,
    string Arch,
    DateTimeOffset CommitTime,
    string LocalVersion,
    ImmutableDictionary<string, string> Environment)
{
    /// <summary>What of the host's environment make sees.</summary>
    internal static readonly ImmutableHashSet<string> Kept = ["PATH", "HOME", "TMPDIR", "CCACHE_DIR", "CCACHE_CONFIGPATH", "SCCACHE_DIR", "DISTCC_HOSTS"];

    /// <summary><c>gcc</c> or <c>clang</c>.</summary>
    public string Compiler { get; init; } = "gcc";

    /// <summary>What stands before the compiler.</summary>
    public CompilerLauncher CompilerLauncher { get; init; } = new([]);

    /// <summary>Where a compiler cache keeps objects.</summary>
    public CompilerCache CompilerCache { get; init; } = CompilerCache.None;

    /// <summary>The folder by which all makes of this host share its cores, or null when this one has a number of jobs of its own.</summary>
    public string? JobPoolFolder { get; init; }

    /// <summary>make's CROSS_COMPILE, or empty.</summary>
    public string CrossCompile { get; init; } = "";

    /// <summary>The programs that go with the compiler.</summary>
    public CompilerPrograms Programs => CompilerPrograms.Of(Compiler, CrossCompile);

    /// <summary>kbuild's W=, or empty.</summary>
    public string Warnings { get; init; } = "";

    /// <summary>What is taken for random where a kernel's structures are laid out by chance (CONFIG_RANDSTRUCT): 64 hex digits.</summary>
    public string StructSeed { get; init; } = Digest.OfText("");

    /// <summary>Whether the toolchain has pahole.</summary>
    public bool HasPahole { get; init; }

    /// <summary>Variables that make sees besides: the rebuild check's other clock. Empty in any other build.</summary>
    public ImmutableSortedDictionary<string, string> Besides { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The arguments that decide bytes, with <c>@source@</c> and <c>@output@</c> for the folders: what the build key holds.</summary>
    public ImmutableArray<string> PortableArguments
    {
        get
        {
            string maps = "-ffile-prefix-map=@output@/= -ffile-prefix-map=@source@/= -ffile-prefix-map=@output@=. -ffile-prefix-map=@source@=.";
            return
            [
                $"ARCH={Arch}",
                .. Compiler == "clang" ? (ImmutableArray<string>)["LLVM=1"] : [],
                .. CrossCompile.Length == 0 ? (ImmutableArray<string>)[] : [$"CROSS_COMPILE={CrossCompile}"],
                .. Warnings.Length == 0 ? (ImmutableArray<string>)[] : [$"W={Warnings}"],
                // CONFIG_GCC_PLUGIN_LATENT_ENTROPY reads /dev/urandom for each object, unless gcc has a seed; clang has none to give.
                $"KCFLAGS={maps}{(Compiler == "clang" ? "" : " -frandom-seed=eve")}",
                $"KAFLAGS={maps}",
                $"HOSTCFLAGS={maps}",
                // gcc's plugins are C++, and what compiles modules later has them.
                $"HOSTCXXFLAGS={maps}",
                // .config records the version of whatever rustc the host has, also where nothing is written in Rust; it is no part of the toolchain.
                "RUSTC=false",
                SeedCommand,
                .. HasPahole ? (ImmutableArray<string>)[$"PAHOLE=@output@/{PaholeFilter.RelativePath}"] : [],
            ];
        }
    }

    // The rule of scripts/basic/Makefile reads /dev/urandom, and is if_changed: a file put in its place would be made anew.
    private string SeedCommand =>
        $"cmd_create_randstruct_seed=echo {StructSeed} > $@; "
        + $"echo '#define RANDSTRUCT_HASHED_SEED \"{Digest.OfText(StructSeed)}\"' > $(objtree)/include/generated/randstruct_hash.h";

    /// <summary>The environment that decides bytes.</summary>
    public ImmutableSortedDictionary<string, string> PortableEnvironment
    {
        get
        {
            string seconds = CommitTime.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            return new Dictionary<string, string>
            {
                ["KBUILD_BUILD_USER"] = "eve",
                ["KBUILD_BUILD_HOST"] = "eve",
                ["KBUILD_BUILD_VERSION"] = "1",
                ["KBUILD_BUILD_TIMESTAMP"] = CommitTime.UtcDateTime.ToString("ddd MMM d HH:mm:ss 'UTC' yyyy", CultureInfo.InvariantCulture),
                ["KCONFIG_NOTIMESTAMP"] = "1",
                ["SOURCE_DATE_EPOCH"] = seconds,
                ["LC_ALL"] = "C",
                ["TZ"] = "UTC",
            }.ToImmutableSortedDictionary(StringComparer.Ordinal);
        }
    }

    /// <summary>A call of make.</summary>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="arguments">Targets and further assignments.</param>
    /// <returns>The command, which runs in the source tree.</returns>
    public Command ToCommand(int jobs, params IEnumerable<string> arguments) => new(
        "make",
        [
            string.Create(CultureInfo.InvariantCulture, $"-j{jobs}"),
            "-C", SourceTree,
            $"O={OutputTree}",
            .. PortableArguments.Select(Localise),
            $"LOCALVERSION={LocalVersion}",
            .. CompilerArguments,
            .. arguments,
        ])
    {
        WorkingDirectory = SourceTree,
        Environment = Environment.Where(pair => Kept.Contains(pair.Key)).ToImmutableDictionary()
            .SetItems(CompilerLauncher.Environment(this))
            .SetItems(Besides)
            .SetItems(PortableEnvironment)
            // A tree inside somebody's repository must not see it.
            .SetItem("GIT_CEILING_DIRECTORIES", Path.GetDirectoryName(SourceTree) ?? "/"),
    };

    // kbuild finds gcc and clang (by LLVM=1) itself; a launcher or another name, such as gcc-12, it must be told.
    private ImmutableArray<string> CompilerArguments => CompilerLauncher.IsEmpty && Compiler is "gcc" or "clang"
        ? []
        : [$"CC={CompilerLauncher.Command(Programs.Compiler, this)}", $"HOSTCC={CompilerLauncher.Command(Programs.HostCompiler, this)}"];

    /// <summary>A file's place in the tree or in <c>O=</c>.</summary>
    /// <param name="file">An absolute path.</param>
    /// <returns>The path relative to the one that has it, or the path as it was.</returns>
    internal string RelativePath(string file)
    {
        // O= first: it may lie inside the tree.
        foreach (string root in (ImmutableArray<string>)[OutputTree, SourceTree])
        {
            string relative = Path.GetRelativePath(root, file);
            if (!Path.IsPathRooted(relative) && !relative.StartsWith("../", StringComparison.Ordinal))
                return relative;
        }

        return file;
    }

    private string Localise(string argument) =>
        argument.Replace("@source@", SourceTree, StringComparison.Ordinal).Replace("@output@", OutputTree, StringComparison.Ordinal);
}

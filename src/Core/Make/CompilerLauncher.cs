using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>KernelCompilerLauncher: the programs that stand before the compiler, such as <c>ccache</c>, <c>distcc</c> or <c>ccache distcc</c>. A launcher never changes a byte, so it is
/// no part of the key. What is set here makes hits of ccache survive another folder, another pin and another user.</summary>
/// <param name="Programs">The programs, by name or path, in order; none is no launcher.</param>
public sealed record CompilerLauncher(ImmutableArray<string> Programs)
{
    // Each engine's own settings begin with its name. What of them would change what is taken for the same input is set anew below.
    private static readonly ImmutableArray<string> Settings = ["CCACHE_", "SCCACHE_", "DISTCC_", "ICECC_"];

    private static readonly ImmutableHashSet<string> Distributors = ["distcc", "icecc"];

    // sccache 0.4, docs/Configuration.md: each of them chooses a store on another host.
    private static readonly ImmutableArray<string> SccacheStores =
        ["SCCACHE_AZURE_CONNECTION_STRING", "SCCACHE_BUCKET", "SCCACHE_ENDPOINT", "SCCACHE_GCS_BUCKET", "SCCACHE_GHA_ENABLED", "SCCACHE_MEMCACHED", "SCCACHE_REDIS"];

    /// <summary>Reads the property.</summary>
    /// <param name="text">Programs, with blanks between them; empty is none.</param>
    /// <returns>The launcher.</returns>
    public static CompilerLauncher Parse(string text) =>
        new([.. (text ?? throw new ArgumentNullException(nameof(text))).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)]);

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => Programs.IsEmpty;

    /// <summary>Whether the compiler cache is ccache, whose hits can be counted.</summary>
    public bool IsCcache => First == "ccache";

    private bool IsSccache => First == "sccache";

    private string First => IsEmpty ? "" : NameOf(Programs[0]);

    /// <summary>Whether a variable of the host's is an engine's own setting.</summary>
    /// <param name="name">The variable's name.</param>
    /// <returns>True for a setting.</returns>
    internal static bool IsSetting(string name) => Settings.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Whether make must reach the network: compilers on other hosts do their work there, and a remote store is asked over it.</summary>
    /// <param name="cache">Where objects are kept.</param>
    /// <param name="environment">The host's environment, which names the stores of sccache.</param>
    /// <returns>True when it must.</returns>
    public bool NeedsNetwork(CompilerCache cache, ImmutableDictionary<string, string> environment) =>
        Programs.Any(program => Distributors.Contains(NameOf(program)))
            || (IsCcache && cache?.Remote.Length > 0 && !cache.Remote.StartsWith("file:", StringComparison.Ordinal))
            || (IsSccache && SccacheStores.Any(name => environment.GetValueOrDefault(name, "").Length > 0));

    /// <summary>Refuses a launcher that this host does not have: each compiler call would fail, with a message about something else.</summary>
    /// <param name="environment">The host's environment.</param>
    /// <exception cref="KernelException">A program is not on PATH.</exception>
    public void Require(ImmutableDictionary<string, string> environment)
    {
        foreach (string program in Programs.Where(program => ExecutableSearch.TryFind(program, environment) is null))
        {
            throw new KernelException(
                ErrorCodes.LauncherMissing,
                $"KernelCompilerLauncher names '{program}', which is not on PATH. Install {DebianPackages.Describe(NameOf(program))}, or leave the property out: the result is the same.");
        }
    }

    /// <summary>A compiler as make is told of it.</summary>
    /// <param name="compiler">The compiler.</param>
    /// <param name="context">The surroundings.</param>
    /// <returns>The words, with blanks between them.</returns>
    internal string Command(string compiler, MakeContext context)
    {
        // ccache calls the engine behind it by itself, and only when it has to.
        ImmutableArray<string> before = IsCcache ? [Programs[0]] : Programs;
        // It also gives the compiler relative paths in place of those below its base directory, which the prefix maps of every build then miss.
        string relative = Path.GetRelativePath(context.OutputTree, context.SourceTree);
        ImmutableArray<string> maps = IsCcache ? [$"-ffile-prefix-map={relative}/=", $"-ffile-prefix-map={relative}=."] : [];
        return string.Join(' ', [.. before, compiler, .. maps]);
    }

    /// <summary>The variables that the launcher is run with.</summary>
    /// <param name="context">The surroundings.</param>
    /// <returns>The host's own settings of the engine, and what must be as it is here.</returns>
    internal ImmutableDictionary<string, string> Environment(MakeContext context)
    {
        if (IsEmpty)
            return ImmutableDictionary<string, string>.Empty;
        ImmutableDictionary<string, string> settings = context.Environment.Where(pair => IsSetting(pair.Key)).ToImmutableDictionary();
        CompilerCache cache = context.CompilerCache;
        if (IsSccache)
            return SccacheEnvironment(settings, cache);
        if (!IsCcache)
            return settings;
        settings = Add(settings, ("CCACHE_DIR", cache.Folder.Length == 0 ? "" : Path.Combine(cache.Folder, "ccache")));
        if (cache.Limit.Length > 0)
            settings = settings.SetItem("CCACHE_MAXSIZE", cache.Limit);
        if (cache.Remote.Length > 0)
            settings = settings.SetItem("CCACHE_REMOTE_STORAGE", cache.Remote);
        if (Programs.Length > 1)
            settings = settings.SetItem("CCACHE_PREFIX", string.Join(' ', Programs[1..]));
        return settings
            // The folder that holds both trees: paths below it are hashed as relative ones.
            .SetItem("CCACHE_BASEDIR", CommonFolder(context.SourceTree, context.OutputTree))
            // The folder itself is in no object, by the prefix maps.
            .SetItem("CCACHE_NOHASHDIR", "1")
            // By default it believes a compiler's size and time; and it knows the driver only, where cc1 and the assembler make the bytes.
            .SetItem("CCACHE_COMPILERCHECK", "content")
            .SetItem("CCACHE_EXTRAFILES", cache.ToolsFile)
            .SetItem("CCACHE_SLOPPINESS", "")
            .SetItem("CCACHE_STATSLOG", cache.StatisticsFile);
    }

    // A call of sccache starts a server, which make's own network keeps to this make, and which nobody ends.
    private static ImmutableDictionary<string, string> SccacheEnvironment(ImmutableDictionary<string, string> settings, CompilerCache cache) => Add(
        settings,
        ("SCCACHE_DIR", cache.Folder.Length == 0 ? "" : Path.Combine(cache.Folder, "sccache")),
        ("SCCACHE_CACHE_SIZE", cache.Limit),
        // In seconds. The next call starts another one; a call that just then finds this one ending compiles by itself.
        ("SCCACHE_IDLE_TIMEOUT", "30"),
        ("SCCACHE_IGNORE_SERVER_IO_ERROR", "1"))
        // It hashes the compiler's driver only, where cc1 and the assembler make the bytes.
        .SetItem("SCCACHE_C_CUSTOM_CACHE_BUSTER", File.Exists(cache.ToolsFile) ? Packaging.Digest.OfFile(cache.ToolsFile) : "");

    private static ImmutableDictionary<string, string> Add(ImmutableDictionary<string, string> settings, params ReadOnlySpan<(string Name, string Value)> defaults)
    {
        foreach ((string name, string value) in defaults)
            settings = value.Length == 0 || settings.ContainsKey(name) ? settings : settings.SetItem(name, value);
        return settings;
    }

    private static string CommonFolder(string one, string other)
    {
        string folder = one;
        while (folder != "/" && !(other + "/").StartsWith(folder + "/", StringComparison.Ordinal))
            folder = Path.GetDirectoryName(folder) ?? "/";
        return folder;
    }

    private static string NameOf(string program) => Path.GetFileName(program);
}

/// <summary>Where a compiler cache keeps objects, and what it counts.</summary>
/// <param name="Folder">The folder of the caches, absolute; each engine has one of its own below it, unless its own variable names another.</param>
/// <param name="Limit">KernelCompilerCacheLimit: the local cache's bound, in the engine's own form such as <c>10G</c>; empty is the engine's default.</param>
/// <param name="Remote">KernelCompilerCacheRemote: a remote store, in ccache's form (<c>http://…</c>, <c>redis://…</c>, <c>file:…</c>); empty is none.</param>
/// <param name="ToolsFile">A file with the digests of all programs that make bytes.</param>
/// <param name="StatisticsFile">Where ccache takes down what became of each call.</param>
public sealed record CompilerCache(string Folder, string Limit, string Remote, string ToolsFile, string StatisticsFile)
{
    /// <summary>No folder, no bound, no store: what a launcher does by itself.</summary>
    public static CompilerCache None { get; } = new("", "", "", "", "");
}

/// <summary>What a compiler cache has spared a build.</summary>
/// <param name="Hits">Objects that were in it.</param>
/// <param name="RemoteHits">Those of them that came from the remote store.</param>
/// <param name="Misses">Objects that had to be compiled.</param>
/// <param name="Uncacheable">Calls of the compiler that it does not keep: those that link, preprocess or ask for a version.</param>
public sealed record CompilerCacheUse(int Hits, int RemoteHits, int Misses, int Uncacheable)
{
    /// <summary>Reads ccache's log of statistics (CCACHE_STATSLOG): for each call a line <c># source</c> and then the counters that it has raised, a line each.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The sums, or null where there is none.</returns>
    public static CompilerCacheUse? TryRead(string path)
    {
        if (!File.Exists(path))
            return null;
        int calls = 0, hits = 0, remote = 0, misses = 0;
        foreach (string line in File.ReadLines(path))
        {
            calls += line.StartsWith('#') ? 1 : 0;
            hits += line is "direct_cache_hit" or "preprocessed_cache_hit" ? 1 : 0;
            remote += line is "remote_storage_hit" ? 1 : 0;
            misses += line is "cache_miss" ? 1 : 0;
        }

        return new CompilerCacheUse(hits, remote, misses, calls - hits - misses);
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"the compiler cache had {Hits} of {Hits + Misses} objects") + (RemoteHits == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {RemoteHits} of them from the remote store"));
}

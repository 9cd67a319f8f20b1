using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Serialization;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Packaging;

/// <summary>A program whose version can change a byte of the result.</summary>
/// <param name="Name">Its role, such as <c>compiler</c> or <c>cc1</c>.</param>
/// <param name="Version">The first line that it says of its version.</param>
/// <param name="Sha256">The digest of the executable.</param>
public sealed record Tool(string Name, string Version, string Sha256)
{
    /// <summary>Whether the toolchain's archive brings it; null when the host does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Archived { get; init; }

    /// <summary>Where it stands on this host, which no record keeps; null where that is not known.</summary>
    [JsonIgnore]
    public string? Path { get; init; }
}

/// <summary>Finds the programs whose version can change a byte, with their digests.</summary>
public sealed class Toolchain
{
    private static readonly ImmutableArray<string> Launchers = ["ccache", "sccache", "distcc", "icecc"];

    /// <summary>The role of the headers for gcc's plugins.</summary>
    internal const string Plugins = "gcc-plugins";

    private readonly string _cacheFile;
    private readonly ImmutableDictionary<string, string> _environment;

    /// <summary>Makes a probe.</summary>
    /// <param name="cacheFile">Remembers digests by real path, inode, size, mtime and ctime, so that a warm probe starts no program. A replaced program has
    /// another inode or ctime, even when its time was kept.</param>
    /// <param name="environment">The environment whose PATH is searched.</param>
    public Toolchain(string cacheFile, ImmutableDictionary<string, string> environment)
    {
        _cacheFile = cacheFile;
        _environment = environment;
    }

    /// <summary>Probes, all programs at once.</summary>
    /// <param name="compiler"><c>gcc</c> or <c>clang</c>.</param>
    /// <param name="crossCompile">The cross prefix, or empty.</param>
    /// <param name="cancellation">Ends the probe.</param>
    /// <returns>The tools by role; those that the host lacks and not every build needs are left out.</returns>
    public async Task<ImmutableArray<Tool>> ProbeAsync(string compiler, string crossCompile, CancellationToken cancellation)
    {
        ConcurrentDictionary<string, CachedTool> cache = new(ReadCache());
        int known = cache.Count;
        CompilerPrograms programs = CompilerPrograms.Of(compiler, crossCompile);
        string driver = FindCompiler(programs.Compiler);
        List<(string Role, string Program)> wanted =
        [
            ("compiler", driver),
            ("linker", ExecutableSearch.Find(programs.Linker, _environment)),
            ("objcopy", ExecutableSearch.Find(programs.Objcopy, _environment)),
            ("strip", ExecutableSearch.Find(programs.Strip, _environment)),
            ("ar", ExecutableSearch.Find(programs.Ar, _environment)),
            .. from name in (string[])["pahole", "gzip", "bzip2", "xz", "lz4", "lzop", "zstd", "openssl", "kmod"]
               let path = ExecutableSearch.TryFind(name, _environment)
               where path is not null
               select (name, path),
        ];
        List<Task<Tool>> tools = [.. wanted.Select(tool => Task.Run(() => IdentifyAsync(tool.Role, tool.Program, cache, cancellation), cancellation))];
        // gcc's driver only calls these two; each can be replaced without it.
        foreach (string part in programs.HasOwnAssembler ? (string[])[] : ["cc1", "as"])
            tools.Add(Task.Run(() => IdentifyPartAsync(driver, part, cache, cancellation), cancellation));
        List<Tool> found = [.. await Task.WhenAll(tools).ConfigureAwait(false)];
        if (!programs.HasOwnAssembler && await FindPluginHeadersAsync(driver, cache, cancellation).ConfigureAwait(false) is { } headers)
            found.Add(await IdentifyAsync(Plugins, headers, cache, cancellation).ConfigureAwait(false));
        if (cache.Count != known)
            Remember(cache);
        return [.. found];
    }

    // Only a memory: where it cannot be written, the next probe takes longer.
    private void Remember(ConcurrentDictionary<string, CachedTool> cache)
    {
        try
        {
            JsonFile.Write(_cacheFile, cache);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }

    // A folder of links to a launcher, put on PATH for its sake, stands for the compiler behind it: with a launcher and without, the bytes are the same.
    private string FindCompiler(string name) => name.Contains('/', StringComparison.Ordinal)
        ? name
        : ExecutableSearch.FindAll(name, _environment).FirstOrDefault(path => !Launchers.Contains(Path.GetFileName(RealPath(path))))
            ?? ExecutableSearch.Find(name, _environment);

    // Kconfig looks for this file, and where it is GCC_PLUGINS is y unless asked otherwise.
    private async Task<string?> FindPluginHeadersAsync(string driver, ConcurrentDictionary<string, CachedTool> cache, CancellationToken cancellation)
    {
        const string says = "install: ";
        string key = $"{Plugins} of {Identity(driver)}";
        if (!cache.TryGetValue(key, out CachedTool? location))
        {
            Command command = new(driver, "-print-search-dirs") { Environment = _environment.SetItem("LC_ALL", "C") };
            string said = (await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false)).StandardOutput;
            string folder = said.Split('\n').FirstOrDefault(line => line.StartsWith(says, StringComparison.Ordinal), says)[says.Length..].Trim();
            location = new CachedTool(folder, "");
            cache[key] = location;
        }

        string header = Path.Combine(location.Version, "plugin/include/plugin-version.h");
        return Path.IsPathRooted(header) && File.Exists(header) ? header : null;
    }

    private async Task<Tool> IdentifyPartAsync(string driver, string program, ConcurrentDictionary<string, CachedTool> cache, CancellationToken cancellation)
    {
        string key = $"{program} of {Identity(driver)}";
        if (!cache.TryGetValue(key, out CachedTool? location))
        {
            Command command = new(driver, $"-print-prog-name={program}") { Environment = _environment };
            string said = (await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false)).StandardOutput.Trim();
            // gcc says the bare name of what it would look for on PATH, and that moves with PATH.
            location = new CachedTool(said, "");
            cache[key] = location;
        }

        return await IdentifyAsync(program, ExecutableSearch.Find(location.Version, _environment), cache, cancellation).ConfigureAwait(false);
    }

    private async Task<Tool> IdentifyAsync(string role, string path, ConcurrentDictionary<string, CachedTool> cache, CancellationToken cancellation)
    {
        string key = $"{role} {Identity(path)}";
        if (!cache.TryGetValue(key, out CachedTool? seen))
        {
            string version = role is "cc1" or Plugins ? "" : await AskVersionAsync(role, path, cancellation).ConfigureAwait(false);
            cache[key] = seen = new CachedTool(version, Digest.OfFile(path));
        }

        return new Tool(role, seen.Version, seen.Sha256) { Path = path };
    }

    // cc1 is not asked: it has no --version of its own, and goes with the driver, which has.
    private async Task<string> AskVersionAsync(string role, string path, CancellationToken cancellation)
    {
        string[] arguments = role switch
        {
            "openssl" => ["version"],
            // Else it waits for something to compress.
            "bzip2" => ["--help"],
            _ => ["--version"],
        };
        Command command = new(path, arguments) { Environment = _environment.SetItem("LC_ALL", "C") };
        CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
        string version = (result.StandardOutput + "\n" + result.StandardError).Split('\n').FirstOrDefault(line => line.Trim().Length > 0, "unknown").Trim();
        return version.Replace(path, role, StringComparison.Ordinal);
    }

    // Programs say their name as they were called, so that the called path is a part of it.
    private static string Identity(string path) => $"{path} {RealPath(path)} {Posix.FileIdentity(path)}";

    private static string RealPath(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

    private Dictionary<string, CachedTool> ReadCache() => JsonFile.TryRead<Dictionary<string, CachedTool>>(_cacheFile) ?? [];

    private sealed record CachedTool(string Version, string Sha256);
}

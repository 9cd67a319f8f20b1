using System.Collections.Immutable;
using System.Text.Json;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Packaging;

/// <summary>A program whose version can change a byte of the result.</summary>
/// <param name="Name">Its role, such as <c>compiler</c> or <c>cc1</c>.</param>
/// <param name="Version">The first line that it says of its version.</param>
/// <param name="Sha256">The digest of the executable.</param>
public sealed record Tool(string Name, string Version, string Sha256);

/// <summary>Finds the programs whose version can change a byte, with their digests.</summary>
public sealed class Toolchain
{
    private readonly string _cacheFile;
    private readonly ImmutableDictionary<string, string> _environment;

    /// <summary>Makes a probe.</summary>
    /// <param name="cacheFile">Remembers digests by path, inode, size, mtime and ctime, so that a warm probe starts no program. A replaced program has another
    /// inode or ctime, even when its time was kept.</param>
    /// <param name="environment">The environment whose PATH is searched.</param>
    public Toolchain(string cacheFile, ImmutableDictionary<string, string> environment)
    {
        _cacheFile = cacheFile;
        _environment = environment;
    }

    /// <summary>Probes.</summary>
    /// <param name="compiler"><c>gcc</c> or <c>clang</c>.</param>
    /// <param name="crossCompile">The cross prefix, or empty.</param>
    /// <param name="cancellation">Ends the probe.</param>
    /// <returns>The tools by role; those that the host lacks and not every build needs are left out.</returns>
    public async Task<ImmutableArray<Tool>> ProbeAsync(string compiler, string crossCompile, CancellationToken cancellation)
    {
        Dictionary<string, CachedTool> cache = ReadCache();
        int known = cache.Count;
        CompilerPrograms programs = CompilerPrograms.Of(compiler, crossCompile);
        string driver = ExecutableSearch.Find(programs.Compiler, _environment);
        List<(string Role, string Program, bool Needed)> wanted =
        [
            ("compiler", driver, true),
            ("linker", programs.Linker, true),
            ("objcopy", programs.Objcopy, true),
            ("strip", programs.Strip, true),
            ("ar", programs.Ar, true),
            ("pahole", "pahole", false),
            ("gzip", "gzip", false),
            ("xz", "xz", false),
            ("zstd", "zstd", false),
            ("openssl", "openssl", false),
            ("kmod", "kmod", false),
        ];
        ImmutableArray<Tool>.Builder tools = ImmutableArray.CreateBuilder<Tool>();
        foreach ((string role, string program, bool needed) in wanted)
        {
            string? path = needed ? ExecutableSearch.Find(program, _environment) : ExecutableSearch.TryFind(program, _environment);
            if (path is not null)
                tools.Add(await IdentifyAsync(role, path, cache, cancellation).ConfigureAwait(false));
        }

        if (!programs.HasOwnAssembler)
        {
            // The driver only calls these two; each can be replaced without it.
            foreach (string program in (string[])["cc1", "as"])
                tools.Add(await IdentifyPartAsync(driver, program, cache, cancellation).ConfigureAwait(false));
        }

        if (cache.Count != known)
            DurableFile.WriteAllText(_cacheFile, JsonSerializer.Serialize(cache));
        return tools.ToImmutable();
    }

    private async Task<Tool> IdentifyPartAsync(string driver, string program, Dictionary<string, CachedTool> cache, CancellationToken cancellation)
    {
        string key = $"{program} of {driver} {Posix.FileIdentity(driver)}";
        if (!cache.TryGetValue(key, out CachedTool? location))
        {
            Command command = new(driver, $"-print-prog-name={program}") { Environment = _environment };
            string said = (await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false)).StandardOutput.Trim();
            cache[key] = location = new CachedTool(ExecutableSearch.Find(said, _environment), "");
        }

        return await IdentifyAsync(program, location.Version, cache, cancellation).ConfigureAwait(false);
    }

    private async Task<Tool> IdentifyAsync(string role, string path, Dictionary<string, CachedTool> cache, CancellationToken cancellation)
    {
        string key = $"{path} {Posix.FileIdentity(path)}";
        if (!cache.TryGetValue(key, out CachedTool? seen))
        {
            string[] arguments = role == "openssl" ? ["version"] : ["--version"];
            Command command = new(path, arguments) { Environment = _environment.SetItem("LC_ALL", "C") };
            CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
            string version = (result.StandardOutput + "\n" + result.StandardError).Split('\n').FirstOrDefault(line => line.Trim().Length > 0, "unknown").Trim();
            // cc1 has no --version of its own and says its name as it was called.
            cache[key] = seen = new CachedTool(role is "cc1" ? "" : version.Replace(path, role, StringComparison.Ordinal), Digest.OfFile(path));
        }

        return new Tool(role, seen.Version, seen.Sha256);
    }

    private Dictionary<string, CachedTool> ReadCache()
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, CachedTool>>(File.ReadAllText(_cacheFile)) ?? [];
        }
        catch (Exception exception) when (exception is IOException or JsonException)
        {
            return [];
        }
    }

    private sealed record CachedTool(string Version, string Sha256);
}

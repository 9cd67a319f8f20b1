using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Packaging;

/// <summary>A toolchain that travels as a pinned tarball. It is imported as a source's archive is, with the same care for its members, and unpacked once into the
/// cache; make finds its programs before the host's.</summary>
/// <param name="cache">The shared cache.</param>
/// <param name="location">A path or an http(s) URL.</param>
/// <param name="sha256">Its digest.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class ToolchainArchive(string cache, string location, string sha256, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    /// <summary>The unpacked folder.</summary>
    public string Folder => FolderOf(cache, sha256);

    /// <summary>Whether it is unpacked.</summary>
    public bool Stands => File.Exists(Marker);

    private string Marker => Folder + ".whole";

    /// <summary>Where an archive is unpacked.</summary>
    /// <param name="cache">The shared cache.</param>
    /// <param name="sha256">The archive's digest.</param>
    /// <returns>The folder.</returns>
    public static string FolderOf(string cache, string sha256)
    {
        ArgumentNullException.ThrowIfNull(sha256);
        return Path.Combine(cache, "toolchains", sha256.ToLowerInvariant());
    }

    /// <summary>The environment in which the toolchain's programs come first.</summary>
    /// <param name="folder">The unpacked folder, or null.</param>
    /// <param name="environment">The host's environment.</param>
    /// <returns>The environment.</returns>
    public static ImmutableDictionary<string, string> PutFirst(string? folder, ImmutableDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return folder is null ? environment : environment.SetItem("PATH", $"{folder}/bin:{environment.GetValueOrDefault("PATH", "/usr/bin:/bin")}");
    }

    /// <summary>Unpacks the archive, unless it is.</summary>
    /// <param name="store">The store that it is imported into.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK1003 to EVK1013, as for a source; EVK5025: it has no folder bin.</exception>
    public async Task UnpackAsync(string store, CancellationToken cancellation)
    {
        if (Stands)
            return;
        using FileLock held = await FileLock.AcquireAsync(
            Folder + ".lock",
            location,
            other => sink.Report(new Diagnostic(Severity.Message, null, $"Waiting for {other}, which unpacks a toolchain")),
            cancellation).ConfigureAwait(false);
        if (Stands)
            return;
        GitCli git = new(environment);
        SourceFetcher fetcher = new(git, store, sink);
        CommitInfo commit = await fetcher.FetchToolchainAsync(new ArchivePin(location, sha256), location, cancellation).ConfigureAwait(false);
        await git.CheckOutAsync(store, commit.Tree, Folder, Folder + ".index", cancellation).ConfigureAwait(false);
        if (!Directory.Exists(Path.Combine(Folder, "bin")))
        {
            throw new KernelException(
                ErrorCodes.ToolchainArchiveUnusable, $"The toolchain's archive '{location}' has no folder 'bin' (its only top folder is left out).");
        }

        DurableFile.WriteAllText(Marker, location + "\n");
    }
}

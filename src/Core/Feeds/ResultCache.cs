using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Feeds;

/// <summary>The machine's cache of finished packages. A package's file is named by its digest, which is held against it each time it is read; a small record
/// each id and version says which it is. What was used least recently goes when there is more than the limit, but nothing that somebody reads just then: a
/// reader holds a shared lock on the file, and it goes only to whoever gets it alone.</summary>
/// <param name="cacheFolder">The shared cache.</param>
/// <param name="limit">How many bytes of packages are kept.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class ResultCache(string cacheFolder, long limit, IDiagnosticSink sink)
{
    private readonly string _folder = Path.Combine(cacheFolder, "results");

    private string RecordFolder => Path.Combine(_folder, "versions");

    /// <summary>Opens a package, and holds every byte against its digest. One that has changed is taken out.</summary>
    /// <param name="id">The package's id.</param>
    /// <param name="version">Its version.</param>
    /// <param name="cancellation">Ends the wait for the cache.</param>
    /// <returns>The package, or null when there is none.</returns>
    /// <exception cref="FeedException">EVK5101: it had changed.</exception>
    public Task<CachedPackage?> OpenAsync(string id, string version, CancellationToken cancellation) => OpenAsync(id, version, isUse: true, cancellation);

    private async Task<CachedPackage?> OpenAsync(string id, string version, bool isUse, CancellationToken cancellation)
    {
        if (!File.Exists(RecordFile(id, version)))
            return null;
        CachedRecord? record;
        FileStream stream;
        using (await LockAsync(cancellation).ConfigureAwait(false))
        {
            record = JsonFile.TryRead<CachedRecord>(RecordFile(id, version));
            if (record is null || !File.Exists(PackageFile(record.Sha256)))
                return null;
            stream = new FileStream(PackageFile(record.Sha256), FileMode.Open, FileAccess.Read, FileShare.Read);
            if (isUse)
                File.SetLastWriteTimeUtc(RecordFile(id, version), DateTime.UtcNow);
        }

        if (await Digest.OfStreamAsync(stream, cancellation).ConfigureAwait(false) == record.Sha256)
            return new CachedPackage(stream, record.ManifestSha256);
        await stream.DisposeAsync().ConfigureAwait(false);
        await RemoveAsync(id, version, cancellation).ConfigureAwait(false);
        throw new FeedException(ErrorCodes.PackageRefused, "it has changed since it was put there");
    }

    /// <summary>Keeps a package, and lets go of others when there is too much.</summary>
    /// <param name="package">The package's file.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="cancellation">Ends the wait for the cache.</param>
    /// <returns>Why it was not kept, or null.</returns>
    public async Task<string?> AddAsync(string package, Manifest manifest, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        long size = new FileInfo(package).Length;
        if (size > limit)
            return "it is larger than KernelCacheLimit";
        try
        {
            using FileLock held = await LockAsync(cancellation).ConfigureAwait(false);
            string sha256 = Digest.OfFile(package);
            if (!File.Exists(PackageFile(sha256)))
                await DurableFile.CopyAsync(package, PackageFile(sha256), cancellation).ConfigureAwait(false);
            CachedRecord record = new(manifest.PackageId, manifest.PackageVersion, manifest.Key, sha256, size, Digest.OfText(manifest.ToJson()));
            JsonFile.Write(RecordFile(record.Id, record.Version), record);
            Trim(sha256);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another user's cache, or a full disk: the build has its result all the same.
            return exception.Message;
        }
    }

    /// <summary>Reads all of it again. What has changed is taken out.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What became of each package.</returns>
    public async Task<ImmutableArray<CacheFinding>> VerifyAsync(CancellationToken cancellation)
    {
        ImmutableArray<CacheFinding>.Builder findings = ImmutableArray.CreateBuilder<CacheFinding>();
        foreach (CachedRecord record in ReadRecords().Select(pair => pair.Record))
        {
            string? damage = await FindDamageAsync(record, cancellation).ConfigureAwait(false);
            if (damage is not null)
                await RemoveAsync(record.Id, record.Version, cancellation).ConfigureAwait(false);
            findings.Add(new CacheFinding(record.Id, record.Version, record.ManifestSha256, record.Size, damage));
        }

        using (await LockAsync(cancellation).ConfigureAwait(false))
            RemoveUnnamed();
        return findings.DrainToImmutable();
    }

    private async Task<string?> FindDamageAsync(CachedRecord record, CancellationToken cancellation)
    {
        try
        {
            CachedPackage? opened = await OpenAsync(record.Id, record.Version, isUse: false, cancellation).ConfigureAwait(false);
            if (opened is null)
                return "its file is gone";
            using CachedPackage package = opened;
            using ResultPackage content = ResultPackage.Open(package.Path, record.Id, record.Version);
            await content.VerifyAsync(cancellation).ConfigureAwait(false);
            return Digest.OfText(content.ManifestText) == record.ManifestSha256 ? null : "its manifest is another";
        }
        catch (FeedException exception)
        {
            return exception.Message;
        }
    }

    private async Task RemoveAsync(string id, string version, CancellationToken cancellation)
    {
        using FileLock held = await LockAsync(cancellation).ConfigureAwait(false);
        File.Delete(RecordFile(id, version));
        RemoveUnnamed();
    }

    // Under the lock.
    private void Trim(string keep)
    {
        (string File, CachedRecord Record)[] all = [.. ReadRecords().OrderBy(pair => File.GetLastWriteTimeUtc(pair.File))];
        long size = all.DistinctBy(pair => pair.Record.Sha256).Sum(pair => pair.Record.Size);
        foreach ((string file, CachedRecord record) in all.Where(pair => pair.Record.Sha256 != keep))
        {
            if (size <= limit)
                break;
            if (!TryRemove(PackageFile(record.Sha256)))
                continue;
            File.Delete(file);
            size -= record.Size;
        }

        RemoveUnnamed();
    }

    private void RemoveUnnamed()
    {
        if (!Directory.Exists(_folder))
            return;
        ImmutableHashSet<string> named = [.. ReadRecords().Select(pair => PackageFile(pair.Record.Sha256))];
        foreach (string file in Directory.EnumerateFiles(_folder, "*.nupkg").Where(file => !named.Contains(file)))
            TryRemove(file);
    }

    // Alone with it, or not at all.
    private static bool TryRemove(string file)
    {
        try
        {
            using FileStream alone = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            File.Delete(file);
            return true;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private IEnumerable<(string File, CachedRecord Record)> ReadRecords() => !Directory.Exists(RecordFolder) ? [] :
        from file in Directory.GetFiles(RecordFolder, "*.json")
        let record = JsonFile.TryRead<CachedRecord>(file)
        where record is not null
        select (file, record);

    private Task<FileLock> LockAsync(CancellationToken cancellation) => FileLock.AcquireAsync(
        Path.Combine(_folder, ".lock"),
        "a build",
        other => sink.Report(new Diagnostic(Severity.Message, null, $"Waiting for {other}, which uses the cache of results")),
        cancellation);

    private string PackageFile(string sha256) => Path.Combine(_folder, $"{sha256}.nupkg");

    private string RecordFile(string id, string version) => Path.Combine(RecordFolder, $"{id}.{version}.json");

    private sealed record CachedRecord(string Id, string Version, string Key, string Sha256, long Size, string ManifestSha256);
}

/// <summary>A package of the cache, which stays there as long as this is not disposed of.</summary>
/// <param name="stream">The file, locked for those who would remove it.</param>
/// <param name="manifestSha256">The digest of its manifest when it was put there.</param>
public sealed class CachedPackage(FileStream stream, string manifestSha256) : IDisposable
{
    /// <summary>The file.</summary>
    public string Path => stream.Name;

    /// <summary>The digest of its manifest when it was put there.</summary>
    public string ManifestSha256 => manifestSha256;

    /// <inheritdoc />
    public void Dispose() => stream.Dispose();
}

/// <summary>What became of a package of the cache when it was read again.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its version.</param>
/// <param name="ManifestSha256">The digest of its manifest when it was put there.</param>
/// <param name="Size">The size of its file in bytes.</param>
/// <param name="Damage">What is wrong with it, or null.</param>
public sealed record CacheFinding(string Id, string Version, string ManifestSha256, long Size, string? Damage);

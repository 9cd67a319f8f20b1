using System.Collections.Immutable;
using EveKernel.Core.Packaging;

namespace EveKernel.Core.Verification;

/// <summary>The times of some files of a work tree, by their content. After the tree has been elsewhere and back, a file with the bytes that it had gets the time
/// that it had, so that make sees nothing new; whatever came between, a file with other bytes keeps its new time.</summary>
internal sealed class WorkTreeTimes
{
    private readonly ImmutableArray<(string Path, string Sha256, DateTime Time)> _files;

    private WorkTreeTimes(ImmutableArray<(string, string, DateTime)> files) => _files = files;

    internal static WorkTreeTimes Take(string folder, IEnumerable<string> names) => new(
    [
        .. names.Select(name => Path.Combine(folder, name)).Where(IsFile).Select(path => (path, Digest.OfFile(path), File.GetLastWriteTimeUtc(path))),
    ]);

    internal void Restore()
    {
        foreach ((string path, string sha256, DateTime time) in _files)
        {
            if (IsFile(path) && Digest.OfFile(path) == sha256)
                File.SetLastWriteTimeUtc(path, time);
        }
    }

    private static bool IsFile(string path) => File.Exists(path) && new FileInfo(path).LinkTarget is null;
}

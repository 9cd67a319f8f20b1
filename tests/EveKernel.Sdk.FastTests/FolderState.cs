using EveKernel.Core.Packaging;

namespace EveKernel.Tests;

/// <summary>What a folder holds, so that a test can tell whether it was written to.</summary>
public static class FolderState
{
    /// <summary>Lists a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="except">Folders at its top that do not count.</param>
    /// <returns>A line each file and folder: path, mode, time and digest.</returns>
    public static string Of(string folder, params string[] except) => string.Join('\n', Directory
        .EnumerateFileSystemEntries(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
        .Select(path => (Path: path, Name: Path.GetRelativePath(folder, path)))
        .Where(entry => !except.Contains(entry.Name.Split('/')[0]))
        .OrderBy(entry => entry.Name, StringComparer.Ordinal)
        .Select(entry => Directory.Exists(entry.Path)
            ? $"{entry.Name}/ {Directory.GetLastWriteTimeUtc(entry.Path):o}"
            : $"{entry.Name} {File.GetUnixFileMode(entry.Path)} {File.GetLastWriteTimeUtc(entry.Path):o} {Digest.OfFile(entry.Path)}"));
}

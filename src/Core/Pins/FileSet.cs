using System.Collections.Immutable;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Pins;

/// <summary>Several files that get new content in one go.</summary>
internal static class FileSet
{
    /// <summary>Replaces the content of files. All of it is on the disk before the first file is touched; if one cannot be replaced, those before it get their old content
    /// again.</summary>
    /// <param name="changes">Each file's path, what it is known to hold, and what it gets.</param>
    /// <exception cref="IOException">A file holds something else by now, or cannot be replaced. Nothing was changed.</exception>
    internal static void Replace(ImmutableArray<(string Path, byte[] Old, byte[] New)> changes)
    {
        // A link stays one.
        (string Path, string Aside, byte[] Old)[] files =
        [
            .. changes.Select(change => (Real(change.Path), $"{Real(change.Path)}.{Environment.ProcessId}-{Guid.NewGuid():N}.tmp", change.Old)),
        ];
        int done = 0;
        try
        {
            for (int i = 0; i < files.Length; i++)
                WriteAside(files[i].Path, files[i].Aside, changes[i].New);
            foreach ((string path, _, byte[] old) in files)
            {
                if (!File.ReadAllBytes(path).AsSpan().SequenceEqual(old))
                    throw new IOException($"'{path}' was changed by somebody else in the meantime. Nothing was changed; start again.");
            }

            for (; done < files.Length; done++)
            {
                File.Move(files[done].Aside, files[done].Path, overwrite: true);
                Posix.SyncDirectory(Path.GetDirectoryName(files[done].Path)!);
            }
        }
        catch
        {
            foreach ((string path, _, byte[] old) in files.Take(done))
                DurableFile.Write(path, stream => stream.Write(old));
            foreach ((_, string aside, _) in files)
                File.Delete(aside);
            throw;
        }
    }

    private static string Real(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);

    private static void WriteAside(string path, string aside, byte[] content)
    {
        using FileStream stream = new(aside, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write });
        File.SetUnixFileMode(stream.SafeFileHandle, File.GetUnixFileMode(path));
        stream.Write(content);
        stream.Flush(flushToDisk: true);
    }
}

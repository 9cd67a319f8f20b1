namespace EveKernel.Core.Processes;

/// <summary>Files that are either whole or not there: written aside, synced, renamed.</summary>
public static class DurableFile
{
    /// <summary>Writes a file by replacing it as a whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">All of it.</param>
    public static void WriteAllText(string path, string content) => Write(path, stream =>
    {
        using StreamWriter writer = new(stream, leaveOpen: true);
        writer.Write(content);
    });

    /// <summary>Writes a file by replacing it as a whole.</summary>
    /// <param name="path">The file; its folder is made.</param>
    /// <param name="write">Writes the content.</param>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        // Nothing in it is asynchronous then, so nothing is waited for.
        WriteAsync(path, stream =>
        {
            write(stream);
            return Task.CompletedTask;
        }).GetAwaiter().GetResult();
    }

    /// <summary>Copies a file, in place of what there was.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">Its copy; the folder is made.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public static Task CopyAsync(string from, string to, CancellationToken cancellation) => WriteAsync(to, async output =>
    {
        FileStream input = File.OpenRead(from);
        await using (input.ConfigureAwait(false))
            await input.CopyToAsync(output, cancellation).ConfigureAwait(false);
    });

    /// <summary>Writes a file by replacing it as a whole.</summary>
    /// <param name="path">The file; its folder is made.</param>
    /// <param name="write">Writes the content.</param>
    /// <returns>A task.</returns>
    public static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(write);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        string aside = $"{path}.{Environment.ProcessId}-{Guid.NewGuid():N}.tmp";
        try
        {
            FileStream stream = new(aside, FileMode.CreateNew, FileAccess.ReadWrite);
            await using (stream.ConfigureAwait(false))
            {
                await write(stream).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }

            File.Move(aside, path, overwrite: true);
            Posix.SyncDirectory(folder);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }
}

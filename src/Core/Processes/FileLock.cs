namespace EveKernel.Core.Processes;

/// <summary>A lock between processes, held on a file and let go by the system if the holder dies. The file says who holds it.</summary>
public sealed class FileLock : IDisposable
{
    private readonly FileStream _stream;

    private FileLock(FileStream stream) => _stream = stream;

    /// <summary>Takes a lock, waiting for it if need be.</summary>
    /// <param name="path">The lock's file; its folder is made. It stays when the lock is let go.</param>
    /// <param name="holder">Who takes it, for the message of those who wait: a project's path, say.</param>
    /// <param name="onWait">Called once, with the words about the holder, before the wait begins.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The lock; disposing it lets go.</returns>
    public static async Task<FileLock> AcquireAsync(string path, string holder, Action<string>? onWait, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(path);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        for (bool said = false; ; said = true)
        {
            if (TryAcquire(path, holder) is { } taken)
                return taken;
            if (!said)
                onWait?.Invoke(Holder(path));
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _stream.Dispose();

    private static FileLock? TryAcquire(string path, string holder)
    {
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) here.
            FileStream stream = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(HolderFile(path), $"{holder} (process {Environment.ProcessId})");
            return new FileLock(stream);
        }
        catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException) && exception.HResult == 11)
        {
            return null;
        }
    }

    private static string Holder(string path)
    {
        try
        {
            return File.ReadAllText(HolderFile(path));
        }
        catch (IOException)
        {
            return "another build";
        }
    }

    // Beside the lock: a file that is locked cannot be read through .NET.
    private static string HolderFile(string path) => path + ".holder";
}

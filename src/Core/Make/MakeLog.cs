using System.Text;

namespace EveKernel.Core.Make;

/// <summary>A log that a reader can follow: what it takes is in the file a second later.</summary>
internal sealed class MakeLog : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly StreamWriter _writer;
    private readonly Timer _flush;

    /// <summary>Opens a log.</summary>
    /// <param name="path">The file, which is appended to; its folder is made.</param>
    public MakeLog(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _writer = new StreamWriter(
            new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete),
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false))
        { NewLine = "\n" };
        _flush = new Timer(_ => Flush(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>Appends a line.</summary>
    /// <param name="line">The line.</param>
    public void Write(string line)
    {
        lock (_lock)
            _writer.WriteLine(line);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _flush.DisposeAsync().ConfigureAwait(false);
        await _writer.DisposeAsync().ConfigureAwait(false);
    }

    private void Flush()
    {
        try
        {
            lock (_lock)
                _writer.Flush();
        }
        catch (IOException)
        {
            // A full disk. The next Write or the end says so where somebody listens; a timer's exception would end the process.
        }
    }
}

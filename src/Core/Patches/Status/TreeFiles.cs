using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Source;

namespace EveKernel.Core.Patches.Status;

/// <summary>A tree's files, read when they are asked for. It keeps the folders that were looked into and a bounded amount of content, whatever the tree's
/// size.</summary>
internal sealed class TreeFiles(IGitObjects objects, string tree, CancellationToken cancellation) : IFileView
{
    private const long ContentKept = 48L << 20;

    private readonly Dictionary<string, byte[]?> _folders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TextLine[]> _content = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, long Size)> _order = new();
    private long _kept;

    public TreeFile? Find(string path) =>
        FindEntry(path) is { } entry && entry.Mode != GitFormat.FolderMode ? new TreeFile(entry.Mode, entry.Id, () => ReadLines(entry.Id)) : null;

    /// <summary>A small file's text, or null.</summary>
    public string? ReadText(string path) =>
        FindEntry(path) is { } entry && entry.Mode != GitFormat.FolderMode ? Encoding.UTF8.GetString(ReadObject(entry.Id)) : null;

    private (string Mode, string Id)? FindEntry(string path)
    {
        int slash = path.LastIndexOf('/');
        return Folder(slash < 0 ? "" : path[..slash]) is { } folder ? FindIn(folder, Encoding.UTF8.GetBytes(path[(slash + 1)..])) : null;
    }

    private byte[]? Folder(string path)
    {
        if (_folders.TryGetValue(path, out byte[]? known))
            return known;
        string? id = path.Length == 0 ? tree : FindEntry(path) is { Mode: GitFormat.FolderMode } entry ? entry.Id : null;
        return _folders[path] = id is null ? null : ReadObject(id);
    }

    private static (string Mode, string Id)? FindIn(ReadOnlySpan<byte> folder, ReadOnlySpan<byte> name)
    {
        while (GitFormat.TryReadEntry(ref folder, out ReadOnlySpan<byte> mode, out ReadOnlySpan<byte> found, out ReadOnlySpan<byte> id))
        {
            if (found.SequenceEqual(name))
                return (Encoding.ASCII.GetString(mode), Convert.ToHexStringLower(id));
        }

        return null;
    }

    private TextLine[] ReadLines(string id)
    {
        if (_content.TryGetValue(id, out TextLine[]? lines))
            return lines;
        byte[] bytes = ReadObject(id);
        lines = TextLine.Split(bytes);
        _content[id] = lines;
        _order.Enqueue((id, bytes.Length));
        _kept += bytes.Length;
        while (_kept > ContentKept && _order.Count > 1)
        {
            (string oldest, long size) = _order.Dequeue();
            _content.Remove(oldest);
            _kept -= size;
        }

        return lines;
    }

    private byte[] ReadObject(string id) => objects.Read(id, cancellation)?.Bytes ?? throw new KernelException(
        ErrorCodes.TreeIncomplete, $"The repository lacks the object {id} of the tree {tree}. It is a partial clone or damaged; nothing is fetched behind " +
            $"your back.");
}

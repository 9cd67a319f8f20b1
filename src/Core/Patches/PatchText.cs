using System.Text;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Patches;

/// <summary>A patch file as lines that know where their bytes are: the diff must reach git as it is, whatever its encoding.</summary>
internal sealed class PatchText
{
    private readonly ReadOnlyMemory<byte> _content;
    private readonly List<int> _starts = [];

    public PatchText(string file, ReadOnlyMemory<byte> content)
    {
        File = file;
        _content = content;
        ReadOnlySpan<byte> bytes = content.Span;
        for (int at = 0; at < bytes.Length;)
        {
            _starts.Add(at);
            int length = bytes[at..].IndexOf((byte)'\n');
            at = length < 0 ? bytes.Length : at + length + 1;
        }

        Count = _starts.Count;
        _starts.Add(bytes.Length);
    }

    public string File { get; }

    public int Count { get; }

    /// <summary>A line without its line feed; empty beyond the end.</summary>
    public string this[int index]
    {
        get
        {
            if (index >= Count)
                return "";
            ReadOnlySpan<byte> line = _content.Span[_starts[index].._starts[index + 1]];
            return Encoding.UTF8.GetString(line.EndsWith("\n"u8) ? line[..^1] : line);
        }
    }

    /// <summary>The first byte of a line, 0 for an empty one. Most lines of a large diff need no more.</summary>
    public byte First(int index) =>
        index < Count && _content.Span[_starts[index]] is var first && first != (byte)'\n' ? first : (byte)0;

    public bool StartsWith(int index, ReadOnlySpan<byte> prefix) =>
        index < Count && _content.Span[_starts[index].._starts[index + 1]].StartsWith(prefix);

    public ReadOnlyMemory<byte> Slice(int begin, int end) => _content[_starts[begin].._starts[end]];

    /// <summary>A failure at a line, counted from 0 here and from 1 for the user.</summary>
    public KernelException Fail(ErrorCode code, int index, string message) =>
        new(code, message, new SourceLocation(File, Math.Min(index, Math.Max(Count - 1, 0)) + 1));

    /// <summary>Header lines are ASCII of git's own making; a CR at their end was put there by something on the way.</summary>
    public void RefuseCarriageReturn(int index)
    {
        if (this[index].EndsWith('\r'))
        {
            throw Fail(ErrorCodes.PatchLineEnds, index,
                $"'{File}' has CRLF line ends, so an editor, a mail program or git's core.autocrlf has changed it. Convert it with dos2unix.");
        }
    }
}

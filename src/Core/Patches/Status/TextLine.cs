namespace EveKernel.Core.Patches.Status;

/// <summary>A line with its line end, as bytes of a larger text. Equal lines are equal bytes, so that encodings and carriage returns count as they do in
/// git.</summary>
internal readonly struct TextLine(byte[] source, int start, int length, bool patched = false)
{
    /// <summary>A digest for quick comparison; equal digests are no proof.</summary>
    public ulong Hash { get; } = Digest(source.AsSpan(start, length));

    /// <summary>Whether an earlier hunk put it here: git lets no later hunk match it.</summary>
    public bool Patched { get; } = patched;

    public ReadOnlySpan<byte> Bytes => source.AsSpan(start, length);

    public ReadOnlyMemory<byte> Memory => source.AsMemory(start, length);

    public int Length => length;

    /// <summary>A part of the line, without so many bytes at its begin and at its end.</summary>
    public TextLine Cut(int begin, int end) => new(source, start + begin, length - begin - end);

    public bool SameAs(in TextLine other) => Hash == other.Hash && Bytes.SequenceEqual(other.Bytes);

    public TextLine AsPatched(bool patched) => Patched == patched ? this : new(source, start, length, patched);

    /// <summary>The line for people.</summary>
    public string Text() => System.Text.Encoding.UTF8.GetString(Bytes).TrimEnd('\n', '\r');

    public static TextLine[] Split(byte[] text)
    {
        List<TextLine> lines = new((text.Length / 32) + 1);
        for (int at = 0; at < text.Length;)
        {
            int length = text.AsSpan(at).IndexOf((byte)'\n');
            length = length < 0 ? text.Length - at : length + 1;
            lines.Add(new TextLine(text, at, length));
            at += length;
        }

        return [.. lines];
    }

    /// <summary>The lines of a file when all its hunks are in: free to be matched again, and split anew where a hunk has put a line without an end in the
    /// midst.</summary>
    public static TextLine[] Settle(List<TextLine> lines)
    {
        for (int at = 0; at < lines.Count - 1; at++)
        {
            if (!lines[at].Bytes.EndsWith("\n"u8))
            {
                using MemoryStream text = new();
                foreach (TextLine line in lines)
                    text.Write(line.Bytes);
                return Split(text.ToArray());
            }
        }

        return [.. lines.Select(line => line.AsPatched(false))];
    }

    private static ulong Digest(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 14695981039346656037 ^ (uint)bytes.Length;
        while (bytes.Length >= sizeof(ulong))
        {
            hash = (hash ^ System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 29;
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte one in bytes)
            hash = (hash ^ one) * 1099511628211;
        return hash ^ (hash >> 32);
    }
}

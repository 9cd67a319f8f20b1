using System.Buffers.Binary;
using System.Collections.Immutable;

namespace EveKernel.Core.Rebuild;

/// <summary>A whole file that a kernel carries inside of one of its sections.</summary>
/// <param name="Name">What it is, in words.</param>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">Its length in bytes.</param>
internal sealed record EmbeddedFile(string Name, int Start, int Length)
{
    // One image holds a configuration, an archive of headers and at most three vDSOs; what only looks like them may be found besides.
    private const int Most = 16;

    /// <summary>What of it is the file.</summary>
    public Range Range => Start..(Start + Length);

    /// <summary>Finds them: .config between its marks (kernel/configs.c), the archive of kernel/kheaders.c, and the vDSOs of vdso2c.</summary>
    /// <param name="section">A section's bytes.</param>
    /// <returns>Those files, in the order of their places.</returns>
    public static ImmutableArray<EmbeddedFile> FindAll(ReadOnlySpan<byte> section)
    {
        ImmutableArray<EmbeddedFile>.Builder found = ImmutableArray.CreateBuilder<EmbeddedFile>();
        ReadOnlySpan<byte> beginning = "IKCFG_ST"u8;
        Search(section, beginning, found, (rest, at) =>
            rest.IndexOf("IKCFG_ED"u8) is > 0 and int end ? new EmbeddedFile("the configuration (IKCONFIG)", at + 8, end - 8) : null);
        Search(section, [0xfd, .. "7zXZ"u8, 0], found, (rest, at) => XzLength(rest) is > 0 and int length ? new EmbeddedFile("the headers (IKHEADERS)", at, length) : null);
        Search(section, [0x7f, .. "ELF"u8], found, (rest, at) => ElfLength(rest) is > 0 and int length ? new EmbeddedFile(NameOf(rest[..length]), at, length) : null);
        return [.. found.OrderBy(file => file.Start)];
    }

    private delegate EmbeddedFile? Reader(ReadOnlySpan<byte> rest, int at);

    private static void Search(ReadOnlySpan<byte> section, ReadOnlySpan<byte> magic, ImmutableArray<EmbeddedFile>.Builder found, Reader read)
    {
        for (int at = 0, count = 0; count < Most; count++)
        {
            int next = section[at..].IndexOf(magic);
            if (next < 0)
                return;
            at += next;
            EmbeddedFile? file = read(section[at..], at);
            if (file is not null)
                found.Add(file);
            at += file is null ? magic.Length : file.Start - at + file.Length;
        }
    }

    // The .xz file format, 2.1.1 and 2.1.2: a stream begins with six bytes and two of flags, which come again before its last two, "YZ"; all is in steps of four.
    private static int XzLength(ReadOnlySpan<byte> stream)
    {
        ReadOnlySpan<byte> flags = stream.Length < 8 ? [] : stream.Slice(6, 2);
        for (int end = 24; !flags.IsEmpty && end <= stream.Length; end += 4)
        {
            if (stream[end - 2] == 'Y' && stream[end - 1] == 'Z' && stream.Slice(end - 4, 2).SequenceEqual(flags))
                return end;
        }

        return 0;
    }

    // elf(5): a linker puts the table of sections last. e_shoff is at 40 with 64 bits and at 32 with 32, e_shentsize and e_shnum twelve bytes before the header's end.
    private static int ElfLength(ReadOnlySpan<byte> file)
    {
        if (file.Length < 64 || file[4] is not (1 or 2) || file[5] != 1 || file[6] != 1)
            return 0;
        bool wide = file[4] == 2;
        ulong table = wide ? BinaryPrimitives.ReadUInt64LittleEndian(file[40..]) : BinaryPrimitives.ReadUInt32LittleEndian(file[32..]);
        int sizes = wide ? 58 : 46;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[sizes..]) * BinaryPrimitives.ReadUInt16LittleEndian(file[(sizes + 2)..]);
        return table > 0 && count > 0 && table + (ulong)count <= (ulong)file.Length ? (int)table + count : 0;
    }

    private static string NameOf(ReadOnlySpan<byte> elf) => elf.IndexOf("linux-vdso"u8) >= 0 ? "the vDSO" : elf.IndexOf("linux-gate"u8) >= 0 ? "the 32-bit vDSO" : "an ELF file";
}

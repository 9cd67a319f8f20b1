using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Rebuild;

/// <summary>Finds where two files differ, through archives, compression, boot images, ELF sections and the files that these carry.</summary>
/// <param name="classifier">Tells leaks.</param>
/// <param name="elf">Reads ELF files.</param>
/// <param name="environment">The host's environment, for programs that decompress.</param>
internal sealed class ContentComparer(LeakClassifier classifier, ElfReader elf, ImmutableDictionary<string, string> environment)
{
    // A kernel in a package in an archive is not nested deeper; something that contains itself would be without end.
    private const int Deepest = 8;
    private const int MostMismatches = 40;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Compares.</summary>
    /// <param name="one">The first build's file.</param>
    /// <param name="other">The second build's.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Where they differ, what tells most first; none when they are the same.</returns>
    public async Task<ImmutableArray<Mismatch>> CompareAsync(byte[] one, byte[] other, CancellationToken cancellation)
    {
        ImmutableArray<Mismatch> found = await CompareAsync(one, other, [], cancellation).ConfigureAwait(false);
        return [.. found.OrderBy(mismatch => mismatch.Rank).Take(MostMismatches)];
    }

    private async Task<ImmutableArray<Mismatch>> CompareAsync(byte[] one, byte[] other, ImmutableArray<string> inside, CancellationToken cancellation)
    {
        if (one.AsSpan().SequenceEqual(other))
            return [];
        ImmutableArray<Mismatch> found = inside.Length > Deepest ? [] : await OpenAsync(one, other, inside, cancellation).ConfigureAwait(false);
        return found.IsEmpty ? [Raw(one, other, inside, 0)] : found;
    }

    // Forms are known by their first bytes, which both must have.
    private async Task<ImmutableArray<Mismatch>> OpenAsync(byte[] one, byte[] other, ImmutableArray<string> inside, CancellationToken cancellation)
    {
        try
        {
            if (Both(one, other, 0, [0x1f, 0x8b]))
                return await CompareGzipAsync(one, other, inside, cancellation).ConfigureAwait(false);
            if (Both(one, other, 0, [0xfd, .. "7zXZ"u8]))
                return await CompareDecompressedAsync("xz", one, other, inside, cancellation).ConfigureAwait(false);
            if (Both(one, other, 0, [0x28, 0xb5, 0x2f, 0xfd]))
                return await CompareDecompressedAsync("zstd", one, other, inside, cancellation).ConfigureAwait(false);
            if (Both(one, other, 0, "PK\x03\x04"u8))
                return await CompareEntriesAsync(ReadZip(one), ReadZip(other), inside, cancellation).ConfigureAwait(false);
            if (Both(one, other, 257, "ustar"u8))
                return await CompareEntriesAsync(ReadTar(one), ReadTar(other), inside, cancellation).ConfigureAwait(false);
            if (Both(one, other, 0, "!<arch>\n"u8))
                return await CompareEntriesAsync(ReadArchive(one), ReadArchive(other), inside, cancellation).ConfigureAwait(false);
            if (Both(one, other, 0, [0x7f, .. "ELF"u8]))
                return await CompareElfAsync(one, other, inside, cancellation).ConfigureAwait(false);
            if (Both(one, other, 0x202, "HdrS"u8))
                return await CompareBootImageAsync(one, other, inside, cancellation).ConfigureAwait(false);
            return IsText(one) && IsText(other) ? CompareText(one, other, inside) : [];
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or FormatException or OverflowException or ArgumentException)
        {
            // What only begins like an archive is compared as the bytes that it is.
            return [];
        }
    }

    private static bool Both(byte[] one, byte[] other, int at, ReadOnlySpan<byte> magic) => Has(one, at, magic) && Has(other, at, magic);

    private static bool Has(byte[] bytes, int at, ReadOnlySpan<byte> magic) =>
        bytes.Length >= at + magic.Length && bytes.AsSpan(at, magic.Length).SequenceEqual(magic);

    private Mismatch Raw(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other, ImmutableArray<string> inside, long offset)
    {
        int at = one.CommonPrefixLength(other);
        (Leak leak, string here, string there) = classifier.ClassifyBytes(one, other);
        return Make(one, other, inside, at, offset, leak) with { FirstText = here, SecondText = there };
    }

    private static Mismatch Make(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other, ImmutableArray<string> inside, int at, long offset, Leak leak) =>
        new(inside, offset + at, Sixteen(one, at), Sixteen(other, at), leak);

    private static ImmutableArray<byte> Sixteen(ReadOnlySpan<byte> bytes, int at) =>
        at >= bytes.Length ? [] : [.. bytes[at..Math.Min(bytes.Length, at + 16)]];

    private async Task<ImmutableArray<Mismatch>> CompareGzipAsync(byte[] one, byte[] other, ImmutableArray<string> inside, CancellationToken cancellation)
    {
        ImmutableArray<Mismatch> content = await CompareAsync(Decompress(one), Decompress(other), inside.Add("gzip"), cancellation).ConfigureAwait(false);
        // RFC 1952: the time at 4, four bytes.
        bool sameTime = one.AsSpan(4, 4).SequenceEqual(other.AsSpan(4, 4));
        if (sameTime)
            return content;
        return [Make(one, other, inside.Add("gzip's header, its time"), one.AsSpan().CommonPrefixLength(other), 0, Leak.TimeStamp), .. content];
    }

    private static byte[] Decompress(byte[] bytes)
    {
        using MemoryStream output = new();
        using GZipStream stream = new(new MemoryStream(bytes), CompressionMode.Decompress);
        stream.CopyTo(output);
        return output.ToArray();
    }

    private async Task<ImmutableArray<Mismatch>> CompareDecompressedAsync(
        string program, byte[] one, byte[] other, ImmutableArray<string> inside, CancellationToken cancellation)
    {
        if (ExecutableSearch.TryFind(program, environment) is null)
            return [];
        return await CompareAsync(
            await DecompressAsync(program, one, cancellation).ConfigureAwait(false),
            await DecompressAsync(program, other, cancellation).ConfigureAwait(false),
            inside.Add(program),
            cancellation).ConfigureAwait(false);
    }

    private async Task<byte[]> DecompressAsync(string program, byte[] bytes, CancellationToken cancellation)
    {
        using MemoryStream output = new();
        // What follows the stream, as in a boot image, is an error of the program's, after it has written all.
        await ProcessRunner.RunAsync(
            new Command(program, "-d", "-c", "-q") { Environment = environment },
            cancellation,
            (input, token) => input.WriteAsync(bytes, token).AsTask(),
            (result, token) => result.CopyToAsync(output, token)).ConfigureAwait(false);
        return output.ToArray();
    }

    private async Task<ImmutableArray<Mismatch>> CompareEntriesAsync(
        List<Entry> ones, List<Entry> others, ImmutableArray<string> inside, CancellationToken cancellation)
    {
        ImmutableArray<Mismatch>.Builder found = ImmutableArray.CreateBuilder<Mismatch>();
        string[] names = [.. ones.Select(entry => entry.Name)];
        string[] otherNames = [.. others.Select(entry => entry.Name)];
        if (!names.SequenceEqual(otherNames))
        {
            bool reordered = names.Order(StringComparer.Ordinal).SequenceEqual(otherNames.Order(StringComparer.Ordinal));
            int at = names.Zip(otherNames).TakeWhile(pair => pair.First == pair.Second).Count();
            string here = names.ElementAtOrDefault(at) ?? "";
            string there = otherNames.ElementAtOrDefault(at) ?? "";
            found.Add(OfText(here, there, inside.Add("the list of members"), reordered ? Leak.Ordering : null));
        }

        foreach ((Entry one, Entry other) in ones.Join(others, entry => entry.Key, entry => entry.Key, (one, other) => (one, other)))
        {
            ImmutableArray<string> member = inside.Add(one.Name);
            if (one.Time != other.Time)
                found.Add(OfText(one.Time, other.Time, member.Add("its time"), Leak.TimeStamp));
            if (one.Mode != other.Mode)
                found.Add(OfText(one.Mode, other.Mode, member.Add("its mode"), Leak.Mode));
            if (one.Owner != other.Owner)
                found.Add(OfText(one.Owner, other.Owner, member.Add("its owner"), Leak.User));
            if (one.Target != other.Target)
                found.Add(OfText(one.Target, other.Target, member.Add("where it points to"), null));
            found.AddRange(await CompareAsync(one.Content, other.Content, member, cancellation).ConfigureAwait(false));
        }

        return found.ToImmutable();
    }

    private Mismatch OfText(string one, string other, ImmutableArray<string> inside, Leak? leak)
    {
        byte[] here = Encoding.UTF8.GetBytes(one);
        byte[] there = Encoding.UTF8.GetBytes(other);
        Leak known = leak ?? classifier.ClassifyText(one, other);
        return Make(here, there, inside, here.AsSpan().CommonPrefixLength(there), 0, known) with { FirstText = one, SecondText = other };
    }

    private static List<Entry> ReadZip(byte[] bytes)
    {
        using ZipArchive zip = new(new MemoryStream(bytes), ZipArchiveMode.Read);
        List<Entry> entries = [];
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            using MemoryStream content = new();
            using Stream stream = entry.Open();
            stream.CopyTo(content);
            entries.Add(new Entry(entry.FullName, content.ToArray())
            {
                Time = entry.LastWriteTime.DateTime.ToString("s", CultureInfo.InvariantCulture),
                Mode = Convert.ToString(entry.ExternalAttributes, 8),
            });
        }

        return Numbered(entries);
    }

    private static List<Entry> ReadTar(byte[] bytes)
    {
        using TarReader reader = new(new MemoryStream(bytes));
        List<Entry> entries = [];
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            using MemoryStream content = new();
            entry.DataStream?.CopyTo(content);
            entries.Add(new Entry(entry.Name, content.ToArray())
            {
                Time = entry.ModificationTime.UtcDateTime.ToString("s", CultureInfo.InvariantCulture),
                Mode = Convert.ToString((int)entry.Mode, 8),
                Owner = string.Create(
                    CultureInfo.InvariantCulture, $"{entry.Uid}:{entry.Gid} {(entry as PosixTarEntry)?.UserName}:{(entry as PosixTarEntry)?.GroupName}"),
                Target = entry.LinkName,
            });
        }

        return Numbered(entries);
    }

    // ar(5): a header of 60 characters; long names stand in the member "//".
    private static List<Entry> ReadArchive(byte[] bytes)
    {
        List<Entry> entries = [];
        string names = "";
        for (int at = 8; at + 60 <= bytes.Length;)
        {
            string header = Encoding.ASCII.GetString(bytes, at, 60);
            int size = int.Parse(header.AsSpan(48, 10), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
            string name = header[..16].TrimEnd();
            byte[] content = bytes[(at + 60)..(at + 60 + size)];
            if (name == "//")
                names = Encoding.ASCII.GetString(content);
            else if (name.Length > 1 && name[0] == '/' && char.IsAsciiDigit(name[1]))
                name = names[int.Parse(name.AsSpan(1), CultureInfo.InvariantCulture)..].Split('/')[0];
            entries.Add(new Entry(name.Length > 1 ? name.TrimEnd('/') : name, content)
            {
                Time = header[16..28].TrimEnd(),
                Owner = header[28..40].TrimEnd(),
                Mode = header[40..48].TrimEnd(),
            });
            at += 60 + size + (size % 2);
        }

        return Numbered(entries);
    }

    // Archives may have two of a name.
    private static List<Entry> Numbered(List<Entry> entries)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        return
        [
            .. entries.Select(entry =>
            {
                int count = counts[entry.Name] = counts.GetValueOrDefault(entry.Name) + 1;
                return entry with { Key = string.Create(CultureInfo.InvariantCulture, $"{entry.Name}\0{count}") };
            }),
        ];
    }

    // Documentation/arch/x86/boot.rst: setup_sects at 0x1f1, payload_offset and payload_length at 0x248 and 0x24c, counted from the end of the setup code.
    private async Task<ImmutableArray<Mismatch>> CompareBootImageAsync(byte[] one, byte[] other, ImmutableArray<string> inside, CancellationToken cancellation)
    {
        (int start, int length) = Payload(one);
        (int otherStart, int otherLength) = Payload(other);
        ImmutableArray<Mismatch>.Builder found = ImmutableArray.CreateBuilder<Mismatch>();
        if (!one.AsSpan(start, length).SequenceEqual(other.AsSpan(otherStart, otherLength)))
        {
            found.AddRange(await CompareAsync(
                one[start..(start + length)], other[otherStart..(otherStart + otherLength)], inside.Add("the compressed kernel"), cancellation)
                .ConfigureAwait(false));
        }

        int setup = SetupSize(one);
        if (setup == SetupSize(other) && !one.AsSpan(0, setup).SequenceEqual(other.AsSpan(0, setup)))
        {
            Mismatch code = Raw(one.AsSpan(0, setup), other.AsSpan(0, setup), inside.Add("the setup code"), 0);
            // It holds the size of the kernel behind it, which follows from that one.
            if (found.Count == 0 || code.Rank == 0)
                found.Add(code);
        }

        return found.ToImmutable();
    }

    private static int SetupSize(byte[] image) => (image[0x1f1] == 0 ? 5 : image[0x1f1] + 1) * 512;

    private static (int Start, int Length) Payload(byte[] image) => (
        checked(SetupSize(image) + BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(0x248))), BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(0x24c)));

    private async Task<ImmutableArray<Mismatch>> CompareElfAsync(byte[] one, byte[] other, ImmutableArray<string> inside, CancellationToken cancellation)
    {
        ElfFile here = await elf.ReadAsync(one, cancellation).ConfigureAwait(false);
        ElfFile there = await elf.ReadAsync(other, cancellation).ConfigureAwait(false);
        ImmutableArray<Mismatch>.Builder found = ImmutableArray.CreateBuilder<Mismatch>();
        string[] names = [.. here.Sections.Select(section => section.Name)];
        string[] otherNames = [.. there.Sections.Select(section => section.Name)];
        if (!names.SequenceEqual(otherNames))
            found.Add(OfText(string.Join(' ', names.Except(otherNames)), string.Join(' ', otherNames.Except(names)), inside.Add("the list of sections"), null));
        foreach ((ElfSection section, ElfSection pair) in here.Sections.Zip(there.Sections).Where(pair => pair.First.Name == pair.Second.Name))
        {
            byte[] content = one[section.Range];
            byte[] otherContent = other[pair.Range];
            if (!content.AsSpan().SequenceEqual(otherContent))
                found.AddRange(await CompareSectionAsync(here, section, content, otherContent, inside, cancellation).ConfigureAwait(false));
        }

        if (Has(one, one.Length - SignatureMark.Length, SignatureMark) && Has(other, other.Length - SignatureMark.Length, SignatureMark))
            found.AddRange(CompareSignature(one, other, inside));
        return found.ToImmutable();
    }

    private static ReadOnlySpan<byte> SignatureMark => "~Module signature appended~\n"u8;

    private static IEnumerable<Mismatch> CompareSignature(byte[] one, byte[] other, ImmutableArray<string> inside)
    {
        byte[] here = Signature(one);
        byte[] there = Signature(other);
        return here.AsSpan().SequenceEqual(there)
            ? []
            : [Make(here, there, inside.Add("the module's signature"), here.AsSpan().CommonPrefixLength(there), 0, Leak.RandomKey)];
    }

    // Before the mark: the signature, and twelve bytes that end with its length.
    private static byte[] Signature(byte[] module)
    {
        int end = module.Length - SignatureMark.Length;
        return module[(end - 12 - BinaryPrimitives.ReadInt32BigEndian(module.AsSpan(end - 4)))..end];
    }

    // What a section carries is compared as the file that it is; of the rest only where it has stayed in its place, since a longer file moves all that follows.
    private async Task<ImmutableArray<Mismatch>> CompareSectionAsync(
        ElfFile file, ElfSection section, byte[] one, byte[] other, ImmutableArray<string> inside, CancellationToken cancellation)
    {
        ImmutableArray<EmbeddedFile> carried = section.IsContent ? EmbeddedFile.FindAll(one) : [];
        ImmutableArray<EmbeddedFile> others = carried.IsEmpty ? [] : EmbeddedFile.FindAll(other);
        if (carried.IsEmpty || !carried.Select(part => part.Name).SequenceEqual(others.Select(part => part.Name)))
            return [CompareSection(file, section, one, other, inside)];
        ImmutableArray<Mismatch>.Builder found = ImmutableArray.CreateBuilder<Mismatch>();
        byte[] rest = [.. one];
        byte[] otherRest = [.. other];
        foreach ((EmbeddedFile part, EmbeddedFile pair) in carried.Zip(others))
        {
            ImmutableArray<string> place = [.. inside, $"section {section.Name}", part.Name];
            found.AddRange(await CompareAsync(one[part.Range], other[pair.Range], place, cancellation).ConfigureAwait(false));
            rest.AsSpan(part.Start, part.Length).Clear();
            otherRest.AsSpan(pair.Start, pair.Length).Clear();
        }

        bool inPlace = carried.SequenceEqual(others) && one.Length == other.Length;
        if (found.Count == 0 || (inPlace && !rest.AsSpan().SequenceEqual(otherRest)))
            found.Add(CompareSection(file, section, rest, otherRest, inside));
        return found.ToImmutable();
    }

    private Mismatch CompareSection(ElfFile file, ElfSection section, byte[] one, byte[] other, ImmutableArray<string> inside)
    {
        int at = one.AsSpan().CommonPrefixLength(other);
        ImmutableArray<string> place = inside.Add($"section {section.Name}");
        if (section.Name.StartsWith(".BTF", StringComparison.Ordinal))
            return Make(one, other, place, at, 0, Leak.Btf);
        if (section.Name == ".note.gnu.build-id")
            return Make(one, other, place, at, 0, Leak.BuildId);
        Mismatch found = Raw(one, other, file.SymbolAt(section, at) is { } symbol ? place.Add(symbol) : place, 0);
        // Tables follow from what they point to.
        return found.Leak is Leak.RandomKey or Leak.Ordering && !section.IsContent ? found with { Leak = Leak.Unknown } : found;
    }

    private static bool IsText(byte[] bytes) => !bytes.AsSpan(0, Math.Min(bytes.Length, 8192)).Contains((byte)0);

    private ImmutableArray<Mismatch> CompareText(byte[] one, byte[] other, ImmutableArray<string> inside)
    {
        string[] ones = Encoding.UTF8.GetString(one).Split('\n');
        string[] others = Encoding.UTF8.GetString(other).Split('\n');
        int line = ones.Zip(others).TakeWhile(pair => pair.First == pair.Second).Count();
        string here = ones.ElementAtOrDefault(line) ?? "";
        string there = others.ElementAtOrDefault(line) ?? "";
        Leak leak = IsReordered(ones, others) ? Leak.Ordering : classifier.ClassifyText(here, there);
        ImmutableArray<string> place = inside.Add(string.Create(CultureInfo.InvariantCulture, $"line {line + 1}"));
        return [Make(one, other, place, one.AsSpan().CommonPrefixLength(other), 0, leak) with { FirstText = here, SecondText = there }];
    }

    // In a table of symbols, addresses follow from the order of names.
    private static bool IsReordered(string[] ones, string[] others)
    {
        string[] here = [.. ones.Select(LastWord)];
        string[] there = [.. others.Select(LastWord)];
        return here.Length == there.Length && here.Length > 2 && !here.SequenceEqual(there)
            && here.Order(StringComparer.Ordinal).SequenceEqual(there.Order(StringComparer.Ordinal));
    }

    private static string LastWord(string line) => SymbolLine(line) ? line[19..] : line;

    private static bool SymbolLine(string line) =>
        line.Length > 19 && line[16] == ' ' && line[18] == ' ' && line.AsSpan(0, 16).IndexOfAnyExcept(HexDigits) < 0;

    private sealed record Entry(string Name, byte[] Content)
    {
        public string Key { get; init; } = Name;

        public string Time { get; init; } = "";

        public string Mode { get; init; } = "";

        public string Owner { get; init; } = "";

        public string Target { get; init; } = "";
    }
}

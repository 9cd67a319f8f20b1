using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace EveKernel.Core.Gates;

/// <summary>An object's sections, symbols and relocations as <c>readelf -W -S -s -r</c> prints them.</summary>
/// <param name="Sections">The sections by index.</param>
/// <param name="Symbols">The symbols by index.</param>
/// <param name="Relocations">The relocations of each section that has some, by its index, in the order of offsets.</param>
internal sealed partial record ObjectTables(
    ImmutableDictionary<int, ObjectSection> Sections,
    ImmutableDictionary<int, ObjectSymbol> Symbols,
    ImmutableDictionary<int, ImmutableArray<ObjectRelocation>> Relocations)
{
    /// <summary>Reads readelf's output.</summary>
    /// <param name="output">The output.</param>
    /// <returns>The tables.</returns>
    public static ObjectTables Parse(string output)
    {
        Dictionary<int, ObjectSection> sections = [];
        Dictionary<int, ObjectSymbol> symbols = [];
        Dictionary<long, List<ObjectRelocation>> byTable = [];
        List<ObjectRelocation> current = [];
        foreach (string line in output.Split('\n'))
        {
            if (SectionLine.Match(line) is { Success: true } section)
                sections[Decimal(section, "index")] = ReadSection(section);
            else if (TableLine.Match(line) is { Success: true } table)
                byTable[Hex(table, "offset")] = current = [];
            else if (RelocationLine.Match(line) is { Success: true } relocation)
                current.Add(ReadRelocation(relocation));
            else if (SymbolLine.Match(line) is { Success: true } symbol)
                symbols[Decimal(symbol, "index")] = ReadSymbol(symbol);
        }

        return new ObjectTables(
            sections.ToImmutableDictionary(),
            symbols.ToImmutableDictionary(),
            sections.Values.Where(section => byTable.ContainsKey(section.Offset) && section.Type is "RELA" or "REL")
                .GroupBy(section => section.Info)
                .ToImmutableDictionary(
                    group => group.Key,
                    group => group.SelectMany(section => byTable.GetValueOrDefault(section.Offset) ?? []).OrderBy(one => one.Offset).ToImmutableArray()));
    }

    private static ObjectSection ReadSection(Match match) => new(
        Decimal(match, "index"), match.Groups["name"].Value, match.Groups["type"].Value, Hex(match, "offset"), Hex(match, "size"), (int)Hex(match, "entry"),
        match.Groups["flags"].Value, Decimal(match, "info"));

    // The upper half of "Info" is the symbol's index; its printed name cannot be told from a section's.
    private static ObjectRelocation ReadRelocation(Match match) => new(
        Hex(match, "offset"),
        int.Parse(match.Groups["symbol"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        match.Groups["type"].Value,
        !match.Groups["addend"].Success ? 0 : match.Groups["sign"].ValueSpan is "-" ? -Hex(match, "addend") : Hex(match, "addend"));

    private static ObjectSymbol ReadSymbol(Match match)
    {
        string size = match.Groups["size"].Value;
        return new ObjectSymbol(
            Hex(match, "value"),
            size.StartsWith("0x", StringComparison.Ordinal)
                ? long.Parse(size.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                : long.Parse(size, CultureInfo.InvariantCulture),
            match.Groups["type"].Value,
            match.Groups["bind"].Value,
            int.TryParse(match.Groups["section"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int section) ? section : -1,
            match.Groups["name"].Value);
    }

    private static int Decimal(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private static long Hex(Match match, string group) =>
        (long)ulong.Parse(match.Groups[group].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s*\[\s*(?<index>\d+)\] (?<name>\S*)\s+(?<type>\S+)\s+[0-9a-f]{16} (?<offset>[0-9a-f]+) (?<size>[0-9a-f]+) (?<entry>[0-9a-f]+)\s+(?<flags>[A-Za-z]*)\s+\d+\s+(?<info>\d+)\s+\d+\s*$")]
    private static partial Regex SectionLine { get; }

    [GeneratedRegex(@"^Relocation section '.*' at offset 0x(?<offset>[0-9a-f]+) contains ")]
    private static partial Regex TableLine { get; }

    [GeneratedRegex(@"^(?<offset>[0-9a-f]{16})\s+(?<symbol>[0-9a-f]{8})[0-9a-f]{8}\s+(?<type>R_\S+)(?:\s+[0-9a-f]{16}\s+.*? (?<sign>[+-]) (?<addend>[0-9a-f]+)|\s+(?<addend>[0-9a-f]+)|.*)\s*$")]
    private static partial Regex RelocationLine { get; }

    [GeneratedRegex(@"^\s*(?<index>\d+): (?<value>[0-9a-f]{16})\s+(?<size>\w+) (?<type>\S+)\s+(?<bind>\S+)\s+\S+(?:\s+\[[^\]]*\])?\s+(?<section>\S+)(?:\s+(?<name>\S+))?\s*$")]
    private static partial Regex SymbolLine { get; }
}

/// <summary>A section.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Name">Its name; several may have the same.</param>
/// <param name="Type">Its type, such as PROGBITS.</param>
/// <param name="Offset">Where its content begins in the file.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="EntrySize">The size of an entry, for a section of constants that may be merged.</param>
/// <param name="Flags">readelf's letters.</param>
/// <param name="Info">For relocations, the section that they belong to.</param>
internal sealed record ObjectSection(int Index, string Name, string Type, long Offset, long Size, int EntrySize, string Flags, int Info)
{
    public bool IsCode => Flags.Contains('X', StringComparison.Ordinal);

    public bool IsLoaded => Flags.Contains('A', StringComparison.Ordinal);

    public bool IsConstant => IsLoaded && !Flags.Contains('W', StringComparison.Ordinal) && Type != "NOBITS";

    public bool HoldsStrings => Flags.Contains('S', StringComparison.Ordinal);

    public bool IsMerged => Flags.Contains('M', StringComparison.Ordinal);
}

/// <summary>A symbol.</summary>
/// <param name="Value">Where it begins in its section.</param>
/// <param name="Size">Its size in bytes, or 0.</param>
/// <param name="Type">FUNC, OBJECT, SECTION, NOTYPE …</param>
/// <param name="Bind">LOCAL, GLOBAL or WEAK.</param>
/// <param name="Section">Its section's index, or -1 for one that is elsewhere.</param>
/// <param name="Name">Its name.</param>
internal sealed record ObjectSymbol(long Value, long Size, string Type, string Bind, int Section, string Name);

/// <summary>A relocation.</summary>
/// <param name="Offset">The place in its section.</param>
/// <param name="Symbol">The symbol's index, or 0.</param>
/// <param name="Type">Its type, such as R_X86_64_PC32.</param>
/// <param name="Addend">What is added to the symbol.</param>
internal sealed record ObjectRelocation(long Offset, int Symbol, string Type, long Addend)
{
    /// <summary>How many bytes it fills in.</summary>
    public int Width => Wide.Any(end => Type.EndsWith(end, StringComparison.Ordinal)) ? 8 : 4;

    /// <summary>Whether it counts from the place itself, so that on x86 the rest of the instruction is in the addend.</summary>
    public bool CountsFromPlace =>
        Type is "R_X86_64_PC32" or "R_X86_64_PLT32" or "R_X86_64_GOTPCREL" or "R_X86_64_GOTPCRELX" or "R_X86_64_REX_GOTPCRELX";

    private static readonly ImmutableArray<string> Wide = ["64_64", "ABS64", "PC64", "PREL64"];
}

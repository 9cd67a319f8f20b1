using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace EveKernel.Core.Gates;

/// <summary>
/// Puts an object's functions into a form in which two compilations can be compared. Every reference is written as what it refers to: a name, a string's text,
/// a constant's bytes, the own function's offset. Lines of the source do not occur in it: the tables of BUG, WARN and dynamic debugging are left out, and so are
/// the numbers that the compiler gives to local objects.
/// </summary>
internal sealed partial class ObjectContent
{
    private const int LongestConstant = 4096;
    private const int Deepest = 3;

    /// <summary>Tables that belong to the function of their entries' first reference, with how many references an entry has.</summary>
    private static readonly ImmutableDictionary<string, int> CodeTables = ImmutableDictionary<string, int>.Empty
        .Add("__jump_table", 3).Add("__ex_table", 2).Add(".static_call_sites", 2).Add(".altinstructions", 2);

    /// <summary>Functions that take a line of the source as their second argument.</summary>
    private static readonly ImmutableHashSet<string> LineTakers =
        ["__might_sleep", "__might_resched", "__cant_sleep", "__cant_migrate", "lockdep_rcu_suspicious", "warn_slowpath_fmt", "__warn_printk_line"];

    private static readonly ImmutableArray<string> NotData =
        [".discard", "__ksymtab", "__kcrctab", ".modinfo", ".export_symbol", "__dyndbg", "__bug_table", ".initcall", ".exitcall", ".init.setup", "__param", "___k"];

    private readonly ObjectTables _tables;
    private readonly ImmutableDictionary<int, ImmutableArray<Instruction>> _code;
    private readonly byte[] _bytes;
    private readonly ImmutableDictionary<int, ImmutableArray<Function>> _functions;
    private readonly ImmutableDictionary<int, ImmutableArray<ObjectSymbol>> _data;
    private readonly ImmutableDictionary<int, ImmutableSortedSet<long>> _boundaries;
    private readonly ILookup<Function, string> _attached;

    public ObjectContent(ObjectTables tables, ImmutableDictionary<int, ImmutableArray<Instruction>> code, byte[] bytes)
    {
        _tables = tables;
        _code = code;
        _bytes = bytes;
        _functions = FindFunctions(tables);
        _data = tables.Symbols.Values
            // A compiler's own label, .LC0, has a number for a name: what counts is what stands there.
            .Where(symbol => symbol.Section > 0 && symbol.Type is "OBJECT" or "NOTYPE" or "TLS" && symbol.Name.Length > 0
                && !symbol.Name.StartsWith(".L", StringComparison.Ordinal))
            .GroupBy(symbol => symbol.Section)
            .ToImmutableDictionary(group => group.Key, group => group.OrderBy(s => s.Value).ThenBy(s => s.Name, StringComparer.Ordinal).ToImmutableArray());
        _boundaries = FindBoundaries();
        _attached = ReadCodeTables();
    }

    /// <summary>The functions and the named data.</summary>
    /// <returns>By name.</returns>
    public ImmutableSortedDictionary<string, CompiledSymbol> Symbols()
    {
        SortedDictionary<string, CompiledSymbol> symbols = new(StringComparer.Ordinal);
        foreach (Function function in _functions.OrderBy(pair => pair.Key).SelectMany(pair => pair.Value))
            Add(new CompiledSymbol(function.Name, SymbolKind.Function, function.End - function.Start, Describe(function)));
        foreach (ObjectSymbol data in _data.OrderBy(pair => pair.Key).SelectMany(pair => pair.Value).Where(IsNamedData))
            Add(new CompiledSymbol(data.Name, SymbolKind.Data, data.Size, Bytes(_tables.Sections[data.Section], data.Value, data.Size, null, 0)));
        return symbols.ToImmutableSortedDictionary(StringComparer.Ordinal);

        void Add(CompiledSymbol symbol)
        {
            string name = symbol.Name;
            for (int number = 2; !symbols.TryAdd(name, symbol with { Name = name }); number++)
                name = string.Create(CultureInfo.InvariantCulture, $"{symbol.Name}#{number}");
        }
    }

    private bool IsNamedData(ObjectSymbol symbol) =>
        symbol is { Type: "OBJECT", Size: > 0 } && _tables.Sections.TryGetValue(symbol.Section, out ObjectSection? section)
        && section.IsLoaded && !section.IsCode
        && Plain(symbol.Name) == symbol.Name
        && !NotData.Any(prefix => section.Name.StartsWith(prefix, StringComparison.Ordinal));

    private static ImmutableDictionary<int, ImmutableArray<Function>> FindFunctions(ObjectTables tables) => tables.Symbols.Values
        .Where(symbol => symbol.Type == "FUNC" && !symbol.Name.StartsWith("__pfx_", StringComparison.Ordinal)
            && tables.Sections.TryGetValue(symbol.Section, out ObjectSection? section) && section.IsCode)
        .GroupBy(symbol => symbol.Section)
        .ToImmutableDictionary(group => group.Key, group =>
        {
            // Of several names of one place the one that others can see counts.
            ImmutableArray<ObjectSymbol> starts =
            [
                .. group.OrderBy(symbol => symbol.Value).ThenBy(symbol => symbol.Bind == "LOCAL").ThenBy(symbol => symbol.Name, StringComparer.Ordinal)
                    .DistinctBy(symbol => symbol.Value),
            ];
            return starts.Select((symbol, at) => new Function(symbol.Name, symbol.Section, symbol.Value, symbol.Size > 0 ? symbol.Value + symbol.Size
                : at + 1 < starts.Length ? starts[at + 1].Value : tables.Sections[symbol.Section].Size)).ToImmutableArray();
        });

    /// <summary>Where something begins in a section of constants: nameless ones end where the next begins.</summary>
    private ImmutableDictionary<int, ImmutableSortedSet<long>> FindBoundaries()
    {
        Dictionary<int, SortedSet<long>> boundaries = [];
        foreach ((int index, ImmutableArray<ObjectSymbol> symbols) in _data)
            Of(index).UnionWith(symbols.Select(symbol => symbol.Value));
        foreach ((int index, ImmutableArray<ObjectRelocation> relocations) in _tables.Relocations)
        {
            foreach (ObjectRelocation relocation in relocations)
            {
                if (Target(relocation, index) is (int section, long offset))
                    Of(section).Add(offset);
            }
        }

        return boundaries.ToImmutableDictionary(pair => pair.Key, pair => pair.Value.ToImmutableSortedSet());

        SortedSet<long> Of(int index) => boundaries.TryGetValue(index, out SortedSet<long>? found) ? found : boundaries[index] = [];
    }

    private ILookup<Function, string> ReadCodeTables()
    {
        List<(Function, string)> attached = [];
        foreach ((int index, ImmutableArray<ObjectRelocation> relocations) in _tables.Relocations.OrderBy(pair => pair.Key))
        {
            if (!_tables.Sections.TryGetValue(index, out ObjectSection? section) || !CodeTables.TryGetValue(section.Name, out int each)
                || relocations.Length % each != 0 || section.Size % (relocations.Length / each) != 0)
            {
                continue;
            }

            long size = section.Size / (relocations.Length / each);
            foreach (IGrouping<long, ObjectRelocation> entry in relocations.GroupBy(relocation => relocation.Offset / size))
            {
                if (Target(entry.First(), index) is not (int place, long offset) || FindFunction(place, offset) is not { } function)
                    continue;
                string text = section.Name + " " + Bytes(section, entry.Key * size, size, function, 1);
                if (section.Name == ".altinstructions" && Target(entry.Last(), index) is (int other, long begin))
                    text += " by " + Bytes(_tables.Sections[other], begin, _bytes[section.Offset + ((entry.Key + 1) * size) - 1], function, 1);
                attached.Add((function, text));
            }
        }

        return attached.ToLookup(one => one.Item1, one => one.Item2);
    }

    private string Describe(Function function)
    {
        List<string> lines = [];
        ImmutableArray<ObjectRelocation> relocations = _tables.Relocations.GetValueOrDefault(function.Section, []);
        int next = FirstAfter(relocations, relocation => relocation.Offset, function.Start - 1);
        ImmutableArray<Instruction> code = _code.GetValueOrDefault(function.Section, []);
        for (int at = FirstAfter(code, one => one.Address, function.Start - 1); at < code.Length && code[at].Address < function.End; at++)
        {
            Instruction instruction = code[at];
            List<string> references = [];
            for (; next < relocations.Length && relocations[next].Offset < instruction.End; next++)
                references.Add($"{{{relocations[next].Type} {Resolve(relocations[next], function.Section, function, 0)}}}");
            lines.Add(references.Count == 0
                ? WithoutAddresses(instruction.Text, function)
                : $"{Reference.Replace(Comment.Replace(instruction.Text, ""), "")} {string.Join(' ', references)}");
            if (references.Any(reference => LineTakers.Any(taker => reference.EndsWith($" {taker}}}", StringComparison.Ordinal))))
                ForgetLine(lines);
        }

        lines.AddRange(_attached[function]);
        return string.Join('\n', lines);
    }

    // The second argument of the call that the last line is.
    private static void ForgetLine(List<string> lines)
    {
        for (int at = lines.Count - 2; at >= Math.Max(0, lines.Count - 10) && !lines[at].StartsWith("call", StringComparison.Ordinal); at--)
        {
            if (!SecondArgument.IsMatch(lines[at]))
                continue;
            lines[at] = SecondArgument.Replace(lines[at], "${before}LINE${after}");
            return;
        }
    }

    private string WithoutAddresses(string text, Function function)
    {
        // The assembler resolves by itself what lies in one section.
        return Reference.Replace(text, match =>
            Where(function.Section, long.Parse(match.Groups["address"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture), function, 0));
    }

    private string Resolve(ObjectRelocation relocation, int from, Function? function, int depth)
    {
        if (Target(relocation, from) is (int section, long offset))
            return Where(section, offset, function, depth);
        string name = _tables.Symbols.TryGetValue(relocation.Symbol, out ObjectSymbol? symbol) ? Plain(symbol.Name) : "";
        long addend = Corrected(relocation, from);
        return addend == 0 ? name : $"{name}{Offset(addend)}";
    }

    /// <summary>Section and offset that a relocation leads to, or null for what another object defines.</summary>
    private (int Section, long Offset)? Target(ObjectRelocation relocation, int from) =>
        _tables.Symbols.TryGetValue(relocation.Symbol, out ObjectSymbol? symbol) && _tables.Sections.ContainsKey(symbol.Section) && symbol.Section > 0
            ? (symbol.Section, symbol.Value + Corrected(relocation, from))
            : null;

    private long Corrected(ObjectRelocation relocation, int from)
    {
        if (!relocation.CountsFromPlace || !_tables.Sections.TryGetValue(from, out ObjectSection? section) || !section.IsCode)
            return relocation.Addend;
        ImmutableArray<Instruction> code = _code.GetValueOrDefault(from, []);
        int at = FirstAfter(code, instruction => instruction.End, relocation.Offset);
        return relocation.Addend + (at < code.Length ? code[at].End - relocation.Offset : 4);
    }

    private string Where(int index, long offset, Function? function, int depth)
    {
        ObjectSection section = _tables.Sections[index];
        if (section.IsCode)
        {
            if (function is not null && function.Section == index && offset >= function.Start && offset <= function.End)
                return Offset(offset - function.Start);
            return FindFunction(index, offset) is not { } other ? section.Name
                : offset == other.Start ? other.Name
                : $"{other.Name}{Offset(offset - other.Start)}";
        }

        if (section.HoldsStrings)
            return Quote(section, offset);
        ImmutableArray<ObjectSymbol> symbols = FindData(index, offset);
        ObjectSymbol? symbol = symbols.FirstOrDefault(one => one.Size > 0) ?? symbols.FirstOrDefault();
        bool numbered = symbol is not null && Plain(symbol.Name) != symbol.Name;
        if (symbol is not null && !(numbered && section.IsConstant))
        {
            // An empty object, as lockdep's keys are without lockdep, lies where the next begins: which of the two is meant cannot be told.
            return CompiledSymbol.Mark(symbols.Select(one => Plain(one.Name) + (offset == one.Value ? "" : Offset(offset - one.Value))));
        }

        if (!section.IsConstant || offset < 0 || offset >= section.Size || depth >= Deepest)
            return section.Name;
        if (symbol is not null)
        {
            string place = offset == symbol.Value ? "" : Offset(offset - symbol.Value);
            return $"{Plain(symbol.Name)}{place}=({Bytes(section, symbol.Value, symbol.Size, function, depth + 1)})";
        }

        return $"({Bytes(section, offset, LengthOfConstant(section, offset), function, depth + 1)})";
    }

    private long LengthOfConstant(ObjectSection section, long offset)
    {
        if (section.IsMerged && section.EntrySize > 0)
            return section.EntrySize;
        ImmutableSortedSet<long> starts = _boundaries.GetValueOrDefault(section.Index, []);
        int at = starts.IndexOf(offset);
        long end = at >= 0 && at + 1 < starts.Count ? starts[at + 1] : section.Size;
        return Math.Min(Math.Min(end, section.Size) - offset, LongestConstant);
    }

    private string Quote(ObjectSection section, long offset)
    {
        if (offset < 0 || offset >= section.Size)
            return section.Name;
        ReadOnlySpan<byte> rest = _bytes.AsSpan((int)(section.Offset + offset), (int)(section.Size - offset));
        int end = rest.IndexOf((byte)0);
        return $"\"{Encoding.Latin1.GetString(end < 0 ? rest : rest[..end]).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
    }

    private string Bytes(ObjectSection section, long start, long length, Function? function, int depth)
    {
        if (section.Type == "NOBITS")
            return "zeros";
        length = Math.Max(0, Math.Min(length, section.Size - start));
        byte[] bytes = _bytes.AsSpan((int)(section.Offset + start), (int)length).ToArray();
        StringBuilder references = new();
        foreach (ObjectRelocation relocation in _tables.Relocations.GetValueOrDefault(section.Index, []))
        {
            if (relocation.Offset < start || relocation.Offset >= start + length)
                continue;
            int at = (int)(relocation.Offset - start);
            bytes.AsSpan(at, Math.Min(relocation.Width, bytes.Length - at)).Clear();
            // An entry of a table of jumps relative to the table's beginning carries its own place in the addend.
            ObjectRelocation read = relocation.CountsFromPlace && section.IsConstant && !section.IsCode && !CodeTables.ContainsKey(section.Name)
                ? relocation with { Addend = relocation.Addend - at } : relocation;
            references.Append(CultureInfo.InvariantCulture, $" {at:x}:{(depth < Deepest ? Resolve(read, section.Index, function, depth + 1) : "")}");
        }

        return Convert.ToHexStringLower(bytes) + references;
    }

    private Function? FindFunction(int section, long offset)
    {
        ImmutableArray<Function> functions = _functions.GetValueOrDefault(section, []);
        int at = FirstAfter(functions, function => function.Start, offset) - 1;
        return at >= 0 && offset < functions[at].End ? functions[at] : null;
    }

    /// <summary>The index of the first element whose value is greater; the elements are in the order of it.</summary>
    private static int FirstAfter<T>(ImmutableArray<T> sorted, Func<T, long> value, long than)
    {
        int low = 0;
        for (int high = sorted.Length; low < high;)
        {
            int middle = (low + high) / 2;
            if (value(sorted[middle]) <= than)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private ImmutableArray<ObjectSymbol> FindData(int section, long offset) =>
    [
        .. _data.GetValueOrDefault(section, []).Where(symbol => symbol.Value == offset || (symbol.Value < offset && offset < symbol.Value + symbol.Size)),
    ];

    private static string Offset(long offset) => offset < 0
        ? string.Create(CultureInfo.InvariantCulture, $"-0x{-offset:x}")
        : string.Create(CultureInfo.InvariantCulture, $"+0x{offset:x}");

    /// <summary>A name without the number that a compiler or __COUNTER__ gave it: another local object above changes all those below.</summary>
    private static string Plain(string name) => Number.Replace(name, "");

    [GeneratedRegex(@"\.\d+$|(?<=^__UNIQUE_ID_\D*)\d+$|(?<=^__UNIQUE_ID_.+)\d+$")]
    private static partial Regex Number { get; }

    [GeneratedRegex(@"\s+# .*$")]
    private static partial Regex Comment { get; }

    [GeneratedRegex(@"\b(?<address>[0-9a-f]+) <[^>]*>")]
    private static partial Regex Reference { get; }

    [GeneratedRegex(@"^(?<before>mov\w*\s+\$)0x[0-9a-f]+(?<after>,%esi)$|^(?<before>mov\s+w1, #)0x[0-9a-f]+(?<after>.*)$")]
    private static partial Regex SecondArgument { get; }

    private sealed record Function(string Name, int Section, long Start, long End);
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace EveKernel.Core.Gates;

/// <summary>The instructions of an object's sections as <c>objdump -d</c> prints them.</summary>
internal static partial class CodeListing
{
    /// <summary>Reads a listing.</summary>
    /// <param name="output">objdump's output.</param>
    /// <param name="tables">The object's tables.</param>
    /// <returns>The instructions of each section, by its index, in order.</returns>
    public static ImmutableDictionary<int, ImmutableArray<Instruction>> Parse(string output, ObjectTables tables)
    {
        // Sections of one name come in the order of their indices.
        Dictionary<string, Queue<int>> byName = tables.Sections.Values.Where(section => section.IsCode && section.Size > 0)
            .OrderBy(section => section.Index)
            .GroupBy(section => section.Name)
            .ToDictionary(group => group.Key, group => new Queue<int>(group.Select(section => section.Index)), StringComparer.Ordinal);
        Dictionary<int, List<(long Address, string Text)>> lines = [];
        List<(long, string)> current = [];
        foreach (string line in output.Split('\n'))
        {
            if (Heading.Match(line) is { Success: true } heading)
            {
                current = [];
                if (byName.TryGetValue(heading.Groups["name"].Value, out Queue<int>? indices) && indices.TryDequeue(out int index))
                    lines[index] = current;
            }
            else if (Line.Match(line) is { Success: true } instruction)
            {
                long address = long.Parse(instruction.Groups["address"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                current.Add((address, instruction.Groups["text"].Value.TrimEnd()));
            }
        }

        return lines.ToImmutableDictionary(
            pair => pair.Key,
            pair =>
            {
                IEnumerable<long> ends = pair.Value.Skip(1).Select(line => line.Address).Append(tables.Sections[pair.Key].Size);
                return pair.Value.Zip(ends, (line, end) => new Instruction(line.Address, end, line.Text)).ToImmutableArray();
            });
    }

    [GeneratedRegex(@"^Disassembly of section (?<name>.+):$")]
    private static partial Regex Heading { get; }

    [GeneratedRegex(@"^\s*(?<address>[0-9a-f]+):\t(?<text>.*)$")]
    private static partial Regex Line { get; }
}

/// <summary>An instruction.</summary>
/// <param name="Address">Where it begins in its section.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Text">objdump's text.</param>
internal sealed record Instruction(long Address, long End, string Text);

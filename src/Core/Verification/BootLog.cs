using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EveKernel.Core.Verification;

/// <summary>What a machine's console says: the reproducer's own lines (<c>evk-verify</c> and a flat JSON object), among the kernel's.</summary>
public sealed partial record BootLog
{
    private const string Mark = "evk-verify {";

    /// <summary>The lines, as they came.</summary>
    public required ImmutableArray<string> Lines { get; init; }

    /// <summary>The reproducer's first line, or null when it never came to speak.</summary>
    public ProtocolLine? Begin { get; init; }

    /// <summary>The last sign of life of the check that was running.</summary>
    public ProtocolLine? Progress { get; init; }

    /// <summary>The results, by check.</summary>
    public required ImmutableSortedDictionary<string, ProtocolLine> Results { get; init; }

    /// <summary>The reproducer's last line, or null.</summary>
    public ProtocolLine? End { get; init; }

    /// <summary>Lines of the reproducer that are not whole, as when the kernel spoke in between.</summary>
    public required ImmutableArray<string> Garbled { get; init; }

    /// <summary>What the kernel says when it panics, or null.</summary>
    public string? Panic { get; init; }

    /// <summary>Reads a console.</summary>
    /// <param name="lines">Its lines.</param>
    /// <returns>What it says.</returns>
    public static BootLog Parse(IEnumerable<string> lines)
    {
        ImmutableArray<string> all = [.. lines];
        List<string> garbled = [];
        List<ProtocolLine> said = [];
        foreach (string line in all)
        {
            int mark = line.IndexOf(Mark, StringComparison.Ordinal);
            if (mark < 0)
                continue;
            if (ProtocolLine.TryParse(line[(mark + Mark.Length - 1)..]) is { } parsed)
                said.Add(parsed);
            else
                garbled.Add(line);
        }

        return new BootLog
        {
            Lines = all,
            Begin = said.FirstOrDefault(line => line.Event == "begin"),
            Progress = said.LastOrDefault(line => line.Event == "progress"),
            Results = said.Where(line => line.Event == "result")
                .GroupBy(line => line.Text("check"))
                .ToImmutableSortedDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal),
            End = said.LastOrDefault(line => line.Event == "end"),
            Garbled = [.. garbled],
            Panic = all.Select(line => PanicLine().Match(line)).FirstOrDefault(match => match.Success)?.Groups[1].Value.Trim(),
        };
    }

    [GeneratedRegex(@"Kernel panic - not syncing: (.*)$")]
    private static partial Regex PanicLine();
}

/// <summary>A line of the reproducer's.</summary>
/// <param name="Event">begin, progress, result or end.</param>
/// <param name="Values">All members of the object.</param>
public sealed record ProtocolLine(string Event, ImmutableSortedDictionary<string, JsonElement> Values)
{
    /// <summary>Reads one.</summary>
    /// <param name="json">The object.</param>
    /// <returns>The line, or null when it is not a whole, flat object with an event.</returns>
    public static ProtocolLine? TryParse(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            ImmutableSortedDictionary<string, JsonElement> values = document.RootElement.EnumerateObject()
                .ToImmutableSortedDictionary(member => member.Name, member => member.Value.Clone(), StringComparer.Ordinal);
            bool flat = values.Values.All(value => value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array));
            return flat && values.TryGetValue("event", out JsonElement name) && name.ValueKind == JsonValueKind.String
                ? new ProtocolLine(name.GetString()!, values)
                : null;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>A word, or the empty one when it is not there.</summary>
    /// <param name="name">The member.</param>
    /// <returns>The word.</returns>
    public string Text(string name) => Values.TryGetValue(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    /// <summary>A number; a count that was not given is 0, so that it can never bear anything out.</summary>
    /// <param name="name">The member.</param>
    /// <returns>The number.</returns>
    public long Count(string name) => Values.TryGetValue(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
        ? number
        : 0;

    /// <summary>A truth value, or null when it is not there.</summary>
    /// <param name="name">The member.</param>
    /// <returns>The value.</returns>
    public bool? Flag(string name) => Values.TryGetValue(name, out JsonElement value) ? value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    }
    : null;
}

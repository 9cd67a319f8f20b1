using System.Collections.Immutable;
using System.Text.Json;

namespace EveKernel.Core.Feeds;

/// <summary>What differs between two manifests, for people.</summary>
public static class ManifestDifference
{
    private const int Most = 8;

    /// <summary>Compares two manifests.</summary>
    /// <param name="expected">The text of the one.</param>
    /// <param name="found">The text of the other.</param>
    /// <returns>A line each member that differs, such as <c>kernelRelease "a" → "b"</c>; at most eight and a last one that counts the rest.</returns>
    public static ImmutableArray<string> Between(string expected, string found)
    {
        using JsonDocument left = JsonDocument.Parse(expected);
        using JsonDocument right = JsonDocument.Parse(found);
        string[] lines = [.. Compare("", left.RootElement, right.RootElement)];
        return lines.Length <= Most ? [.. lines] : [.. lines.Take(Most), $"and {lines.Length - Most} more"];
    }

    private static IEnumerable<string> Compare(string path, JsonElement? left, JsonElement? right)
    {
        if (left is { ValueKind: JsonValueKind.Object } && right is { ValueKind: JsonValueKind.Object })
        {
            return Names(left.Value).Union(Names(right.Value))
                .SelectMany(name => Compare($"{path}.{name}".TrimStart('.'), Member(left.Value, name), Member(right.Value, name)));
        }

        if (left is { ValueKind: JsonValueKind.Array } && right is { ValueKind: JsonValueKind.Array })
            return CompareLists(path, [.. left.Value.EnumerateArray()], [.. right.Value.EnumerateArray()]);
        (string a, string b) = (left?.GetRawText() ?? "none", right?.GetRawText() ?? "none");
        return a == b ? [] : [$"{path} {a} → {b}"];
    }

    // Files and tools are known by their names, not by their places in the list.
    private static IEnumerable<string> CompareLists(string path, ImmutableArray<JsonElement> left, ImmutableArray<JsonElement> right)
    {
        Dictionary<string, JsonElement> before = Index(left);
        Dictionary<string, JsonElement> after = Index(right);
        foreach (string name in before.Keys.Union(after.Keys))
        {
            JsonElement? a = before.TryGetValue(name, out JsonElement old) ? old : null;
            JsonElement? b = after.TryGetValue(name, out JsonElement now) ? now : null;
            foreach (string line in Compare($"{path}[{name}]", a, b))
                yield return line;
        }
    }

    private static Dictionary<string, JsonElement> Index(ImmutableArray<JsonElement> list)
    {
        Dictionary<string, JsonElement> index = [];
        for (int i = 0; i < list.Length; i++)
        {
            string? name = list[i].ValueKind != JsonValueKind.Object ? null
                : list[i].TryGetProperty("path", out JsonElement path) ? path.ToString()
                : list[i].TryGetProperty("name", out JsonElement tool) ? tool.ToString()
                : null;
            index[name ?? $"{i}"] = list[i];
        }

        return index;
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(member => member.Name);

    private static JsonElement? Member(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement member) ? member : null;
}

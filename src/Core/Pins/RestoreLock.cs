using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace EveKernel.Core.Pins;

/// <summary>NuGet's packages.lock.json, in which the kernels' entries are changed and nothing else. A kernel's package depends on nothing, so that its entry is all that
/// a restore would write anew.</summary>
internal static class RestoreLock
{
    private static ReadOnlySpan<byte> Mark => [0xef, 0xbb, 0xbf];

    /// <summary>Changes the entries of one kernel.</summary>
    /// <param name="content">The file's bytes.</param>
    /// <param name="id">The package's id.</param>
    /// <param name="from">The version that it has.</param>
    /// <param name="to">The version that it gets.</param>
    /// <param name="contentHash">The new package's digest, as NuGet writes it.</param>
    /// <returns>The new bytes, or null when the file has no such entry.</returns>
    internal static byte[]? Change(byte[] content, string id, string from, string to, string contentHash)
    {
        int skip = content.AsSpan().StartsWith(Mark) ? Mark.Length : 0;
        List<Value> values = Read(content.AsSpan(skip), skip);
        List<(Value Place, string Text)> changes = [];
        foreach (IGrouping<string, Value> entry in values.Where(value => value.Parents is [.., { } name] && Same(name, id)).GroupBy(value => string.Join('\n', value.Parents)))
        {
            if (!entry.Any(value => value.Name == "resolved" && Same(value.Text, from)))
                continue;
            foreach (Value value in entry)
            {
                string? text = value.Name switch
                {
                    "requested" => value.Text.Replace(from, to, StringComparison.OrdinalIgnoreCase),
                    "resolved" => to,
                    "contentHash" => contentHash,
                    _ => null,
                };
                if (text is not null)
                    changes.Add((value, text));
            }
        }

        // What a project of the same solution asks for.
        changes.AddRange(values.Where(value => Same(value.Name, id) && value.Parents is [.., "dependencies"] && value.Text.Contains(from, StringComparison.OrdinalIgnoreCase))
            .Select(value => (value, value.Text.Replace(from, to, StringComparison.OrdinalIgnoreCase))));
        if (changes.Count == 0)
            return null;
        using MemoryStream changed = new();
        int at = 0;
        foreach ((Value place, string text) in changes.OrderBy(change => change.Place.Begin))
        {
            changed.Write(content.AsSpan(at, place.Begin - at));
            changed.Write(Encoding.UTF8.GetBytes(text));
            at = place.Begin + place.Length;
        }

        changed.Write(content.AsSpan(at));
        return changed.ToArray();
    }

    private static List<Value> Read(ReadOnlySpan<byte> json, int skip)
    {
        List<Value> values = [];
        List<string> parents = [];
        string name = "";
        Utf8JsonReader reader = new(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    parents.Add(name);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    parents.RemoveAt(parents.Count - 1);
                    break;
                case JsonTokenType.PropertyName:
                    name = reader.GetString()!;
                    break;
                case JsonTokenType.String:
                    // Between the quotes.
                    values.Add(new Value([.. parents], name, reader.GetString()!, skip + (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length));
                    break;
            }
        }

        return values;
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private sealed record Value(ImmutableArray<string> Parents, string Name, string Text, int Begin, int Length);
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EveKernel.Core.Gates;

/// <summary>Which functions and named data differ between two compilations.</summary>
/// <param name="Changes">What differs, by object and name.</param>
/// <param name="Objects">How many objects were compared.</param>
public sealed record SymbolDiff(ImmutableArray<SymbolChange> Changes, int Objects)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Compares objects. Those that are equal byte for byte are not looked into.</summary>
    /// <param name="reader">Reads objects.</param>
    /// <param name="beforeFolder">The folder of the ones.</param>
    /// <param name="before">The ones, relative to it.</param>
    /// <param name="afterFolder">The folder of the others.</param>
    /// <param name="after">The others, relative to it.</param>
    /// <param name="jobs">How many at once.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What differs.</returns>
    public static async Task<SymbolDiff> CompareAsync(
        ObjectReader reader,
        string beforeFolder,
        IReadOnlyCollection<string> before,
        string afterFolder,
        IReadOnlyCollection<string> after,
        int jobs,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ConcurrentBag<SymbolChange> changes = [];
        ImmutableArray<string> all = [.. before.Union(after, StringComparer.Ordinal)];
        ParallelOptions options = new() { MaxDegreeOfParallelism = jobs, CancellationToken = cancellation };
        await Parallel.ForEachAsync(all, options, async (name, token) =>
        {
            string? old = before.Contains(name) ? Path.Combine(beforeFolder, name) : null;
            string? now = after.Contains(name) ? Path.Combine(afterFolder, name) : null;
            if (old is not null && now is not null && await AreEqualAsync(old, now, token).ConfigureAwait(false))
                return;
            ImmutableSortedDictionary<string, CompiledSymbol> none = ImmutableSortedDictionary.Create<string, CompiledSymbol>(StringComparer.Ordinal);
            foreach (SymbolChange change in Compare(
                name,
                old is null ? none : await reader.ReadAsync(old, token).ConfigureAwait(false),
                now is null ? none : await reader.ReadAsync(now, token).ConfigureAwait(false)))
            {
                changes.Add(change);
            }
        }).ConfigureAwait(false);
        return new SymbolDiff(
            [.. changes.OrderBy(change => change.File, StringComparer.Ordinal).ThenBy(change => change.Symbol, StringComparer.Ordinal)],
            all.Length);
    }

    /// <summary>Compares one object's symbols.</summary>
    /// <param name="name">The object's name.</param>
    /// <param name="before">The ones.</param>
    /// <param name="after">The others.</param>
    /// <returns>What differs.</returns>
    public static IEnumerable<SymbolChange> Compare(
        string name, ImmutableSortedDictionary<string, CompiledSymbol> before, ImmutableSortedDictionary<string, CompiledSymbol> after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        foreach (string symbol in before.Keys.Union(after.Keys, StringComparer.Ordinal))
        {
            CompiledSymbol? old = before.GetValueOrDefault(symbol);
            CompiledSymbol? now = after.GetValueOrDefault(symbol);
            if (old is not null && now is not null && old.IsSameAs(now))
                continue;
            ChangeKind kind = old is null ? ChangeKind.Added : now is null ? ChangeKind.Removed : ChangeKind.Changed;
            yield return new SymbolChange(name, symbol, (now ?? old)!.Kind, kind, old?.Size, now?.Size);
        }
    }

    /// <summary>The differences for a reader.</summary>
    /// <returns>Lines; the first says how much there is.</returns>
    public IEnumerable<string> ToTable()
    {
        int objects = Changes.Select(change => change.File).Distinct().Count();
        int functions = Changes.Count(change => change.Kind == SymbolKind.Function);
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"The series changes {functions} functions and {Changes.Length - functions} objects of data, in {objects} of {Objects} compiled files.");
        if (Changes.IsEmpty)
            yield break;
        ImmutableArray<string[]> rows =
        [
            ["object", "symbol", "kind", "change", "before", "after"],
            .. Changes.Select(change => new[]
            {
                change.File, change.Symbol, Word(change.Kind), Word(change.Change), Number(change.SizeBefore), Number(change.SizeAfter),
            }),
        ];
        ImmutableArray<int> widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
            yield return "  " + string.Join("  ", row.Select((cell, column) => column < 4 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd();
    }

    /// <summary>The differences for a program.</summary>
    /// <param name="baseTree">The id of the tree without the series.</param>
    /// <param name="patchedTree">The id of the tree with it.</param>
    /// <returns>A document.</returns>
    public string ToJson(string baseTree, string patchedTree) =>
        JsonSerializer.Serialize(new { Schema = 1, BaseTree = baseTree, PatchedTree = patchedTree, Objects, Changes }, Json) + "\n";

    private static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Number(long? size) => size?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static async Task<bool> AreEqualAsync(string one, string other, CancellationToken cancellation)
    {
        if (new FileInfo(one).Length != new FileInfo(other).Length)
            return false;
        byte[] bytes = await File.ReadAllBytesAsync(one, cancellation).ConfigureAwait(false);
        byte[] others = await File.ReadAllBytesAsync(other, cancellation).ConfigureAwait(false);
        return bytes.AsSpan().SequenceEqual(others);
    }
}

/// <summary>A difference.</summary>
/// <param name="File">The object, relative to <c>O=</c>.</param>
/// <param name="Symbol">The function or data.</param>
/// <param name="Kind">Which of the two.</param>
/// <param name="Change">What became of it.</param>
/// <param name="SizeBefore">Its size in bytes without the series, or null.</param>
/// <param name="SizeAfter">Its size in bytes with it, or null.</param>
public sealed record SymbolChange(string File, string Symbol, SymbolKind Kind, ChangeKind Change, long? SizeBefore, long? SizeAfter);

/// <summary>What became of a symbol.</summary>
public enum ChangeKind
{
    /// <summary>It is new.</summary>
    Added,

    /// <summary>It is gone.</summary>
    Removed,

    /// <summary>It has another content.</summary>
    Changed,
}

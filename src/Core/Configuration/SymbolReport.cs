using System.Collections.Immutable;

namespace EveKernel.Core.Configuration;

/// <summary>What the tree's own Kconfig parser says of one symbol.</summary>
/// <param name="Name">The symbol, without <c>CONFIG_</c>.</param>
/// <param name="Type"><c>bool</c>, <c>tristate</c>, <c>integer</c>, <c>hex</c>, <c>string</c>, or <c>unknown</c>.</param>
/// <param name="Value">Its value.</param>
/// <param name="Visibility"><c>y</c>, <c>m</c>, <c>n</c>, or <c>none</c> for a symbol that nobody can set by hand.</param>
/// <param name="Unmet">The parts of its dependencies that keep it below the value asked for, with their values.</param>
/// <param name="SelectedBy">What selects it, with values.</param>
/// <param name="ChosenInstead">The other member of its choice that is set, or empty.</param>
public sealed record SymbolReport(string Name, string Type, string Value, string Visibility, string Unmet, string SelectedBy, string ChosenInstead)
{
    /// <summary>Whether any Kconfig file of the tree defines it.</summary>
    public bool Exists => Type != "unknown";
}

/// <summary>The helper's answer to all questions of one configuration.</summary>
/// <param name="Symbols">By name.</param>
/// <param name="AllNames">Every symbol of the tree, when one that was asked for does not exist; else empty.</param>
public sealed record SymbolReports(ImmutableDictionary<string, SymbolReport> Symbols, ImmutableArray<string> AllNames)
{
    /// <summary>Parses what evk-kconfig wrote.</summary>
    /// <param name="lines">Its lines.</param>
    /// <returns>The answer.</returns>
    public static SymbolReports Parse(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        ImmutableDictionary<string, SymbolReport>.Builder symbols = ImmutableDictionary.CreateBuilder<string, SymbolReport>(StringComparer.Ordinal);
        SortedSet<string> names = new(StringComparer.Ordinal);
        foreach (string[] fields in lines.Select(line => line.Split('\t')))
        {
            if (fields is ["name", string name])
                names.Add(name);
            else if (fields is ["symbol", string symbol, string type, string value, string visibility, string unmet, string selected, string chosen])
                symbols[symbol] = new SymbolReport(symbol, type, value, visibility, unmet, selected, chosen);
        }

        return new SymbolReports(symbols.ToImmutable(), [.. names]);
    }

    /// <summary>The existing symbol whose name is nearest.</summary>
    /// <param name="name">The name that does not exist.</param>
    /// <returns>The nearest, or null when none is near enough to have been meant.</returns>
    public string? Nearest(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        (string Name, int Distance) best = AllNames.Select(other => (Name: other, Distance: Distance(name, other)))
            .DefaultIfEmpty((Name: "", Distance: int.MaxValue))
            .MinBy(pair => pair.Distance);
        return best.Distance <= Math.Max(2, name.Length / 3) ? best.Name : null;
    }

    private static int Distance(string left, string right)
    {
        int[] previous = [.. Enumerable.Range(0, right.Length + 1)];
        int[] current = new int[right.Length + 1];
        for (int i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int replace = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                current[j] = Math.Min(replace, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[right.Length];
    }
}

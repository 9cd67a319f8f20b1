using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;

namespace EveKernel.Core.Configuration;

/// <summary>A finished <c>.config</c>.</summary>
public sealed class ConfigFile
{
    private readonly FrozenDictionary<string, string> _values;

    private ConfigFile(FrozenDictionary<string, string> values, ImmutableArray<string> names) => (_values, Names) = (values, names);

    /// <summary>A symbol's value as the file has it; <c>n</c> when the symbol is off or absent.</summary>
    /// <param name="name">The symbol, without <c>CONFIG_</c>.</param>
    public string this[string name] => _values.GetValueOrDefault(name, "n");

    /// <summary>Reads one.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Its values.</returns>
    public static ConfigFile Read(string path)
    {
        using StreamReader reader = new(path);
        return Parse(reader);
    }

    /// <summary>Reads one.</summary>
    /// <param name="text">Its text.</param>
    /// <returns>Its values.</returns>
    public static ConfigFile Parse(TextReader text)
    {
        ArgumentNullException.ThrowIfNull(text);
        OrderedDictionary<string, string> values = new(StringComparer.Ordinal);
        while (text.ReadLine() is { } line)
        {
            if (line.StartsWith("CONFIG_", StringComparison.Ordinal) && line.IndexOf('=', StringComparison.Ordinal) is > 0 and int equals)
                values[line["CONFIG_".Length..equals]] = line[(equals + 1)..];
            else if (line.StartsWith("# CONFIG_", StringComparison.Ordinal) && line.EndsWith(" is not set", StringComparison.Ordinal))
                values[line["# CONFIG_".Length..^" is not set".Length]] = "n";
        }

        return new ConfigFile(values.ToFrozenDictionary(StringComparer.Ordinal), [.. values.Keys]);
    }

    /// <summary>Whether the file has a line for a symbol, also one that says that it is not set. A symbol without a line may be one that the tree does not know.</summary>
    /// <param name="name">The symbol, without <c>CONFIG_</c>.</param>
    /// <returns>True when it has.</returns>
    public bool Mentions(string name) => _values.ContainsKey(name);

    /// <summary>The symbols that the file has a line for, in its order.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>Whether a symbol is set to y.</summary>
    /// <param name="name">The symbol, without <c>CONFIG_</c>.</param>
    /// <returns>True for y only.</returns>
    public bool IsBuiltIn(string name) => this[name] == "y";

    /// <summary>Whether two values mean the same: kconfig writes a hexadecimal number as it was first given.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they do.</returns>
    internal static bool SameValue(string left, string right) =>
        left == right || (Number(left) is { } one && Number(right) is { } other && one == other);

    private static ulong? Number(string text) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : null;
}

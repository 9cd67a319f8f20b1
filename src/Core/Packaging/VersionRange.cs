using System.Globalization;

namespace EveKernel.Core.Packaging;

/// <summary>A range of versions as NuGet writes it: <c>[12,13)</c>, <c>[12.2]</c>, <c>(,13)</c>, or <c>12</c> for that and later.</summary>
public sealed class VersionRange
{
    private readonly string _text;
    private readonly int[]? _low;
    private readonly int[]? _high;
    private readonly bool _lowIsIn;
    private readonly bool _highIsIn;

    private VersionRange(string text, int[]? low, int[]? high, bool lowIsIn, bool highIsIn) =>
        (_text, _low, _high, _lowIsIn, _highIsIn) = (text, low, high, lowIsIn, highIsIn);

    /// <summary>Reads a range.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The range, or null when the text is none.</returns>
    public static VersionRange? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Parse(text) is { } floor)
            return new VersionRange(text, floor, null, lowIsIn: true, highIsIn: false);
        if (text.Length < 3 || text[0] is not ('[' or '(') || text[^1] is not (']' or ')'))
            return null;
        string[] ends = text[1..^1].Split(',');
        (bool lowIsIn, bool highIsIn) = (text[0] == '[', text[^1] == ']');
        if (ends.Length == 1)
            return lowIsIn && highIsIn && Parse(ends[0].Trim()) is { } only ? new VersionRange(text, only, only, lowIsIn, highIsIn) : null;
        int[]?[] parsed = [.. ends.Select(end => Parse(end.Trim()))];
        bool valid = ends.Length == 2
            && ends.Zip(parsed).All(pair => pair.Second is not null || pair.First.Trim().Length == 0) && parsed.Any(end => end is not null);
        return valid ? new VersionRange(text, parsed[0], parsed[1], lowIsIn, highIsIn) : null;
    }

    /// <summary>Whether the range holds a version. <c>12</c> and <c>12.0</c> are the same.</summary>
    /// <param name="version">Numbers with dots between them.</param>
    /// <returns>True when it does.</returns>
    public bool Contains(string version)
    {
        int[] value = Parse(version) ?? throw new FormatException($"'{version}' is no version.");
        int low = _low is null ? 1 : Compare(value, _low);
        int high = _high is null ? -1 : Compare(value, _high);
        return (low > 0 || (low == 0 && _lowIsIn)) && (high < 0 || (high == 0 && _highIsIn));
    }

    /// <inheritdoc />
    public override string ToString() => _text;

    private static int Compare(int[] a, int[] b) => Enumerable.Range(0, Math.Max(a.Length, b.Length))
        .Select(i => a.ElementAtOrDefault(i).CompareTo(b.ElementAtOrDefault(i)))
        .FirstOrDefault(order => order != 0);

    private static int[]? Parse(string text)
    {
        int[] numbers = [.. text.Split('.').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)];
        return numbers.Contains(-1) ? null : numbers;
    }
}

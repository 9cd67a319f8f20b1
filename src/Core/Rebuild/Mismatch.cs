using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace EveKernel.Core.Rebuild;

/// <summary>A place in which two files differ, and what it tells.</summary>
/// <param name="Inside">The way into the file: members, sections, symbols.</param>
/// <param name="Offset">The first differing byte, counted in what <paramref name="Inside"/> leads to.</param>
/// <param name="First">The first build's bytes from there, at most sixteen.</param>
/// <param name="Second">The second build's.</param>
/// <param name="Leak">The leak that they match.</param>
public sealed record Mismatch(ImmutableArray<string> Inside, long Offset, ImmutableArray<byte> First, ImmutableArray<byte> Second, Leak Leak)
{
    /// <summary>The text that shows the leak in the first build, or empty.</summary>
    public string FirstText { get; init; } = "";

    /// <summary>The same of the second build.</summary>
    public string SecondText { get; init; } = "";

    // ContentComparer names lines of texts only.
    internal bool IsText => !Inside.IsEmpty && Inside[^1].StartsWith("line ", StringComparison.Ordinal);

    // A build id follows from any other difference, and so tells least of all; bytes that only look random may follow from one.
    internal int Rank => Leak switch
    {
        Leak.BuildId => 3,
        Leak.Unknown => 2,
        Leak.RandomKey => FirstText.Length > 0 ? 1 : 2,
        _ => 0,
    };

    /// <summary>The place, the bytes and the leak.</summary>
    /// <returns>A sentence.</returns>
    public string Describe()
    {
        string place = Inside.IsEmpty ? "" : $"{string.Join(" > ", Inside)}, ";
        string texts = FirstText.Length + SecondText.Length == 0 || Leak == Leak.Unknown ? "" : $" ('{Shorten(FirstText)}' and '{Shorten(SecondText)}')";
        return string.Create(CultureInfo.InvariantCulture, $"{place}byte {Offset}: {Show(First)} and {Show(Second)}. This is {Leaks.Describe(Leak)}{texts}.");
    }

    private static string Show(ImmutableArray<byte> bytes)
    {
        if (bytes.IsEmpty)
            return "nothing";
        string text = string.Concat(bytes.Select(value => value is >= 0x20 and < 0x7f ? (char)value : '.'));
        return $"{string.Join(' ', bytes.Select(value => value.ToString("x2", CultureInfo.InvariantCulture)))} '{text}'";
    }

    private static string Shorten(string text) => text.Length <= 120 ? text : new StringBuilder(text, 0, 119, 120).Append('…').ToString();
}

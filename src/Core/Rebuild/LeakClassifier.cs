using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace EveKernel.Core.Rebuild;

/// <summary>Tells which known leak two stretches of bytes match, by what each build has seen of its host.</summary>
/// <param name="first">The first build.</param>
/// <param name="second">The second build.</param>
public sealed partial class LeakClassifier(BuildSide first, BuildSide second)
{
    private const int ShortestRandom = 8;

    /// <summary>Classifies two texts of one place.</summary>
    /// <param name="one">The first build's.</param>
    /// <param name="other">The second build's.</param>
    /// <returns>The leak.</returns>
    public Leak ClassifyText(string one, string other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        if (one == other)
            return Leak.Unknown;
        if (HoldsPath(one, other))
            return Leak.Path;
        if (other.Contains(SecondBuild.Noise, StringComparison.Ordinal) && !one.Contains(SecondBuild.Noise, StringComparison.Ordinal))
            return Leak.Environment;
        if (ToolVersion.Match(one) is { Success: true } tool && tool.Value == ToolVersion.Match(other).Value)
            return Leak.HostTool;
        if (Holds(one, first.Seen.Host, other, second.Seen.Host))
            return Leak.Host;
        if (Holds(one, first.Seen.Kernel, other, second.Seen.Kernel))
            return Leak.HostKernel;
        if (HoldsTime(one, other))
            return Leak.TimeStamp;
        if (Holds(one, first.Seen.User, other, second.Seen.User))
            return Leak.User;
        if (HoldsCounter(one, other))
            return Leak.VersionCounter;
        if (Holds(one, first.Seen.TimeZone, other, second.Seen.TimeZone) || Holds(one, first.Seen.Locale, other, second.Seen.Locale))
            return Leak.Locale;
        if (Holds(one, first.Seen.Umask, other, second.Seen.Umask))
            return Leak.Mode;
        if (Holds(one, $"-j{first.Seen.Jobs}", other, $"-j{second.Seen.Jobs}") || Middles(one, other) == (Number(first.Seen.Jobs), Number(second.Seen.Jobs)))
            return Leak.Jobs;
        if (IsReordered(one, other))
            return Leak.Ordering;
        return IsRandom(one, other) ? Leak.RandomKey : Leak.Unknown;
    }

    /// <summary>Classifies bytes that have no form that is known.</summary>
    /// <param name="one">The first build's.</param>
    /// <param name="other">The second build's.</param>
    /// <returns>The leak, with the texts that show it, if texts do.</returns>
    public (Leak Leak, string One, string Other) ClassifyBytes(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        int at = one.CommonPrefixLength(other);
        (string One, string Other) here = (TextAt(one, at), TextAt(other, at));
        Leak leak = ClassifyText(here.One, here.Other);
        if (leak is not Leak.Unknown and not Leak.RandomKey)
            return (leak, here.One, here.Other);
        // A text of another length moves all that follows, and code that points to it differs before it does.
        if (ClassifyStrings(one, other) is { Leak: not Leak.Unknown } found)
            return found;
        if (IsMoved(one, other))
            return (Leak.Ordering, "", "");
        if (HoldsBinaryTime(one, other, at))
            return (Leak.TimeStamp, "", "");
        return (leak != Leak.Unknown || IsNoise(one, other) ? Leak.RandomKey : Leak.Unknown, here.One, here.Other);
    }

    private (Leak Leak, string One, string Other) ClassifyStrings(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        List<string> ones = Strings(one);
        List<string> others = Strings(other);
        HashSet<string> inOne = [.. ones];
        HashSet<string> inOther = [.. others];
        string[] onlyOne = [.. ones.Where(text => !inOther.Contains(text))];
        string[] onlyOther = [.. others.Where(text => !inOne.Contains(text))];
        if (onlyOne.Length == 0 && onlyOther.Length == 0 && ones.Count > 1 && !ones.SequenceEqual(others))
            return (Leak.Ordering, ones.First(), others.First());
        (Leak Leak, string One, string Other) best = (Leak.Unknown, "", "");
        foreach ((string text, string pair) in onlyOne.Zip(onlyOther).Take(200))
        {
            Leak leak = ClassifyText(text, pair);
            if (leak is not Leak.Unknown and not Leak.RandomKey)
                return (leak, text, pair);
            if (leak == Leak.RandomKey && best.Leak == Leak.Unknown)
                best = (leak, text, pair);
        }

        return best;
    }

    private bool HoldsPath(string one, string other)
    {
        foreach ((string here, string there) in first.Folders.Zip(second.Folders).Where(pair => pair.First.Length > 3 && pair.First != pair.Second))
        {
            bool alone = here.Length > 12 && one.Contains(here, StringComparison.Ordinal) && !other.Contains(here, StringComparison.Ordinal);
            if (Holds(one, here, other, there) || alone)
                return true;
        }

        return second.Folders.Any(
            folder => folder.Length > 12 && other.Contains(folder, StringComparison.Ordinal) && !one.Contains(folder, StringComparison.Ordinal));
    }

    private static bool Holds(string one, string here, string other, string there) =>
        here != there && here.Length > 0 && there.Length > 0 && HoldsWord(one, here) && HoldsWord(other, there)
        && !(HoldsWord(one, there) && HoldsWord(other, here));

    private static bool HoldsWord(string text, string word)
    {
        for (int at = text.IndexOf(word, StringComparison.Ordinal); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.Ordinal))
        {
            bool begins = at == 0 || !char.IsLetterOrDigit(text[at - 1]) || !char.IsLetterOrDigit(word[0]);
            bool ends = at + word.Length == text.Length || !char.IsLetterOrDigit(text[at + word.Length]) || !char.IsLetterOrDigit(word[^1]);
            if (begins && ends)
                return true;
        }

        return false;
    }

    private bool HoldsTime(string one, string other)
    {
        if (((IEnumerable<Regex>)[IsoDate, NamedDate, DayTime]).Any(date => Values(date, one).Except(Values(date, other)).Any() && date.IsMatch(other)))
            return true;
        return first.IsTime(Seconds(one)) && second.IsTime(Seconds(other)) && Seconds(one) != Seconds(other);
    }

    private static IEnumerable<string> Values(Regex pattern, string text) => pattern.Matches(text).Select(match => match.Value);

    private static long Seconds(string text) =>
        EpochSeconds.Match(text) is { Success: true } match ? long.Parse(match.ValueSpan, CultureInfo.InvariantCulture) : 0;

    private static bool HoldsCounter(string one, string other)
    {
        string[] ones = [.. Values(Counter, one)];
        string[] others = [.. Values(Counter, other)];
        return ones.Length > 0 && others.Length > 0 && ones[0] != others[0] && Counter.Replace(one, "#") == Counter.Replace(other, "#");
    }

    private static bool IsReordered(string one, string other)
    {
        string[] ones = Words(one);
        string[] others = Words(other);
        return ones.Length > 1 && ones.Length == others.Length && ones.Order(StringComparer.Ordinal).SequenceEqual(others.Order(StringComparer.Ordinal));
    }

    private static string[] Words(string text) => text.Split([' ', '\t', '\n', ',', ';', '"', '(', ')'], StringSplitOptions.RemoveEmptyEntries);

    // Long hexadecimal or base64 words that have nothing in common.
    private static bool IsRandom(string one, string other)
    {
        (string here, string there) = Middles(one, other);
        return LooksRandom(here) && LooksRandom(there);
    }

    private static bool LooksRandom(string text) => text.Length >= ShortestRandom && Dense.IsMatch(text) && IsDiverse(text);

    private static (string One, string Other) Middles(string one, string other)
    {
        int start = one.AsSpan().CommonPrefixLength(other);
        int end = 0;
        while (end < Math.Min(one.Length, other.Length) - start && one[^(end + 1)] == other[^(end + 1)])
            end++;
        return (one[start..^end], other[start..^end]);
    }

    private static bool IsDiverse(string text) => text.Distinct().Count() >= Math.Min(6, text.Length / 2) && text.Any(char.IsAsciiDigit);

    // Where they differ, both have nearly the same bytes, each as often: pieces have changed places, and only what points to them is new.
    private static bool IsMoved(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        if (one.Length != other.Length)
            return false;
        int differing = 0;
        int[] balance = new int[256];
        for (int at = 0; at < one.Length; at++)
        {
            if (one[at] == other[at])
                continue;
            differing++;
            balance[one[at]]++;
            balance[other[at]]--;
        }

        return differing >= 2 * ShortestRandom && balance.Sum(Math.Abs) * 4 <= differing;
    }

    private bool HoldsBinaryTime(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other, int at)
    {
        for (int start = Math.Max(0, at - 7); start <= at && start + 4 <= Math.Min(one.Length, other.Length); start++)
        {
            uint here = BinaryPrimitives.ReadUInt32LittleEndian(one[start..]);
            uint there = BinaryPrimitives.ReadUInt32LittleEndian(other[start..]);
            uint hereBig = BinaryPrimitives.ReverseEndianness(here);
            uint thereBig = BinaryPrimitives.ReverseEndianness(there);
            if ((first.IsTime(here) && second.IsTime(there)) || (first.IsTime(hereBig) && second.IsTime(thereBig)))
                return true;
        }

        return false;
    }

    // In one stretch, nearly every byte differs, few are alike, and they are no text, which has been judged as one.
    private static bool IsNoise(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        // In files of two lengths all is shifted, and nothing like itself.
        if (one.Length != other.Length)
            return false;
        int start = one.CommonPrefixLength(other);
        int length = 0;
        int equal = 0;
        for (; start + length < Math.Min(one.Length, other.Length) && equal < 2; length++)
            equal = one[start + length] == other[start + length] ? equal + 1 : 0;
        byte[] stretch = one.Slice(start, length).ToArray();
        return length >= ShortestRandom + 2 && stretch.Distinct().Count() * 2 >= Math.Min(length, 64) && !stretch.All(IsPrintable);
    }

    /// <summary>The printable text around a place.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="at">The place.</param>
    /// <returns>At most 512 characters.</returns>
    internal static string TextAt(ReadOnlySpan<byte> bytes, int at)
    {
        int start = Math.Min(at, bytes.Length);
        while (start > 0 && at - start < 256 && IsPrintable(bytes[start - 1]))
            start--;
        int end = Math.Min(at, bytes.Length);
        while (end < bytes.Length && end - at < 256 && IsPrintable(bytes[end]))
            end++;
        return Encoding.ASCII.GetString(bytes[start..end]);
    }

    private static List<string> Strings(ReadOnlySpan<byte> bytes)
    {
        List<string> found = [];
        for (int start = 0; start < bytes.Length;)
        {
            int end = start;
            while (end < bytes.Length && IsPrintable(bytes[end]))
                end++;
            if (end - start >= 4)
                found.Add(Encoding.ASCII.GetString(bytes[start..end]));
            start = end + 1;
        }

        return found;
    }

    private static bool IsPrintable(byte value) => value is >= 0x20 and < 0x7f or (byte)'\t';

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\b\d{4}-\d{2}-\d{2}\b|\b(19|20)\d{6}\b")]
    private static partial Regex IsoDate { get; }

    private const string Month = "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*";

    [GeneratedRegex(@"\b" + Month + @" +\d{1,2}\b|\b\d{1,2}[ -]" + Month + @"\b")]
    private static partial Regex NamedDate { get; }

    [GeneratedRegex(@"\b[0-2]\d:[0-5]\d(:[0-6]\d)?\b")]
    private static partial Regex DayTime { get; }

    [GeneratedRegex(@"(?<!\d)[1-3]\d{9}(?!\d)")]
    private static partial Regex EpochSeconds { get; }

    [GeneratedRegex(@"^CONFIG_\w+_VERSION(_TEXT)?=")]
    private static partial Regex ToolVersion { get; }

    [GeneratedRegex(@"#\d+")]
    private static partial Regex Counter { get; }

    [GeneratedRegex(@"^[0-9A-Za-z+/=_-]+$")]
    private static partial Regex Dense { get; }
}

/// <summary>One of both builds, as far as it may be found in bytes.</summary>
/// <param name="Seen">What it saw of its host.</param>
/// <param name="Folders">Its folders: work tree, O=, intermediate, HOME, TMPDIR, PATH; in the same order for both.</param>
/// <param name="From">The earliest time at which one of its files may have been made, in seconds since 1970, by its own clock.</param>
/// <param name="To">The latest.</param>
public sealed record BuildSide(Surroundings Seen, ImmutableArray<string> Folders, long From, long To)
{
    internal bool IsTime(long seconds) => seconds >= From && seconds <= To;
}

using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Configuration;
using EveKernel.Core.Feeds;
using EveKernel.Core.Packaging;

namespace EveKernel.Core.Pins;

/// <summary>What the step from one kernel's package to another brings, from what the packages themselves hold.</summary>
/// <param name="From">The manifest of the old one.</param>
/// <param name="To">The manifest of the new one.</param>
/// <param name="Options">The options of the configuration that differ: name, old and new value.</param>
/// <param name="Commits">The commits between them, newest first, with their subjects; null when no history is here that has both.</param>
public sealed record PackageChange(Manifest From, Manifest To, ImmutableArray<(string Name, string From, string To)> Options, ImmutableArray<string>? Commits)
{
    private const int Most = 20;
    private const int ShortId = 12;

    /// <summary>The options that differ between two packages' configurations.</summary>
    /// <param name="from">The old package.</param>
    /// <param name="to">The new one.</param>
    /// <returns>Name, old and new value, in the order of the names.</returns>
    public static ImmutableArray<(string Name, string From, string To)> CompareOptions(ResultPackage from, ResultPackage to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (from.Manifest.ConfigSha256 == to.Manifest.ConfigSha256 || Read(from) is not { } before || Read(to) is not { } after)
            return [];
        return
        [
            .. before.Names.Union(after.Names).Order(StringComparer.Ordinal).Where(name => !ConfigFile.SameValue(before[name], after[name]))
                .Select(name => (name, before[name], after[name])),
        ];

        static ConfigFile? Read(ResultPackage package)
        {
            if (package.TryReadText("config") is not { } text)
                return null;
            using StringReader reader = new(text);
            return ConfigFile.Parse(reader);
        }
    }

    /// <summary>The change for a screen.</summary>
    /// <returns>Lines.</returns>
    public IEnumerable<string> Describe()
    {
        if (From.KernelVersion != To.KernelVersion)
            yield return $"kernel         {From.KernelVersion} → {To.KernelVersion}";
        yield return $"release        {From.KernelRelease} → {To.KernelRelease}";
        if (From.SourceCommit == To.SourceCommit)
            yield return $"commit         {To.SourceCommit[..ShortId]}, the same";
        else
            yield return $"commit         {From.SourceCommit[..ShortId]} → {To.SourceCommit[..ShortId]}{(Commits is { } known ? $", {Count(known.Length, "commit")}" : "; the commits between are not known here")}";
        foreach (string line in Cut(Commits ?? []))
            yield return line;
        yield return $"patches        {DescribePatches()}";
        yield return $"configuration  {(From.ConfigSha256 == To.ConfigSha256 ? "the same" : $"{Count(Options.Length, "option")} {(Options.Length == 1 ? "differs" : "differ")}")}";
        foreach (string line in Cut([.. Options.Select(option => $"CONFIG_{option.Name} {option.From} → {option.To}")]))
            yield return line;
        foreach (string line in CompareTools())
            yield return line;
        foreach (string line in CompareSizes())
            yield return line;
    }

    /// <summary>A size and how it changed.</summary>
    /// <param name="from">The old size, or null for none.</param>
    /// <param name="to">The new size, or null for none.</param>
    /// <returns>Words.</returns>
    public static string DescribeSize(long? from, long? to) => (from, to) switch
    {
        (null, { } size) => string.Create(CultureInfo.InvariantCulture, $"new, {size:N0} bytes"),
        ({ } size, null) => string.Create(CultureInfo.InvariantCulture, $"gone, was {size:N0} bytes"),
        ({ } before, { } after) => string.Create(CultureInfo.InvariantCulture, $"{before:N0} → {after:N0} bytes ({after - before:+#,0;-#,0;0})"),
        _ => "none",
    };

    private string DescribePatches()
    {
        int stay = From.PatchDiffs.Intersect(To.PatchDiffs).Count();
        return From.PatchDiffs.SequenceEqual(To.PatchDiffs) ? $"{Count(To.PatchDiffs.Length, "patch", "patches")}, the same"
            : string.Create(CultureInfo.InvariantCulture, $"{From.PatchDiffs.Length} → {To.PatchDiffs.Length}: {stay} the same, {To.PatchDiffs.Length - stay} new, {From.PatchDiffs.Length - stay} gone");
    }

    private IEnumerable<string> CompareTools()
    {
        Dictionary<string, Tool> before = From.Toolchain.ToDictionary(tool => tool.Name, StringComparer.Ordinal);
        return To.Toolchain.Where(tool => before.TryGetValue(tool.Name, out Tool? old) && old.Sha256 != tool.Sha256)
            .Select(tool => $"tool           {tool.Name} {before[tool.Name].Version} → {tool.Version}");
    }

    private string[] CompareSizes()
    {
        Dictionary<string, long> before = From.Files.ToDictionary(file => file.Path, file => file.Size, StringComparer.Ordinal);
        Dictionary<string, long> after = To.Files.ToDictionary(file => file.Path, file => file.Size, StringComparer.Ordinal);
        string[] lines =
        [
            .. before.Keys.Union(after.Keys).Order(StringComparer.Ordinal)
                .Select(name => (name, Old: Find(before, name), New: Find(after, name))).Where(file => file.Old != file.New)
                .Select(file => $"size           {file.name} {DescribeSize(file.Old, file.New)}"),
        ];
        return lines.Length <= Most ? lines : [.. lines.Take(Most), $"size           and {lines.Length - Most} more"];

        static long? Find(Dictionary<string, long> sizes, string name) => sizes.TryGetValue(name, out long size) ? size : null;
    }

    private static IEnumerable<string> Cut(ImmutableArray<string> lines) =>
        (lines.Length <= Most ? lines : [.. lines.Take(Most), $"and {lines.Length - Most} more"]).Select(line => $"    {line}");

    private static string Count(int number, string one, string? many = null) =>
        number == 1 ? $"1 {one}" : string.Create(CultureInfo.InvariantCulture, $"{number:N0} {many ?? one + "s"}");
}

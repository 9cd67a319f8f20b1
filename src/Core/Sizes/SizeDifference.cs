using System.Collections.Immutable;

namespace EveKernel.Core.Sizes;

/// <summary>A size before and after, in bytes; 0 where there is none.</summary>
/// <param name="Name">What it is the size of.</param>
/// <param name="From">Before.</param>
/// <param name="To">After.</param>
public sealed record SizeChange(string Name, long From, long To)
{
    /// <summary>By how much it grew.</summary>
    public long Growth => To - From;
}

/// <summary>How one kernel's sizes differ from another's.</summary>
/// <param name="From">The first one's place.</param>
/// <param name="To">The second one's.</param>
/// <param name="Image">The image.</param>
/// <param name="Modules">All modules together.</param>
/// <param name="Total">Both.</param>
/// <param name="Directories">The modules of each directory of the tree that differs, the one that grew most first.</param>
/// <param name="Files">Each module that differs.</param>
/// <param name="Symbols">Each symbol of the image, before it is compressed, that differs.</param>
public sealed record SizeDifference(
    string From,
    string To,
    SizeChange Image,
    SizeChange Modules,
    SizeChange Total,
    ImmutableArray<SizeChange> Directories,
    ImmutableArray<SizeChange> Files,
    ImmutableArray<SizeChange> Symbols)
{
    /// <summary>Compares.</summary>
    /// <param name="fromPlace">The first one's place.</param>
    /// <param name="from">The first.</param>
    /// <param name="toPlace">The second one's place.</param>
    /// <param name="to">The second.</param>
    /// <returns>The difference.</returns>
    public static SizeDifference Compare(string fromPlace, KernelSizes from, string toPlace, KernelSizes to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        return new SizeDifference(
            fromPlace,
            toPlace,
            new SizeChange("kernel", from.Image, to.Image),
            new SizeChange("modules", from.ModulesTotal, to.ModulesTotal),
            new SizeChange("total", from.Total, to.Total),
            Changes(ByDirectory(from.Modules), ByDirectory(to.Modules)),
            Changes(from.Modules, to.Modules),
            Changes(from.Symbols, to.Symbols));
    }

    private static ImmutableSortedDictionary<string, long> ByDirectory(ImmutableSortedDictionary<string, long> modules) => modules
        .GroupBy(module => Path.GetDirectoryName(module.Key) is { } folder && folder.StartsWith("kernel/", StringComparison.Ordinal) ? folder["kernel/".Length..] : Path.GetDirectoryName(module.Key) ?? "")
        .ToImmutableSortedDictionary(group => group.Key, group => group.Sum(module => module.Value), StringComparer.Ordinal);

    private static ImmutableArray<SizeChange> Changes(ImmutableSortedDictionary<string, long> from, ImmutableSortedDictionary<string, long> to) =>
    [
        .. from.Keys.Union(to.Keys).Select(name => new SizeChange(name, from.GetValueOrDefault(name), to.GetValueOrDefault(name))).Where(change => change.Growth != 0)
            .OrderByDescending(change => change.Growth).ThenBy(change => change.Name, StringComparer.Ordinal),
    ];
}

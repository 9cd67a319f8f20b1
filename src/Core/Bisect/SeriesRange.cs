using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Bisect;

/// <summary>The pinned tree with the first patches of the project's series, none to all.</summary>
internal sealed class SeriesRange : BisectRange
{
    private readonly ImmutableArray<BisectState> _states;
    private readonly ImmutableArray<SeriesEntry> _entries;
    private readonly string _folder;
    private readonly int _older;
    private readonly int _newer;

    private SeriesRange(ImmutableArray<SeriesEntry> entries, string folder, int older, int newer)
    {
        (_entries, _folder, _older, _newer) = (entries, folder, older, newer);
        _states = [.. Enumerable.Range(0, entries.Length + 1).Select(Describe)];
    }

    public override BisectState Older => _states[_older];

    public override BisectState Newer => _states[_newer];

    /// <summary>Takes copies of the patches, so that the series can be worked on meanwhile.</summary>
    /// <param name="entries">The patches, in their order.</param>
    /// <param name="folder">Where the copies go.</param>
    /// <param name="older">How many patches the older end has.</param>
    /// <param name="newer">How many the newer end has.</param>
    /// <returns>The range.</returns>
    public static SeriesRange Create(ImmutableArray<SeriesEntry> entries, string folder, int older, int newer)
    {
        Folders.Delete(folder);
        Directory.CreateDirectory(folder);
        SeriesRange range = new(entries, folder, older, newer);
        for (int i = 0; i < entries.Length; i++)
            File.Copy(entries[i].Path, Path.Combine(folder, CopyName(entries[i], i)));
        for (int count = 1; count <= entries.Length; count++)
            DurableFile.WriteAllText(range.SeriesFile(count), string.Concat(entries.Take(count).Select((entry, i) => $"{CopyName(entry, i)} -p{entry.Strip}\n")));
        return range;
    }

    /// <summary>Finds a patch.</summary>
    /// <param name="entries">The patches.</param>
    /// <param name="name">Its whole name, or as much of its beginning as tells it from the others; <c>base</c> is before the first.</param>
    /// <returns>How many patches are applied with it; null when it names none, or several.</returns>
    public static int? Find(ImmutableArray<SeriesEntry> entries, string name)
    {
        if (name == BisectState.Base)
            return 0;
        int[] found = [.. Enumerable.Range(0, entries.Length).Where(at => entries[at].Name == name)];
        if (found.Length == 0)
            found = [.. Enumerable.Range(0, entries.Length).Where(at => Path.GetFileName(entries[at].Name).StartsWith(name, StringComparison.Ordinal))];
        return found is [int at] ? at + 1 : null;
    }

    public override Task<BisectChoice> ChooseAsync(BisectMarks marks, CancellationToken cancellation)
    {
        int low = marks.Older.Max(Number);
        int high = Number(marks.Newer);
        ImmutableArray<int> between = [.. Enumerable.Range(low + 1, high - low - 1).Where(at => !marks.Skipped.Contains(_states[at].Id))];
        ImmutableArray<BisectState> suspects = [.. Enumerable.Range(low + 1, high - low).Select(at => _states[at])];
        return Task.FromResult(between.IsEmpty ? new BisectChoice(null, suspects) : new BisectChoice(_states[between.MinBy(at => Math.Abs((2 * at) - low - high))], suspects));
    }

    public override ImmutableArray<(string Name, string Value)> Properties(BisectState state) =>
        [("_KernelBisectSeries", Number(state.Id) is > 0 and var count ? SeriesFile(count) : "none")];

    private int Number(string id) => Enumerable.Range(0, _states.Length).First(at => _states[at].Id == id);

    private BisectState Describe(int count) => count == 0
        ? new BisectState(BisectState.Base, "base, without a patch")
        : new BisectState(
            _entries.Count(entry => entry.Name == _entries[count - 1].Name) > 1 ? string.Create(CultureInfo.InvariantCulture, $"{count}-{_entries[count - 1].Name}") : _entries[count - 1].Name,
            string.Create(CultureInfo.InvariantCulture, $"{_entries[count - 1].Name}, {count} of {_entries.Length} {(_entries.Length == 1 ? "patch" : "patches")}"));

    // Of several series, two patches may have one name; and one may lie in a folder.
    private static string CopyName(SeriesEntry entry, int at) => string.Create(CultureInfo.InvariantCulture, $"{at + 1:0000}-{Path.GetFileName(entry.Name)}");

    private string SeriesFile(int count) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"series-{count}"));
}

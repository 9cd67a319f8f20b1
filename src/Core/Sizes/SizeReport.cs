using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Sizes;

/// <summary>Tells a difference of sizes: as a table on a screen, as JSON, and as Markdown for a pull request.</summary>
public static class SizeReport
{
    // On a screen and in a pull request; JSON has all.
    private const int Most = 20;

    /// <summary>Writes size-diff.json and size-diff.md.</summary>
    /// <param name="difference">The difference.</param>
    /// <param name="folder">The folder.</param>
    public static void Write(SizeDifference difference, string folder)
    {
        ArgumentNullException.ThrowIfNull(difference);
        DurableFile.WriteAllText(Path.Combine(folder, "size-diff.json"), Json(difference));
        DurableFile.WriteAllText(Path.Combine(folder, "size-diff.md"), Markdown(difference));
    }

    /// <summary>The difference for programs.</summary>
    /// <param name="difference">The difference.</param>
    /// <returns>JSON, schema 1: sizes in bytes; lists have all that differs, what grew most first.</returns>
    public static string Json(SizeDifference difference)
    {
        ArgumentNullException.ThrowIfNull(difference);
        return JsonFile.ToText(new
        {
            schema = 1,
            difference.From,
            difference.To,
            difference.Image,
            difference.Modules,
            difference.Total,
            difference.Directories,
            difference.Files,
            difference.Symbols,
        });
    }

    /// <summary>The difference for a screen.</summary>
    /// <param name="difference">The difference.</param>
    /// <returns>Lines.</returns>
    public static string Text(SizeDifference difference)
    {
        ArgumentNullException.ThrowIfNull(difference);
        List<string[]> rows = [["", "before", "after", "change"], .. Totals(difference).Select(Row)];
        foreach ((string name, ImmutableArray<SizeChange> changes) in Lists(difference))
        {
            if (changes.IsEmpty)
                continue;
            rows.Add([name, "", "", ""]);
            rows.AddRange(Cut(changes).Select(change => Row(change with { Name = "  " + change.Name })));
            if (changes.Length > Most)
                rows.Add([string.Create(CultureInfo.InvariantCulture, $"  and {changes.Length - Most} more"), "", "", ""]);
        }

        int[] widths = [.. Enumerable.Range(0, 4).Select(column => rows.Max(row => row[column].Length))];
        return string.Join('\n', rows.Select(row => $"{row[0].PadRight(widths[0])}  {row[1].PadLeft(widths[1])}  {row[2].PadLeft(widths[2])}  {row[3].PadLeft(widths[3])}".TrimEnd()));
    }

    private static string Markdown(SizeDifference difference)
    {
        List<string> lines = [$"Sizes in bytes, {MarkdownText.Escape(difference.From)} → {MarkdownText.Escape(difference.To)}:", "", "| | before | after | change |", "|---|--:|--:|--:|"];
        lines.AddRange(Totals(difference).Select(Line));
        foreach ((string name, ImmutableArray<SizeChange> changes) in Lists(difference))
        {
            if (changes.IsEmpty)
                continue;
            lines.AddRange(["", $"<details><summary>{name}: {changes.Length} differ</summary>", "", "| | before | after | change |", "|---|--:|--:|--:|"]);
            lines.AddRange(Cut(changes).Select(Line));
            lines.AddRange(["", "</details>"]);
        }

        return string.Join('\n', lines) + "\n";

        static string Line(SizeChange change) => $"| {string.Join(" | ", Row(change with { Name = MarkdownText.Escape(change.Name) }))} |";
    }

    private static SizeChange[] Totals(SizeDifference difference) => [difference.Image, difference.Modules, difference.Total];

    private static (string Name, ImmutableArray<SizeChange> Changes)[] Lists(SizeDifference difference) =>
        [("modules by directory", difference.Directories), ("modules", difference.Files), ("symbols of the image", difference.Symbols)];

    // What grew or shrank most, whichever way.
    private static IEnumerable<SizeChange> Cut(ImmutableArray<SizeChange> changes) =>
        changes.OrderByDescending(change => Math.Abs(change.Growth)).ThenBy(change => change.Name, StringComparer.Ordinal).Take(Most).OrderByDescending(change => change.Growth);

    private static string[] Row(SizeChange change) =>
    [
        change.Name,
        change.From.ToString("N0", CultureInfo.InvariantCulture),
        change.To.ToString("N0", CultureInfo.InvariantCulture),
        change.Growth.ToString("+#,0;-#,0;0", CultureInfo.InvariantCulture),
    ];
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Drift;

/// <summary>What two trees differ in, for people and programs.</summary>
public static class DriftReport
{
    private const int ShownOnScreen = 25;
    private const int ShortId = 12;
    private const string Absent = "-";

    /// <summary>Writes drift.json and drift.md.</summary>
    /// <param name="drift">The differences.</param>
    /// <param name="folder">The folder, which is made.</param>
    public static void Write(TreeDrift drift, string folder)
    {
        DurableFile.WriteAllText(Path.Combine(folder, "drift.json"), Json(drift));
        DurableFile.WriteAllText(Path.Combine(folder, "drift.md"), Markdown(drift));
    }

    /// <summary>The differences for programs.</summary>
    /// <param name="drift">The differences.</param>
    /// <returns>JSON, schema 1: no <c>commits</c> or <c>configuration</c> where that was not compared.</returns>
    public static string Json(TreeDrift drift)
    {
        ArgumentNullException.ThrowIfNull(drift);
        return JsonFile.ToText(new
        {
            schema = 1,
            from = Describe(drift.From),
            to = Describe(drift.To),
            drift.Commits,
            drift.Series,
            drift.Configuration,
        });

        static object Describe(StatusTree tree) => new { tree.Name, tree.Arch, tree.Flavor, tree.Source, tree.Branch, tree.Commit, since = tree.HistorySince };
    }

    /// <summary>The differences for a screen: long lists are cut, and say so.</summary>
    /// <param name="drift">The differences.</param>
    /// <returns>Lines.</returns>
    public static string Text(TreeDrift drift)
    {
        ArgumentNullException.ThrowIfNull(drift);
        (string from, string to) = (drift.From.Name, drift.To.Name);
        StringBuilder text = new();
        if (drift.Commits is { } commits)
        {
            Line(text, Sums(drift, commits));
            List(text, $"only in {from}:", commits.OnlyFrom, Words);
            List(text, $"only in {to}:", commits.OnlyTo, Words);
        }

        List(text, "patches of the project that one of them holds:", drift.Series, one => $"{one.Name}: {from} {one.From}; {to} {one.To}");
        if (drift.Configuration is { } configuration)
        {
            Line(text, Sums(drift, configuration));
            int name = configuration.Options.Take(ShownOnScreen).Select(one => one.Name.Length).DefaultIfEmpty().Max() + "CONFIG_".Length;
            int value = Math.Max(from.Length, configuration.Options.Take(ShownOnScreen).Select(one => (one.From ?? Absent).Length).DefaultIfEmpty().Max());
            List(
                text, $"    {"option".PadRight(name)}  {from.PadRight(value)}  {to}", configuration.Options,
                one => $"{("CONFIG_" + one.Name).PadRight(name)}  {(one.From ?? Absent).PadRight(value)}  {one.To ?? Absent}");
        }

        return text.ToString().TrimEnd('\n');

        static string Words(DriftCommit one) => $"{one.Id[..ShortId]} {one.Subject}";
    }

    /// <summary>The differences for a pull request: all of them.</summary>
    /// <param name="drift">The differences.</param>
    /// <returns>Markdown.</returns>
    public static string Markdown(TreeDrift drift)
    {
        ArgumentNullException.ThrowIfNull(drift);
        (string from, string to) = (MarkdownText.Escape(drift.From.Name), MarkdownText.Escape(drift.To.Name));
        StringBuilder text = new();
        Line(text, $"# {from} and {to}\n");
        if (drift.Commits is { } commits)
        {
            Line(text, $"## Commits\n\n{MarkdownText.Escape(Sums(drift, commits))}\n");
            Commits(text, from, commits.OnlyFrom);
            Commits(text, to, commits.OnlyTo);
        }

        Table(text, "Patches of the project", $"| Patch | {from} | {to} |", drift.Series, one => $"| {MarkdownText.Escape(one.Subject)} | {MarkdownText.Escape(one.From)} | {MarkdownText.Escape(one.To)} |");
        if (drift.Configuration is { } configuration)
        {
            Table(
                text, $"Configuration\n\n{MarkdownText.Escape(Sums(drift, configuration))}", $"| Option | {from} | {to} |", configuration.Options,
                one => $"| {MarkdownText.Escape("CONFIG_" + one.Name)} | {MarkdownText.Escape(one.From ?? Absent)} | {MarkdownText.Escape(one.To ?? Absent)} |");
        }

        return text.ToString();
    }

    private static void Commits(StringBuilder text, string tree, ImmutableArray<DriftCommit> commits) => Table(
        text, $"Only in {tree}: {commits.Length.ToString(CultureInfo.InvariantCulture)}", "| Commit | Subject | Upstream |", commits,
        one => $"| {one.Id[..ShortId]} | {MarkdownText.Escape(one.Subject)} | {one.Upstream?[..ShortId] ?? ""} |");

    private static void Table<T>(StringBuilder text, string title, string head, ImmutableArray<T> rows, Func<T, string> row)
    {
        if (rows.IsEmpty)
            return;
        Line(text, $"### {title}\n\n{head}\n|---|---|---|");
        foreach (T one in rows)
            Line(text, row(one));
        text.Append('\n');
    }

    private static void List<T>(StringBuilder text, string title, ImmutableArray<T> all, Func<T, string> words)
    {
        if (all.IsEmpty)
            return;
        Line(text, title);
        foreach (T one in all.Take(ShownOnScreen))
            Line(text, "    " + words(one));
        if (all.Length > ShownOnScreen)
            Line(text, string.Create(CultureInfo.InvariantCulture, $"    and {all.Length - ShownOnScreen} more"));
    }

    private static string Sums(TreeDrift drift, CommitDrift commits)
    {
        string since = commits.Base is { } id ? $"since {id[..ShortId]}" : $"from {drift.From.HistorySince} and {drift.To.HistorySince} on";
        SameCommits same = commits.Same;
        string ids = commits.PatchIds ? $"{same.ByPatchId} by patch-id" : "patch-ids not compared";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"commits {since}: {commits.OnlyFrom.Length} only in {drift.From.Name}, {commits.OnlyTo.Length} only in {drift.To.Name}; the same " +
                $"{same.ById} by id, {same.ByUpstream} by upstream's commit, {ids}, {same.BySubject} by subject");
    }

    private static string Sums(TreeDrift drift, ConfigurationDrift configuration) => string.Create(
        CultureInfo.InvariantCulture,
        $"configuration: {configuration.Options.Length} options differ ({drift.From.Name}: {configuration.From}; {drift.To.Name}: {configuration.To})");

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}

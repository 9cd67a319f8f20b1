using System.Collections.Immutable;
using System.Globalization;

namespace EveKernel.Core.Patches.Status;

/// <summary>Gives the verdicts of one tree. A verdict of applied rests on the text, or on evidence that is told with it; without any it is a
/// conflict.</summary>
internal sealed class TreeJudge(StatusTree tree, TreeFiles files, HistoryEvidence? history, BuildKnowledge knowledge)
{
    private const int NamesakesTried = 20;

    /// <summary>Holds a series against the tree.</summary>
    public ImmutableArray<Trial> Try(IReadOnlyList<Candidate> series)
    {
        PatchMatch[] alone = [.. series.Select(candidate => PatchMatcher.Match(candidate.Image, files))];
        bool[] held = new bool[series.Count];
        PatchMatch[] back = new PatchMatch[series.Count];
        // Backwards: what a later patch of the series changed again comes off first.
        PatchedView taken = new(files);
        for (int at = series.Count - 1; at >= 0; at--)
        {
            back[at] = PatchMatcher.Match(series[at].Image.Reversed, taken);
            held[at] = back[at].Applies && IsHeld(series[at].Image, alone[at], back[at]);
            if (held[at])
                taken.Take(back[at]);
        }

        ImmutableArray<Trial>.Builder trials = ImmutableArray.CreateBuilder<Trial>(series.Count);
        PatchedView patched = new(files);
        for (int at = 0; at < series.Count; at++)
        {
            PatchMatch after = !held[at] && patched.Touches(series[at].Image) ? PatchMatcher.Match(series[at].Image, patched) : alone[at];
            trials.Add(new Trial(series[at], alone[at], back[at], after, held[at], NeededBy(series, trials, at, alone[at], after)));
            if (!held[at] && after.Applies)
                patched.Take(after);
        }

        return trials.DrainToImmutable();
    }

    /// <summary>The names of files that the tree lacks, to be looked for elsewhere in it.</summary>
    public static IEnumerable<string> LostNames(IEnumerable<Trial> trials) =>
        from trial in trials
        where !trial.Held && !trial.After.Applies
        from file in trial.Alone.Files
        where file.Missing
        select Path.GetFileName(file.File.OldPath!);

    /// <summary>Gives the verdict on a trial.</summary>
    /// <param name="trial">How the patch fits.</param>
    /// <param name="namesakes">The paths of files that have the name of one that is lost.</param>
    public PatchStatus Judge(Trial trial, ILookup<string, string> namesakes)
    {
        PatchImage image = trial.Candidate.Image;
        Effect effect = Effect.Of(image, knowledge);
        var commits = history?.Find(trial.Candidate.Identity) ?? [];
        List<string> standing = [.. commits.Where(one => one.RevertedBy is null).Select(one => one.How)];
        List<string> reverted = [.. commits.Where(one => one.RevertedBy is not null).Select(one => $"{one.How}, and {one.RevertedBy} takes it back")];
        if (trial.Held)
            return JudgeHeld(trial, effect, commits, standing);

        string? byHistory = standing.Count > 0 && !trial.Alone.Applies ? string.Join("; ", standing) : null;
        string? byHeader = AppliedEvidence.ByHeaders(trial.Candidate.AppliedWhen, files);
        string? byLines = trial.After.Applies ? null : AppliedEvidence.ByLines(image, files);
        ImmutableArray<string> words = [.. new[] { byHistory, byHeader, byLines }.OfType<string>()];
        if (!words.IsEmpty && !trial.Alone.Applies)
            return Status(trial, PatchVerdict.Applied, "applied, in other words", [.. words, .. reverted, .. Conflicts(trial, namesakes)], effect);
        if (effect.NeverBuilt is { } never)
            return Status(trial, PatchVerdict.NotRelevant, "not relevant", [$"it is never built for {tree.Arch}: {never}"], effect);
        if (trial.Alone.Applies)
            return JudgeFitting(trial, effect, standing, reverted, words);
        if (trial.After.Applies)
            return Status(trial, PatchVerdict.Depends, "depends", [$"it applies only after {string.Join(", ", trial.Needs)}", .. reverted], effect);

        ImmutableArray<string> moved = [.. Moved(trial, namesakes)];
        if (trial.Alone.Files.All(file => file.Missing) && moved.IsEmpty)
            return Status(trial, PatchVerdict.NotRelevant, "not relevant",
                [$"the tree has none of its files: {string.Join(", ", trial.Alone.Files.Select(file => file.File.Name))}"], effect);
        int hunks = trial.Alone.Hunks.Count() + trial.Alone.Files.Where(file => file.Hunks.IsEmpty).Sum(file => Math.Max(file.File.Hunks.Length, 1));
        int failing = hunks - trial.Alone.Files.Where(file => file.Problem is null)
            .Sum(file => file.Hunks.IsEmpty ? 1 : file.Hunks.Count(hunk => hunk.Applies));
        string summary = string.Create(CultureInfo.InvariantCulture, $"conflicts {failing}/{hunks}");
        return Status(trial, PatchVerdict.Conflicts, summary, [.. Conflicts(trial, namesakes), .. moved, .. reverted], effect);
    }

    private PatchStatus JudgeHeld(
        Trial trial, Effect effect, IReadOnlyList<(string Commit, string How, bool Upstream, string? RevertedBy)> commits, List<string> standing)
    {
        bool twice = commits.Any(one => one.Upstream && one.RevertedBy is null) && commits.Any(one => !one.Upstream && one.RevertedBy is null);
        List<string> evidence = [$"the tree has its text{At(trial.Back.Offset)}", .. standing];
        if (trial.Alone.Applies)
            evidence.Add($"beware: it would apply a second time{At(trial.Alone.Offset)}");
        if (effect.NeverBuilt is { } never)
            evidence.Add($"it is of no use there: {never}");
        return Status(trial, twice ? PatchVerdict.Redundant : PatchVerdict.Applied, twice ? "redundant" : "applied", [.. evidence], effect);
    }

    private PatchStatus JudgeFitting(Trial trial, Effect effect, List<string> standing, List<string> reverted, ImmutableArray<string> words)
    {
        string fits = $"it applies{At(trial.Alone.Offset)}";
        if (!trial.After.Applies)
        {
            IEnumerable<string> meets = trial.After.Files.SelectMany(file =>
                file.Hunks.Where(hunk => !hunk.Applies).Select(hunk => $"{file.File.Name} (hunk of line {hunk.Hunk.Line})"));
            return Status(trial, PatchVerdict.Conflicts, "conflicts with its series",
                [$"{fits} alone, but not after the patches before it: {string.Join(", ", meets)}"], effect);
        }

        // The words are no proof against the text: it is not there.
        ImmutableArray<string> against = [.. standing.Select(one => $"{one}, yet the tree has not its text"),
            .. words.Where(_ => standing.Count == 0).Select(one => $"{one}, yet {fits}")];
        if (reverted.Count > 0 || standing.Count > 0 || tree.Carries)
        {
            string why = reverted.Count + standing.Count == 0 ? "the branch is to carry the series as commits" : "the branch had it";
            return Status(trial, PatchVerdict.Missing, "missing", [$"{fits}; {why}", .. reverted, .. against], effect);
        }

        ImmutableArray<string> without = effect.WithoutEffect(trial.Candidate.Image.Patch);
        return without.IsEmpty
            ? Status(trial, PatchVerdict.Applies, Offset(trial.Alone.Offset),
                [fits, .. against, .. effect.Files.Where(one => one.Built.IsBuilt == false)
                .Select(one => $"{one.File.Name} is not built: {one.Built.Reason}")], effect)
            : Status(trial, PatchVerdict.AppliesWithoutEffect, "applies without effect", [fits, .. without, .. against], effect);
    }

    /// <summary>A patch may fit both ways, as one that adds a line between lines that stand there several times. What is closer to its place counts.</summary>
    private bool IsHeld(PatchImage image, PatchMatch alone, PatchMatch back)
    {
        if (!alone.Applies)
            return true;
        if (image.Files.All(file => file.Hunks.IsEmpty))
            return image.Files.All(file => file.NewPath is { } path && file.Header.NewMode is { } mode && files.Find(path)?.Mode == mode);
        return Math.Abs(back.Offset) < Math.Abs(alone.Offset);
    }

    private ImmutableArray<string> NeededBy(IReadOnlyList<Candidate> series, IReadOnlyList<Trial> before, int at, PatchMatch alone, PatchMatch after)
    {
        if (alone.Applies || !after.Applies)
            return [];
        HashSet<string> paths = [.. series[at].Image.Files.SelectMany(file => new[] { file.OldPath, file.NewPath }).OfType<string>()];
        Trial[] near = [.. before.Where(one => !one.Held && one.After.Applies && one.After.Changes.Any(change => paths.Contains(change.Key)))];
        // One alone may do; else all that touch the same files are named.
        foreach (Trial one in near.Where(one => one.Alone.Applies).Reverse())
        {
            PatchedView view = new(files);
            view.Take(one.Alone);
            if (PatchMatcher.Match(series[at].Image, view).Applies)
                return [one.Candidate.Identity.Name];
        }

        return [.. near.Select(one => one.Candidate.Identity.Name)];
    }

    private IEnumerable<string> Conflicts(Trial trial, ILookup<string, string> namesakes)
    {
        foreach (FileMatch file in trial.Alone.Files)
        {
            if (file.Problem is { } problem && !(file.Missing && namesakes.Contains(Path.GetFileName(file.File.Name))))
                yield return $"{file.File.Name}: {problem}";
            foreach (HunkMatch hunk in file.Hunks.Where(hunk => !hunk.Applies))
                yield return $"{file.File.Name}: hunk of line {hunk.Hunk.Line}: {Meets(file, hunk)}";
        }
    }

    private string Meets(FileMatch file, HunkMatch hunk) =>
        ConflictReport.Describe(hunk.Hunk, file.File.OldPath is { } path && files.Find(path) is { } there ? there.Lines : []);

    /// <summary>Files of the same name elsewhere in which hunks of the lost one apply.</summary>
    private IEnumerable<string> Moved(Trial trial, ILookup<string, string> namesakes)
    {
        foreach (FileMatch file in trial.Alone.Files.Where(file => file.Missing))
        {
            string[] paths = [.. namesakes[Path.GetFileName(file.File.OldPath!)]];
            foreach (string path in paths.Length > NamesakesTried ? [] : paths)
            {
                FileImage there = file.File with
                {
                    OldPath = path,
                    NewPath = file.File.NewPath is null ? null : path,
                    Header = file.File.Header with { Renames = false, Copies = false }
                };
                PatchMatch match = PatchMatcher.Match(new PatchImage(trial.Candidate.Image.Patch, [there]), files);
                int fitting = match.Hunks.Count(hunk => hunk.Applies);
                if (fitting > 0)
                    yield return $"{file.File.OldPath} is not there; in {path} {fitting} of {there.Hunks.Length} hunks apply";
            }
        }
    }

    private PatchStatus Status(Trial trial, PatchVerdict verdict, string summary, ImmutableArray<string> evidence, Effect effect) =>
        new(tree.Name, trial.Candidate.Row, verdict, summary, evidence, [.. Hunks(trial, effect)]);

    private IEnumerable<HunkStatus> Hunks(Trial trial, Effect effect)
    {
        for (int file = 0; file < trial.Alone.Files.Length; file++)
        {
            FileMatch match = trial.Alone.Files[file];
            foreach (HunkImage hunk in match.File.Hunks)
            {
                HunkMatch? found = match.Hunks.FirstOrDefault(one => ReferenceEquals(one.Hunk, hunk));
                bool applies = match.Problem is null && found is { Applies: true };
                string? met = trial.Held || applies ? null : match.Problem ?? Meets(match, found!);
                yield return new HunkStatus(match.File.Name, hunk.Line, applies, applies ? found!.Offset : 0, effect.Files[file].Built.IsBuilt, met);
            }
        }
    }

    private static string Offset(int lines) => lines == 0 ? "applies" : string.Create(CultureInfo.InvariantCulture, $"applies {lines:+#;-#}");

    private static string At(int lines) => lines switch
    {
        0 => "",
        1 or -1 => string.Create(CultureInfo.InvariantCulture, $", offset {lines} line"),
        _ => string.Create(CultureInfo.InvariantCulture, $", offset {lines} lines"),
    };
}

/// <summary>A patch of a series, ready to be judged.</summary>
/// <param name="Row">Its row.</param>
/// <param name="Image">Its bytes.</param>
/// <param name="Identity">By what it is known elsewhere.</param>
/// <param name="AppliedWhen">Its headers of that name.</param>
/// <param name="Replaces">What it says that it replaces.</param>
internal sealed record Candidate(
    int Row, PatchImage Image, PatchIdentity Identity, ImmutableArray<(string File, string Text)> AppliedWhen, ImmutableArray<string> Replaces);

/// <summary>How a patch fits a tree.</summary>
/// <param name="Candidate">The patch.</param>
/// <param name="Alone">Held against the tree itself.</param>
/// <param name="Back">Its reverse, after later patches of the series came off.</param>
/// <param name="After">Held against the tree with the patches before it.</param>
/// <param name="Held">Whether the tree has its text.</param>
/// <param name="Needs">The patches without which it does not fit.</param>
internal sealed record Trial(Candidate Candidate, PatchMatch Alone, PatchMatch Back, PatchMatch After, bool Held, ImmutableArray<string> Needs);

using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Source;

namespace EveKernel.Core.Patches.Status;

/// <summary>Makes the matrix: every patch of the series against every tree, trees side by side, from git's objects alone.</summary>
/// <param name="git">git.</param>
/// <param name="sink">Takes warnings about odd patches and histories.</param>
public sealed partial class StatusRun(GitCli git, IDiagnosticSink sink)
{
    private const int LargePatch = 16 << 20;
    private const string NoCommit = "0000000000000000000000000000000000000000";

    /// <summary>Makes the matrix.</summary>
    /// <param name="trees">The trees.</param>
    /// <param name="series">The series, each with the names of the trees that it is for; none means all.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The matrix.</returns>
    /// <exception cref="KernelException">EVK2001 to EVK2008 for the series; EVK2040, EVK2044, EVK2047, EVK2048, EVK2056.</exception>
    public async Task<StatusMatrix> RunAsync(
        ImmutableArray<StatusTree> trees, ImmutableArray<(PatchSeries Series, ImmutableArray<string> Trees)> series, CancellationToken cancellation)
    {
        Stopwatch watch = Stopwatch.StartNew();
        if (trees.IsEmpty || series.IsEmpty)
            throw new KernelException(ErrorCodes.StatusEmpty, "The matrix needs at least one KernelTree and one KernelPatchSeries.");
        List<(ImmutableArray<Candidate> Candidates, ImmutableArray<string> Trees)> all = [];
        ImmutableArray<StatusPatch>.Builder rows = ImmutableArray.CreateBuilder<StatusPatch>();
        List<Diagnostic> errors = [];
        foreach ((PatchSeries one, ImmutableArray<string> names) in series)
        {
            foreach (string name in names.Where(name => trees.All(tree => tree.Name != name)))
                errors.Add(new Diagnostic(Severity.Error, ErrorCodes.StatusTree, $"The series is for a tree '{name}', which no KernelTree is.",
                    new SourceLocation(one.File)));
            all.Add((Read(one, rows, errors), names));
        }

        if (errors.Count > 0)
            throw new KernelException(errors);
        ConcurrentBag<PatchStatus> verdicts = [];
        ParallelOptions options = new() { CancellationToken = cancellation, MaxDegreeOfParallelism = Math.Max(Environment.ProcessorCount, 2) };
        await Parallel.ForEachAsync(trees, options, async (tree, token) =>
        {
            IEnumerable<ImmutableArray<Candidate>> own = all.Where(one => one.Trees.IsEmpty || one.Trees.Contains(tree.Name)).Select(one => one.Candidates);
            foreach (PatchStatus status in await JudgeAsync(tree, [.. own], token).ConfigureAwait(false))
                verdicts.Add(status);
        }).ConfigureAwait(false);

        Dictionary<string, int> columns = trees.Select((tree, at) => (tree.Name, at)).ToDictionary(one => one.Name, one => one.at, StringComparer.Ordinal);
        return new StatusMatrix(
            trees, rows.ToImmutable(), [.. verdicts.OrderBy(one => one.Patch).ThenBy(one => columns[one.Tree])], watch.Elapsed.TotalSeconds);
    }

    private ImmutableArray<Candidate> Read(PatchSeries series, ImmutableArray<StatusPatch>.Builder rows, List<Diagnostic> errors)
    {
        ImmutableArray<Candidate>.Builder candidates = ImmutableArray.CreateBuilder<Candidate>();
        foreach (SeriesEntry entry in series.Entries)
        {
            try
            {
                PatchFile patch = PatchFile.Read(entry.Path, entry.Strip);
                Warn(patch);
                candidates.Add(new Candidate(
                    rows.Count, PatchImage.Of(patch), new PatchIdentity(patch.Subject, entry.Name, Ids(patch)), AppliedEvidence.Headers(patch),
                    [.. HistoryCommit.ReplacesTrailers(patch.Message)]));
                rows.Add(new StatusPatch(series.File, entry.Name, patch.File, patch.Files[0].Line, patch.Subject, patch.DiffSha256));
            }
            catch (KernelException exception)
            {
                // All patches that cannot be read are told at once.
                errors.AddRange(exception.Diagnostics);
            }
        }

        return candidates.DrainToImmutable();
    }

    private void Warn(PatchFile patch)
    {
        SourceLocation place = new(patch.File, patch.Files[0].Line);
        foreach (string path in patch.Files.Select(file => file.NewPath ?? file.OldPath!).GroupBy(path => path, StringComparer.Ordinal)
            .Where(group => group.Count() > 1).Select(group => group.Key))
        {
            SourceLocation second = place with { Line = patch.Files.Last(file => (file.NewPath ?? file.OldPath) == path).Line };
            sink.Report(new Diagnostic(Severity.Warning, ErrorCodes.PatchFileTwice,
                $"'{patch.Subject}' touches {path} more than once; its later part is held against what the earlier leaves.", second));
        }

        if (patch.Diff.Length > LargePatch)
            sink.Report(new Diagnostic(Severity.Warning, ErrorCodes.PatchLarge,
                $"'{patch.Subject}' has a diff of {patch.Diff.Length >> 20} MiB, which takes its time; check that it is one change.", place));
        if (patch.Subject.Contains('\uFFFD', StringComparison.Ordinal))
            sink.Report(new Diagnostic(Severity.Warning, ErrorCodes.PatchNotUtf8,
                $"The subject of '{patch.File}' is not UTF-8, so that no commit can be found by it. Export the patch again with 'git format-patch'.", place));
    }

    private static ImmutableArray<string> Ids(PatchFile patch)
    {
        byte[] head = new byte[Math.Min(60, new FileInfo(patch.File).Length)];
        using (FileStream file = File.OpenRead(patch.File))
            file.ReadExactly(head);
        Match mail = MailId().Match(Encoding.ASCII.GetString(head));
        IEnumerable<string> own = mail.Success && mail.Groups[1].Value != NoCommit ? [mail.Groups[1].Value] : [];
        return [.. own.Concat(HistoryCommit.UpstreamIds(patch.Message)).Concat(Named().Matches(patch.Message).Select(match => match.Groups[1].Value))
            .Distinct(StringComparer.Ordinal)];
    }

    private async Task<IEnumerable<PatchStatus>> JudgeAsync(StatusTree tree, ImmutableArray<ImmutableArray<Candidate>> series, CancellationToken cancellation)
    {
        HistoryEvidence? history = tree.HistoryStore is null || tree.HistoryTip is null
            ? null
            : await HistoryEvidence.ReadAsync(git, tree, [.. series.SelectMany(one => one).Select(one => one.Identity)], cancellation).ConfigureAwait(false);
        using IGitObjects objects = git.OpenObjects(tree.Store);
        TreeFiles files = new(objects, tree.Id, cancellation);
        TreeJudge judge = new(tree, files, history, new BuildKnowledge(files, tree.SourceArch));
        ImmutableArray<Trial> trials = [.. series.SelectMany(one => judge.Try(one))];
        ILookup<string, string> namesakes = await FindAsync(tree, [.. TreeJudge.LostNames(trials)], cancellation).ConfigureAwait(false);
        PatchStatus[] verdicts = [.. trials.Select(trial => judge.Judge(trial, namesakes))];
        if (history is not null)
            await ByPatchIdAsync(tree, trials, verdicts, cancellation).ConfigureAwait(false);
        return Supersede(trials, verdicts, history);
    }

    /// <summary>Paths by file name, of the names asked for only. The listing passes by; nothing of it stays.</summary>
    private async Task<ILookup<string, string>> FindAsync(StatusTree tree, HashSet<string> names, CancellationToken cancellation)
    {
        List<string> found = [];
        if (names.Count > 0)
        {
            await git.QueryAsync(tree.Store, ["ls-tree", "-r", "-z", "--name-only", "--full-tree", tree.Id], async (stream, token) =>
            {
                using StreamReader reader = new(stream, leaveOpen: true);
                StringBuilder path = new();
                char[] buffer = new char[1 << 14];
                for (int count; (count = await reader.ReadAsync(buffer, token).ConfigureAwait(false)) > 0;)
                {
                    foreach (char one in buffer.AsSpan(0, count))
                    {
                        if (one != '\0')
                        {
                            path.Append(one);
                            continue;
                        }

                        string whole = path.ToString();
                        path.Clear();
                        if (names.Contains(Path.GetFileName(whole)))
                            found.Add(whole);
                    }
                }
            }, cancellation).ConfigureAwait(false);
        }

        return found.ToLookup(path => Path.GetFileName(path), StringComparer.Ordinal);
    }

    /// <summary>Looks for the diffs themselves among the commits that touch the same files, where the history has its trees.</summary>
    private async Task ByPatchIdAsync(StatusTree tree, ImmutableArray<Trial> trials, PatchStatus[] verdicts, CancellationToken cancellation)
    {
        int[] open = [.. Enumerable.Range(0, verdicts.Length).Where(at => verdicts[at].Verdict == PatchVerdict.Conflicts)];
        if (open.Length == 0 || !await git.HasTreesAsync(tree.HistoryStore!, cancellation).ConfigureAwait(false))
            return;
        string[] paths = [.. open.SelectMany(at => trials[at].Candidate.Image.Files.Select(file => file.Name)).Distinct(StringComparer.Ordinal)];
        ILookup<string, string> ids = await git.PatchIdsAsync(tree.HistoryStore!, [.. HistoryEvidence.Bound(tree.HistorySince), tree.HistoryTip!], paths,
            cancellation)
            .ConfigureAwait(false);
        (int At, string Id, string[] Commits)[] found = [.. (await OwnPatchIdsAsync(trials, open, cancellation).ConfigureAwait(false))
            .Select(own => (own.At, own.Id, ids[own.Id].ToArray())).Where(one => one.Item3.Length > 0)];
        if (found.Length == 0)
            return;
        IReadOnlyDictionary<string, string> takenBack = await HistoryEvidence.FindTakenBackAsync(
            git, tree, found.SelectMany(one => one.Commits).ToHashSet(StringComparer.Ordinal), cancellation).ConfigureAwait(false);
        foreach ((int at, string id, string[] commits) in found)
        {
            string? standing = commits.FirstOrDefault(commit => !takenBack.ContainsKey(commit));
            string evidence = $"{(standing ?? commits[0])[..12]} of the branch has the patch's patch-id {id[..12]}";
            verdicts[at] = standing is null
                ? verdicts[at] with { Evidence = [.. verdicts[at].Evidence, $"{evidence}, and {takenBack[commits[0]]} takes it back"] }
                : verdicts[at] with { Verdict = PatchVerdict.Applied, Summary = "applied, in other words", Evidence = [evidence, .. verdicts[at].Evidence] };
        }
    }

    private async Task<IEnumerable<(int At, string Id)>> OwnPatchIdsAsync(ImmutableArray<Trial> trials, int[] open, CancellationToken cancellation)
    {
        List<(int At, string Id)> own = [];
        foreach (int at in open)
        {
            string id = await git.PatchIdAsync(trials[at].Candidate.Image.Patch.Diff, cancellation).ConfigureAwait(false);
            if (id.Length > 0)
                own.Add((at, id));
        }

        return own;
    }

    private static IEnumerable<PatchStatus> Supersede(ImmutableArray<Trial> trials, PatchStatus[] verdicts, HistoryEvidence? history)
    {
        for (int at = 0; at < verdicts.Length; at++)
        {
            PatchIdentity own = trials[at].Candidate.Identity;
            if (verdicts[at].Verdict is PatchVerdict.Applied or PatchVerdict.Redundant or PatchVerdict.NotRelevant)
            {
                yield return verdicts[at];
                continue;
            }

            IEnumerable<string> byPatches =
                from other in Enumerable.Range(0, verdicts.Length)
                where other != at && trials[other].Candidate.Replaces.Any(own.IsNamedBy)
                    && verdicts[other].Verdict is PatchVerdict.Applied or PatchVerdict.Applies or PatchVerdict.Depends or PatchVerdict.Redundant
                select $"{trials[other].Candidate.Identity.Name} says that it replaces the patch, and is: {verdicts[other].Summary}";
            ImmutableArray<string> by = [.. history?.Replacing(own) ?? [], .. byPatches];
            yield return by.IsEmpty ? verdicts[at]
                : verdicts[at] with { Verdict = PatchVerdict.Superseded, Summary = "superseded", Evidence = [.. by, .. verdicts[at].Evidence] };
        }
    }

    // A patch's own trailer; what a branch's commits say counts in the kernel's forms only.
    [GeneratedRegex(@"^Upstream: (?:commit )?([0-9a-f]{12,40})\b", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Named();

    [GeneratedRegex(@"\AFrom ([0-9a-f]{40}) ", RegexOptions.CultureInvariant)]
    private static partial Regex MailId();
}

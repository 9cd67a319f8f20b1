using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches.Status;

namespace EveKernel.Core.Patches.Backport;

/// <summary>Backports for people and programs: what a pull request says, what is left to decide, and why the other trees need nothing.</summary>
public static class BackportReport
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>The backport for programs.</summary>
    /// <param name="backport">The backport.</param>
    /// <returns>JSON, schema 1.</returns>
    public static string Json(SeriesBackport backport)
    {
        ArgumentNullException.ThrowIfNull(backport);
        return JsonSerializer.Serialize(
            new
            {
                schema = 1,
                tree = backport.Tree.Name,
                backport.Tree.Arch,
                backport.Tree.Flavor,
                @base = backport.Tree.Commit,
                backport.Branch,
                backport.Head,
                complete = backport.Stopped is null,
                patches = backport.Patches.Select(patch => new
                {
                    patch.Patch.Name,
                    patch.Patch.Subject,
                    patch.Patch.DiffSha256,
                    patch.Step,
                    patch.Commit,
                    patch.Status.Verdict,
                    patch.Status.Summary,
                    patch.Status.Evidence,
                    patch.Status.Hunks,
                }),
            },
            Options) + "\n";
    }

    /// <summary>The text of a pull request.</summary>
    /// <param name="backport">The backport.</param>
    /// <param name="repository">Where the branches are, as commands name it.</param>
    /// <returns>Markdown: a title, an empty line, and the text.</returns>
    public static string PullRequest(SeriesBackport backport, string repository)
    {
        ArgumentNullException.ThrowIfNull(backport);
        BackportPatch[] wanted = [.. backport.Patches.Where(patch => patch.Step != BackportStep.Skipped)];
        string what = wanted.Length == 1 ? wanted[0].Patch.Subject : $"{Path.GetFileName(Path.GetDirectoryName(backport.Series))}: {wanted.Length} patches";
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"[{backport.Tree.Name}] {what}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"Base: `{backport.Tree.Commit}`{(backport.Tree.Branch is { } branch ? $", branch `{branch}`" : "")}. Branch: `{backport.Branch}`.\n\n");
        text.Append("| Patch | Verdict | Here |\n|---|---|---|\n");
        foreach (BackportPatch patch in backport.Patches)
            text.Append(CultureInfo.InvariantCulture, $"| {MarkdownText.Escape(patch.Patch.Subject)} | {MarkdownText.Escape(patch.Status.Summary)} | {Describe(patch)} |\n");
        text.Append("\nEvidence:\n\n");
        foreach (BackportPatch patch in backport.Patches)
        {
            text.Append(CultureInfo.InvariantCulture, $"- {MarkdownText.Escape(patch.Patch.Name)}\n");
            foreach (string evidence in patch.Status.Evidence)
                text.Append(CultureInfo.InvariantCulture, $"  - {MarkdownText.Escape(evidence)}\n");
        }

        if (backport.Stopped is { } stopped)
            AppendDecision(text, backport, stopped, repository);
        return text.Append("\nPrepared from git's objects alone: nothing was compiled or booted. Before it is merged, build it with its gates and prove it (`dotnet test`).\n").ToString();
    }

    /// <summary>What the screen shows.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="backports">The backports.</param>
    /// <returns>Lines.</returns>
    public static string Text(StatusMatrix matrix, ImmutableArray<SeriesBackport> backports)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        StringBuilder text = new();
        foreach (SeriesBackport backport in backports)
        {
            int committed = backport.Patches.Count(patch => patch.Step == BackportStep.Committed);
            int wanted = backport.Patches.Count(patch => patch.Step != BackportStep.Skipped);
            string state = backport.Stopped is { } stopped ? $"; a person must decide about {stopped.Patch.Name}" : "";
            text.Append(CultureInfo.InvariantCulture, $"{backport.Branch} is at {backport.Head[..12]}: {committed} of {wanted} patches{state}\n");
        }

        foreach (PatchStatus status in matrix.Verdicts.Where(one => !SeriesBackport.IsGap(one.Verdict)))
            text.Append(CultureInfo.InvariantCulture, $"{status.Tree} needs nothing of {matrix.Patches[status.Patch].Name}: {status.Summary}{Why(status)}\n");
        return text.ToString().TrimEnd('\n');
    }

    /// <summary>A warning where a person must decide.</summary>
    /// <param name="backports">The backports.</param>
    /// <param name="textOf">The file of a backport's pull request.</param>
    /// <returns>One for each backport that stopped, at the hunk that does not fit.</returns>
    public static IEnumerable<Diagnostic> Diagnose(ImmutableArray<SeriesBackport> backports, Func<SeriesBackport, string> textOf) =>
        from backport in backports
        let stopped = backport.Stopped
        where stopped is not null
        let hunk = stopped.Status.Hunks.FirstOrDefault(one => !one.Applies)
        select new Diagnostic(
            Severity.Warning, ErrorCodes.BackportStopped,
            $"'{stopped.Patch.Subject}' does not fit {backport.Tree.Name} ({stopped.Status.Summary}), and only a person can say what it is to be there. {textOf(backport)} has the commands to go on with.",
            new SourceLocation(stopped.Patch.File, hunk?.Line ?? stopped.Patch.Line));

    // Of a change that has no use there, what it would need.
    private static string Why(PatchStatus status) =>
        status.Verdict == PatchVerdict.AppliesWithoutEffect ? ": " + string.Join("; ", status.Evidence) : "";

    private static string Describe(BackportPatch patch) => patch.Step switch
    {
        BackportStep.Committed => $"`{patch.Commit![..12]}`",
        BackportStep.Skipped => "not needed",
        BackportStep.Stopped => "**to be decided**",
        _ => "after that",
    };

    // git lays out both sides itself, and knows how to go on and how to give up.
    private static void AppendDecision(StringBuilder text, SeriesBackport backport, BackportPatch stopped, string repository)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## To be decided\n\n`{stopped.Patch.Name}` does not fit:\n\n");
        foreach (HunkStatus hunk in stopped.Status.Hunks)
            text.Append(CultureInfo.InvariantCulture, $"- `{hunk.File}`, hunk of line {hunk.Line}: {(hunk.Applies ? "fits" : MarkdownText.Escape(hunk.Met ?? "does not fit"))}\n");
        IEnumerable<string> left = backport.Patches.Where(patch => patch.Step is BackportStep.Stopped or BackportStep.Waiting).Select(patch => patch.Patch.File);
        text.Append(CultureInfo.InvariantCulture, $"""

            To go on by hand, with both sides in the files:

                git -C {repository} worktree add "$PWD/{backport.Branch.Replace('/', '-')}" {backport.Branch}
                cd {backport.Branch.Replace('/', '-')}
                git am -3 {string.Join(' ', left)}

            """);
    }
}

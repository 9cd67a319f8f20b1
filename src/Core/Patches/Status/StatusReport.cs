using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Patches.Status;

/// <summary>The matrix for people and programs.</summary>
public static class StatusReport
{
    private const int NameWidth = 56;
    private const int EvidenceOnScreen = 60;

    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter<PatchVerdict>(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>Writes patch-status.json, .md and .html.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="folder">The folder, which is made.</param>
    public static void Write(StatusMatrix matrix, string folder)
    {
        DurableFile.WriteAllText(Path.Combine(folder, "patch-status.json"), Json(matrix));
        DurableFile.WriteAllText(Path.Combine(folder, "patch-status.md"), Markdown(matrix));
        DurableFile.WriteAllText(Path.Combine(folder, "patch-status.html"), Html(matrix));
    }

    /// <summary>The matrix for programs.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <returns>JSON, schema 1.</returns>
    public static string Json(StatusMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        return JsonSerializer.Serialize(
            new
            {
                schema = 1,
                trees = matrix.Trees.Select(tree =>
                    new { tree.Name, tree.Arch, tree.Flavor, tree.Source, tree.Branch, tree.Commit, tree = tree.Id, history = tree.HistoryTip is not null }),
                patches = matrix.Patches.Select(patch => new { patch.Series, patch.Name, patch.Subject, patch.DiffSha256 }),
                verdicts = matrix.Verdicts,
            },
            Options) + "\n";
    }

    /// <summary>The table for a screen, with the evidence below while that is short.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <returns>Lines.</returns>
    public static string Text(StatusMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        StringBuilder text = new();
        int[] widths = [.. matrix.Trees.Select(tree =>
            Math.Max(tree.Name.Length, Column(matrix, tree).Select(one => one.Summary.Length).DefaultIfEmpty().Max()) + 2)];
        int name = Math.Min(NameWidth, matrix.Patches.Max(patch => patch.Name.Length)) + 2;
        text.Append("patch".PadRight(name)).AppendJoin("", matrix.Trees.Select((tree, at) => tree.Name.PadRight(widths[at]))).Append('\n');
        for (int row = 0; row < matrix.Patches.Length; row++)
        {
            string short_ = matrix.Patches[row].Name;
            text.Append((short_.Length > name - 2 ? short_[..(name - 3)] + "…" : short_).PadRight(name));
            text.AppendJoin("", matrix.Trees.Select((tree, at) => (Cell(matrix, row, tree)?.Summary ?? "-").PadRight(widths[at]))).Append('\n');
        }

        PatchStatus[] told = [.. matrix.Verdicts.Where(one => one.Summary != "applies" || one.Evidence.Length > 1)];
        foreach (PatchStatus status in told.Length > EvidenceOnScreen ? [] : told)
        {
            text.Append(CultureInfo.InvariantCulture, $"{status.Tree}: {matrix.Patches[status.Patch].Name}: {status.Summary}\n");
            foreach (string evidence in status.Evidence)
                text.Append(CultureInfo.InvariantCulture, $"    {evidence}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{matrix.Verdicts.Length} verdicts in {matrix.Seconds:0.00} s: {Sums(matrix)}");
        // Spaces at a line's end are of no use to anybody.
        return string.Join('\n', text.ToString().Split('\n').Select(line => line.TrimEnd()));
    }

    /// <summary>The matrix for a pull request.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <returns>Markdown.</returns>
    public static string Markdown(StatusMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        StringBuilder text = new("| Patch | ");
        text.AppendJoin(" | ", matrix.Trees.Select(tree => MarkdownText.Escape(tree.Name))).Append(" |\n|---|")
            .Append(string.Concat(Enumerable.Repeat("---|", matrix.Trees.Length))).Append('\n');
        for (int row = 0; row < matrix.Patches.Length; row++)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {MarkdownText.Escape(matrix.Patches[row].Subject)} | ");
            text.AppendJoin(" | ", matrix.Trees.Select(tree => MarkdownText.Escape(Cell(matrix, row, tree)?.Summary ?? ""))).Append(" |\n");
        }

        text.Append("\n<details><summary>Evidence</summary>\n\n");
        foreach (PatchStatus status in matrix.Verdicts)
        {
            text.Append(CultureInfo.InvariantCulture, $"- **{MarkdownText.Escape(status.Tree)}**, {MarkdownText.Escape(matrix.Patches[status.Patch].Name)}: {MarkdownText.Escape(status.Summary)}\n");
            foreach (string evidence in status.Evidence)
                text.Append(CultureInfo.InvariantCulture, $"  - {MarkdownText.Escape(evidence)}\n");
        }

        return text.Append("\n</details>\n").ToString();
    }

    /// <summary>The matrix as a page of its own; nothing is loaded from elsewhere.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <returns>HTML.</returns>
    public static string Html(StatusMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        StringBuilder page = new("""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Which patch is where</title><style>
            body{font:14px sans-serif;margin:2em} table{border-collapse:collapse}
            th,td{border:1px solid #bbb;padding:.3em .6em;text-align:left;vertical-align:top}
            .applied,.redundant{background:#dfd}.applies,.depends{background:#eef}.conflicts,.missing{background:#fdd}
            .not-relevant,.applies-without-effect,.superseded{background:#eee}summary{cursor:pointer}li{font-family:monospace}
            </style></head><body><h1>Which patch is where</h1><table><tr><th>Patch</th>
            """);
        foreach (StatusTree tree in matrix.Trees)
            page.Append(CultureInfo.InvariantCulture, $"<th>{E(tree.Name)}<br><small>{E(tree.Arch)} {E(tree.Flavor)} {E(tree.Commit[..12])}</small></th>");
        page.Append("</tr>\n");
        for (int row = 0; row < matrix.Patches.Length; row++)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{E(matrix.Patches[row].Subject)}<br><small>{E(matrix.Patches[row].Name)}</small></td>");
            foreach (StatusTree tree in matrix.Trees)
            {
                PatchStatus? status = Cell(matrix, row, tree);
                string evidence = string.Concat(status?.Evidence.Select(one => $"<li>{E(one)}</li>") ?? []);
                page.Append(status is null
                    ? "<td></td>"
                    : $"<td class=\"{Word(status.Verdict)}\"><details><summary>{E(status.Summary)}</summary><ul>{evidence}</ul></details></td>");
            }

            page.Append("</tr>\n");
        }

        return page.Append(CultureInfo.InvariantCulture, $"</table><p>{E(Sums(matrix))}</p></body></html>\n").ToString();

        static string E(string words) => WebUtility.HtmlEncode(words);
    }

    /// <summary>What the policy makes of the matrix.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="policy">The policy.</param>
    /// <returns>Warnings and errors at the patches' files.</returns>
    public static ImmutableArray<Diagnostic> Diagnose(StatusMatrix matrix, PatchPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        return [.. matrix.Verdicts.Select(status => Diagnose(matrix.Patches[status.Patch], status, policy)).OfType<Diagnostic>()];
    }

    private static Diagnostic? Diagnose(StatusPatch patch, PatchStatus status, PatchPolicy policy)
    {
        (Severity severity, ErrorCode code, string what)? found = status.Verdict switch
        {
            PatchVerdict.Conflicts when policy != PatchPolicy.Report => (Severity.Error, ErrorCodes.StatusConflict, "conflicts with"),
            PatchVerdict.Applies or PatchVerdict.Depends or PatchVerdict.Missing when policy == PatchPolicy.AllApplied =>
                (Severity.Error, ErrorCodes.StatusNotApplied, "is not in"),
            PatchVerdict.Missing => (Severity.Warning, ErrorCodes.StatusMissing, "is missing from"),
            PatchVerdict.Redundant or PatchVerdict.Superseded => (Severity.Warning, ErrorCodes.StatusRedundant, "is not needed any more in"),
            _ => null,
        };
        return found is { } one
            ? new Diagnostic(one.severity, one.code,
                $"'{patch.Subject}' {one.what} tree '{status.Tree}' ({status.Summary}): {string.Join("; ", status.Evidence)}",
                new SourceLocation(patch.File, Line(patch, status)))
            : null;
    }

    // The first hunk that does not apply is where a person has to look.
    private static int Line(StatusPatch patch, PatchStatus status) =>
        status.Verdict == PatchVerdict.Conflicts && status.Hunks.FirstOrDefault(hunk => !hunk.Applies) is { } hunk ? hunk.Line : patch.Line;

    private static IEnumerable<PatchStatus> Column(StatusMatrix matrix, StatusTree tree) => matrix.Verdicts.Where(one => one.Tree == tree.Name);

    private static PatchStatus? Cell(StatusMatrix matrix, int row, StatusTree tree) =>
        matrix.Verdicts.FirstOrDefault(one => one.Patch == row && one.Tree == tree.Name);

    private static string Sums(StatusMatrix matrix) => string.Join(
        ", ", matrix.Verdicts.GroupBy(one => one.Verdict).OrderBy(group => group.Key).Select(group => $"{group.Count()} {Word(group.Key).Replace('-', ' ')}"));

    private static string Word(PatchVerdict verdict) => JsonNamingPolicy.KebabCaseLower.ConvertName(verdict.ToString());
}

/// <summary>What <c>KernelPatchPolicy</c> asks of the matrix.</summary>
public enum PatchPolicy
{
    /// <summary>Only to be told.</summary>
    Report,

    /// <summary>No conflict.</summary>
    NoConflicts,

    /// <summary>No conflict, and every tree holds every patch that has a use there.</summary>
    AllApplied,
}

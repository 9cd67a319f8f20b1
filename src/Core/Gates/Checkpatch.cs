using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Gates;

/// <summary>Runs the kernel's own checkpatch.pl over patches. It gets the part of the tree that it looks at, so that it finds what it finds in a
/// whole one.</summary>
/// <param name="git">git.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed partial class Checkpatch(IGit git, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    private const string Script = "scripts/checkpatch.pl";

    // What the script reads. spdxcheck.py is left out: it needs Python modules, and without them each patch would be said to have no licence.
    private static readonly ImmutableArray<string> Inputs =
        [Script, "scripts/spelling.txt", "scripts/const_structs.checkpatch", "scripts/get_maintainer.pl", "MAINTAINERS", "include"];

    // By these, with those above, the script knows a kernel tree; only their names count.
    private static readonly ImmutableArray<string> Landmarks =
        ["COPYING", "CREDITS", "Kbuild", "Makefile", "README", "Documentation/", "arch/", "drivers/", "fs/", "init/", "ipc/", "kernel/", "lib/", "scripts/"];

    /// <summary>Checks each patch of series.</summary>
    /// <param name="tree">The tree that the script comes from.</param>
    /// <param name="series">The series.</param>
    /// <param name="folder">A folder of the gate's own.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>How many patches were checked.</returns>
    /// <exception cref="KernelException">EVK2020, one a finding; EVK2021; EVK9001 without perl.</exception>
    public async Task<int> CheckAsync(CheckpatchTree tree, IReadOnlyList<PatchSeries> series, string folder, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(series);
        string perl = ExecutableSearch.Find("perl", environment);
        ImmutableArray<PatchFile> patches = [.. series.SelectMany(one => one.Entries).Select(entry => PatchFile.Read(entry.Path, entry.Strip))];
        string root = await PrepareAsync(tree, patches, folder, cancellation).ConfigureAwait(false);
        bool history = tree.Repository is { } repository && await git.HasHistoryAsync(repository, tree.Commit, cancellation).ConfigureAwait(false);
        if (!history)
        {
            sink.Report(new Diagnostic(
                Severity.Message, null, "checkpatch: UNKNOWN_COMMIT_ID is ignored, since the pinned tree comes without its history; all else counts."));
        }

        List<Diagnostic> findings = [];
        foreach (PatchFile patch in patches)
        {
            Command command = new(
                perl,
                [
                    Script, "--strict", "--emacs", "--show-types", "--color=never", "--no-codespell",
                    .. history ? (ImmutableArray<string>)[] : ["--ignore=UNKNOWN_COMMIT_ID"], "--", patch.File,
                ])
            {
                WorkingDirectory = root,
                // A .checkpatch.conf of the user's would be taken from HOME. A GIT_DIR that is not there turns the script's use of git off.
                Environment = GitCli.Isolate(environment)
                    .SetItem("HOME", root)
                    .SetItem("GIT_DIR", history ? tree.Repository! : Path.Combine(root, "no-repository"))
                    .SetItem("GIT_WORK_TREE", root)
                    .SetItem("GIT_INDEX_FILE", IndexOf(folder)),
            };
            CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
            findings.AddRange(Parse(patch.File, result));
        }

        return findings.Count == 0 ? patches.Length : throw new KernelException(findings);
    }

    /// <summary>Reads what checkpatch.pl says with <c>--emacs --show-types</c>.</summary>
    /// <param name="patch">The patch, by the name that the script was given.</param>
    /// <param name="result">How the script ended.</param>
    /// <returns>An error for each finding, at the patch's line.</returns>
    /// <exception cref="KernelException">EVK2021: the script did not read the patch to its end.</exception>
    public static ImmutableArray<Diagnostic> Parse(string patch, CommandResult result)
    {
        ArgumentNullException.ThrowIfNull(patch);
        ArgumentNullException.ThrowIfNull(result);
        ImmutableArray<Diagnostic>.Builder findings = ImmutableArray.CreateBuilder<Diagnostic>();
        int counted = -1;
        foreach (string line in result.StandardOutput.Split('\n'))
        {
            if (line.StartsWith(patch + ":", StringComparison.Ordinal) && Finding.Match(line, patch.Length) is { Success: true } finding)
            {
                SourceLocation place = new(patch, int.Parse(finding.Groups["line"].ValueSpan, CultureInfo.InvariantCulture));
                findings.Add(new Diagnostic(Severity.Error, ErrorCodes.CheckpatchFinding, $"checkpatch: {finding.Groups["text"].Value}", place));
            }
            else if (Summary.Match(line) is { Success: true } summary)
            {
                counted = summary.Groups["count"].Captures.Sum(count => int.Parse(count.ValueSpan, CultureInfo.InvariantCulture));
            }
        }

        // Its exit code is 1 with findings and 0 without; but a script that died half way must not pass for one that found nothing.
        if (counted != findings.Count || result.Succeeded != (counted == 0))
        {
            string said = (result.StandardOutput + result.StandardError).Trim();
            throw new KernelException(
                ErrorCodes.CheckpatchFailed,
                string.Create(CultureInfo.InvariantCulture, $"checkpatch.pl ended with {result.ExitCode}, and its summary does not fit the {findings.Count} ")
                + $"findings that were read. It said: {(said.Length > 1000 ? said[^1000..] : said)}",
                new SourceLocation(patch));
        }

        return findings.ToImmutable();
    }

    private static string IndexOf(string folder) => Path.Combine(folder, "checkpatch.index");

    private async Task<string> PrepareAsync(CheckpatchTree tree, ImmutableArray<PatchFile> patches, string folder, CancellationToken cancellation)
    {
        string root = Path.Combine(folder, "checkpatch");
        // Bindings are large, and only a patch that names a device's "compatible" makes the script read them.
        bool bindings = patches.Any(patch => patch.Diff.Span.IndexOf("compatible"u8) >= 0);
        ImmutableArray<string> touched = [.. patches.SelectMany(patch => patch.Files).Select(file => file.OldPath).OfType<string>()];
        ImmutableArray<string> wanted =
        [
            .. Inputs, .. touched.Distinct().Order(StringComparer.Ordinal), .. bindings ? (ImmutableArray<string>)["Documentation/devicetree/bindings"] : [],
        ];
        string record = Path.Combine(folder, "checkpatch.record");
        string key = string.Join('\n', wanted.Prepend(tree.Tree));
        if (!File.Exists(record) || await File.ReadAllTextAsync(record, cancellation).ConfigureAwait(false) != key)
        {
            Directory.CreateDirectory(folder);
            File.Delete(record);
            Folders.Delete(root);
            await git.CheckOutPathsAsync(tree.Store, tree.Tree, wanted, root, IndexOf(folder), cancellation).ConfigureAwait(false);
            foreach (string mark in Landmarks.Where(mark => !Path.Exists(Path.Combine(root, mark))))
            {
                if (mark.EndsWith('/'))
                    Directory.CreateDirectory(Path.Combine(root, mark));
                else
                    await File.WriteAllTextAsync(Path.Combine(root, mark), "", cancellation).ConfigureAwait(false);
            }

            DurableFile.WriteAllText(record, key);
        }

        return File.Exists(Path.Combine(root, Script)) ? root
            : throw new KernelException(ErrorCodes.CheckpatchFailed, $"The tree {tree.Commit} has no {Script}, so its patches cannot be checked with it.");
    }

    [GeneratedRegex(@"\G:(?<line>\d+): (?<text>(?:ERROR|WARNING|CHECK):\S+ .+)$")]
    private static partial Regex Finding { get; }

    [GeneratedRegex(@"^total: (?<count>\d+) errors, (?<count>\d+) warnings, (?:(?<count>\d+) checks, )?\d+ lines checked$")]
    private static partial Regex Summary { get; }
}

/// <summary>Where checkpatch.pl and what it reads come from.</summary>
/// <param name="Store">The store.</param>
/// <param name="Tree">The tree's id in it.</param>
/// <param name="Commit">The commit whose history counts: an id, or HEAD.</param>
/// <param name="Repository">The repository that may hold that history, or null.</param>
public sealed record CheckpatchTree(string Store, string Tree, string Commit, string? Repository);

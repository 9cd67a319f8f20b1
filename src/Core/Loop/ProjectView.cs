using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Verification;

namespace EveKernel.Core.Loop;

/// <summary>Where everything of a project is, and how it stands. Nothing is fetched or built for it.</summary>
public sealed record ProjectView
{
    /// <summary>The form of the JSON; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The project file.</summary>
    public required string Project { get; init; }

    /// <summary>What <c>uname -r</c> says; null while it is not known.</summary>
    public string? Release { get; init; }

    /// <summary>The build key; null while it is not known.</summary>
    public string? Key { get; init; }

    /// <summary>Why it is not known.</summary>
    public string? KeyProblem { get; init; }

    /// <summary>Whether the results are those of this key.</summary>
    public bool Built { get; init; }

    /// <summary>The package's id.</summary>
    public string? PackageId { get; init; }

    /// <summary>Its version.</summary>
    public string? PackageVersion { get; init; }

    /// <summary>The pinned commit.</summary>
    public string? Commit { get; init; }

    /// <summary>The patched tree, which make compiles.</summary>
    public required string Tree { get; init; }

    /// <summary>make's O=.</summary>
    public required string ObjectTree { get; init; }

    /// <summary>The configuration in it.</summary>
    public required string Configuration { get; init; }

    /// <summary>make's log.</summary>
    public required string Log { get; init; }

    /// <summary>The results.</summary>
    public required string Output { get; init; }

    /// <summary>What the key is made of.</summary>
    public required string KeyFile { get; init; }

    /// <summary>The folder of the packages.</summary>
    public required string Packages { get; init; }

    /// <summary>The patches, in order.</summary>
    public ImmutableArray<PatchView> Series { get; init; } = [];

    /// <summary>What the last <c>dotnet test</c> proved; null where there is no record.</summary>
    public VerdictView? Verdict { get; init; }

    /// <summary>The edit tree; null where there is none.</summary>
    public EditSummary? Edit { get; init; }

    /// <summary>Why the edit tree cannot be read.</summary>
    public string? EditProblem { get; init; }

    /// <summary>Looks.</summary>
    /// <param name="request">Where to look.</param>
    /// <param name="tree">The edit tree.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What is there.</returns>
    public static async Task<ProjectView> LookAsync(ViewRequest request, EditTree tree, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        Task<(EditSummary? Edit, string? Problem)> edit = SummarizeAsync(tree, cancellation);
        BuildPlan? plan = JsonFile.TryRead<BuildPlan>(request.PlanFile);
        string objects = plan?.ObjectTree ?? Path.Combine(request.IntermediateFolder, "out");
        return new ProjectView
        {
            Project = request.ProjectFile,
            Release = plan?.Release,
            Key = plan?.Key,
            KeyProblem = request.KeyProblem,
            Built = plan is not null && Packaging.Manifest.TryRead(Path.Combine(request.OutputFolder, "manifest.json"))?.Key == plan.Key,
            PackageId = plan?.PackageId,
            PackageVersion = plan?.PackageVersion,
            Commit = plan?.Source.Commit,
            Tree = plan?.WorkTree ?? Path.Combine(request.IntermediateFolder, "tree"),
            ObjectTree = objects,
            Configuration = Path.Combine(objects, ".config"),
            Log = Path.Combine(request.OutputFolder, "make.log"),
            Output = request.OutputFolder,
            KeyFile = Path.Combine(request.OutputFolder, "key.txt"),
            Packages = request.PackageFolder,
            Series = ReadSeries(request),
            Verdict = ReadVerdict(request.OutputFolder, plan),
            Edit = (await edit.ConfigureAwait(false)).Edit,
            EditProblem = (await edit.ConfigureAwait(false)).Problem,
        };
    }

    private static async Task<(EditSummary? Edit, string? Problem)> SummarizeAsync(EditTree tree, CancellationToken cancellation)
    {
        try
        {
            return (await new EditReport(tree).SummarizeAsync(cancellation).ConfigureAwait(false), null);
        }
        catch (KernelException exception)
        {
            return (null, $"{tree.Folder}: {exception.Code.Id}: {exception.Message}");
        }
    }

    /// <summary>The view as JSON.</summary>
    /// <returns>The text.</returns>
    public string ToJson() => JsonFile.ToText(this);

    /// <summary>The view for the console.</summary>
    /// <returns>A few lines.</returns>
    public string ToText()
    {
        StringBuilder text = new();
        text.Append(Path.GetFileName(Project)).Append(Built ? "" : ", not built as it stands now").Append('\n');
        Line("release", Release ?? "not known yet");
        Line("key", Key ?? $"not known yet: {KeyProblem}");
        Line("package", PackageId is null ? "not known yet" : $"{PackageId} {PackageVersion}");
        Line("commit", Commit ?? "not known yet");
        Line("tree", Tree);
        Line("O=", ObjectTree);
        Line("config", Configuration);
        Line("log", Log);
        Line("results", $"{Output}, with key.txt");
        Line("packages", Packages);
        AddSeries(text);
        Line("verdict", Verdict is null ? "none: dotnet test has not proven anything" : Verdict.ToString());
        AddEdit(text);
        return text.ToString().TrimEnd('\n');

        void Line(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"  {name,-9} {value}\n");
    }

    private void AddSeries(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"  {"series",-9} {Series.Length} patches\n");
        int width = Series.Select(patch => patch.Status.Length).DefaultIfEmpty().Max();
        foreach (PatchView patch in Series)
            text.Append(CultureInfo.InvariantCulture, $"    {patch.Status.PadRight(width)}  {patch.Name}\n");
    }

    private void AddEdit(StringBuilder text)
    {
        if (EditProblem is not null)
            text.Append(CultureInfo.InvariantCulture, $"  {"edit tree",-9} {EditProblem}\n");
        if (Edit is null)
            return;
        string state = Edit.Operation is { } operation ? $"in the midst of git {operation}"
            : Edit.Commits == 0 && Edit.Uncommitted.IsEmpty ? "as the series"
            : string.Create(CultureInfo.InvariantCulture, $"{Edit.Commits} commits and {Edit.Uncommitted.Length} uncommitted files over the series");
        text.Append(CultureInfo.InvariantCulture, $"  {"edit tree",-9} {Edit.Folder}, {state}\n");
        foreach (KeptState kept in Edit.Kept.Take(5))
            text.Append(CultureInfo.InvariantCulture, $"  {"kept",-9} {kept.Name} {kept.Before}\n");
        if (Edit.Kept.Length > 5)
            text.Append(CultureInfo.InvariantCulture, $"            and {Edit.Kept.Length - 5} older: git for-each-ref {StateKeeper.Prefix}\n");
    }

    private static ImmutableArray<PatchView> ReadSeries(ViewRequest request)
    {
        Dictionary<string, bool> built = (JsonFile.TryRead<PatchedTree>(Path.Combine(request.IntermediateFolder, "patched.json"))?.Patches ?? [])
            .GroupBy(patch => patch.DiffSha256).ToDictionary(patches => patches.Key, patches => patches.First().AlreadyApplied, StringComparer.Ordinal);
        ImmutableArray<PatchView>.Builder views = ImmutableArray.CreateBuilder<PatchView>();
        foreach (string series in request.Series)
        {
            try
            {
                views.AddRange(PatchSeries.Read(series).Entries.Select(entry => ReadPatch(entry, built)));
            }
            catch (KernelException exception)
            {
                views.Add(new PatchView(Path.GetFileName(series), series, "", $"{exception.Code.Id}: {exception.Message}"));
            }
        }

        return views.ToImmutable();
    }

    private static PatchView ReadPatch(SeriesEntry entry, Dictionary<string, bool> built)
    {
        try
        {
            PatchFile patch = PatchFile.Read(entry.Path, entry.Strip);
            string status = !built.TryGetValue(patch.DiffSha256, out bool held) ? "not built" : held ? "in the pinned tree" : "built";
            return new PatchView(entry.Name, entry.Path, patch.Subject, status);
        }
        catch (KernelException exception)
        {
            return new PatchView(entry.Name, entry.Path, "", exception.Code.Id);
        }
    }

    private static VerdictView? ReadVerdict(string output, BuildPlan? plan)
    {
        ProofRecord? proof = JsonFile.TryRead<ProofRecord>(Path.Combine(output, "verify.json"), JsonFile.Readable);
        return proof is null ? null : new VerdictView(
            proof.Passed, plan is not null && proof.Patched.Key == plan.Key, proof.Patched.Release,
            [.. proof.Checks.Select(check => $"{check.Check} {check.Kernel} {check.Verdict}")]);
    }
}

/// <summary>Where to look for what a project has.</summary>
/// <param name="ProjectFile">The project file.</param>
/// <param name="IntermediateFolder">Its intermediate folder.</param>
/// <param name="OutputFolder">Where its results stand.</param>
/// <param name="PackageFolder">Where its packages go.</param>
/// <param name="Series">The series files.</param>
/// <param name="PlanFile">The plan, where one could be made without fetching.</param>
/// <param name="KeyProblem">Why none could be made.</param>
public sealed record ViewRequest(
    string ProjectFile, string IntermediateFolder, string OutputFolder, string PackageFolder, ImmutableArray<string> Series, string PlanFile,
        string? KeyProblem);

/// <summary>A patch and how it stands.</summary>
/// <param name="Name">Its name in the series.</param>
/// <param name="File">Its file.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Status"><c>built</c>, <c>not built</c> since it changed, <c>in the pinned tree</c> already, or the code of what is wrong with it.</param>
public sealed record PatchView(string Name, string File, string Subject, string Status);

/// <summary>What the last proof found.</summary>
/// <param name="Passed">Whether all was as expected.</param>
/// <param name="Current">Whether it is of the kernel that the project describes now.</param>
/// <param name="Release">The release of the kernel that was proven.</param>
/// <param name="Checks">Check, kernel and verdict of each.</param>
public sealed record VerdictView(bool Passed, bool Current, string Release, ImmutableArray<string> Checks)
{
    /// <inheritdoc />
    public override string ToString() =>
        $"{(Passed ? "passed" : "failed")}{(Current ? "" : $", of another kernel ({Release})")}: {string.Join(", ", Checks)}";
}

using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Rebuild;

/// <summary>Builds a second time in other surroundings and holds all files and packages of both builds against each other.</summary>
/// <param name="plan">The plan of the first build, whose result stands.</param>
/// <param name="packageFolder">Where its package is.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class RebuildCheck(BuildPlan plan, string packageFolder, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    private readonly SecondBuild _second = new(plan, environment);

    /// <summary>Checks.</summary>
    /// <param name="request">What starts the second build.</param>
    /// <param name="require">Which variations must be made.</param>
    /// <param name="cores">The cores that MSBuild grants.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What came of it; the same is in <see cref="RebuildReport.FileName"/>.</returns>
    /// <exception cref="KernelException">EVK6101, one a file that differs; EVK6102, one a variation; EVK6103.</exception>
    public async Task<RebuildReport> RunAsync(
        RebuildRequest request, RequiredVariations require, int cores, bool withoutNetwork, CancellationToken cancellation)
    {
        string reportFile = Path.Combine(plan.OutputFolder, RebuildReport.FileName);
        File.Delete(reportFile);
        DiskSpace.Require(_second.Folder);
        _second.Remove();
        StageRecord? made = new BuildJournal(plan.IntermediateFolder).Read().FirstOrDefault(stage => stage.Name == "make");
        int jobs = made?.Jobs ?? cores;
        Surroundings first = await Surroundings.ObserveAsync(plan, jobs, environment, cancellation).ConfigureAwait(false);
        HostAbilities abilities = await HostAbilities.FindAsync(plan, Path.Combine(_second.Folder, "trial"), environment, cancellation).ConfigureAwait(false);

        Say($"Building a second time in other surroundings; its log is {_second.LogFile}");
        DateTime started = DateTime.UtcNow;
        SecondResult result = await _second.RunAsync(request, abilities, jobs + 1, withoutNetwork, cancellation).ConfigureAwait(false);
        double seconds = BuildJournal.Elapsed(started);
        Surroundings second = Surroundings.Read(result.SurroundingsFile);
        ResultComparison comparison = new(plan, packageFolder, result, CreateSides(first, second, made), _second.Folder, environment);
        (ImmutableArray<string> compared, ImmutableArray<Difference> differences) = await comparison.RunAsync(cancellation).ConfigureAwait(false);
        RebuildReport report = new()
        {
            Key = plan.Key,
            Same = differences.IsEmpty,
            Seconds = seconds,
            Variations = Variation.Compare(first, second, abilities.Obstacles),
            Compared = compared,
            Differences = differences,
        };
        DurableFile.WriteAllText(reportFile, report.ToJson());
        foreach (string line in report.ToTable())
            Say("    " + line);
        Say(report.Summarise());
        // Whoever looks into a difference needs both sides.
        if (report.Same)
            _second.Remove();
        ThrowIfWanting(report, require);
        return report;
    }

    private (BuildSide First, BuildSide Second) CreateSides(Surroundings first, Surroundings second, StageRecord? made)
    {
        const int day = 24 * 60 * 60;
        long begun = made is null ? first.Clock : new DateTimeOffset(made.Started).ToUnixTimeSeconds();
        string view = second.Folder;
        return (
            new BuildSide(
                first,
                [plan.WorkTree, plan.ObjectTree, plan.OutputFolder, plan.IntermediateFolder.TrimEnd('/'), first.Home, first.Temporary, first.Path],
                begun - (30 * day),
                first.Clock + day),
            new BuildSide(
                second,
                [Path.Combine(view, "tree"), Path.Combine(view, "out"), Path.Combine(view, "bin"), view, second.Home, second.Temporary, second.Path],
                second.Clock - day,
                second.Clock + day));
    }

    private void ThrowIfWanting(RebuildReport report, RequiredVariations require)
    {
        List<Diagnostic> errors = [.. report.Differences.Select(Describe)];
        foreach (Variation variation in report.Variations.Where(variation => !variation.Varied))
        {
            if (require == RequiredVariations.None || (require == RequiredVariations.Possible && !variation.Possible))
                continue;
            errors.Add(new Diagnostic(
                Severity.Error,
                ErrorCodes.RebuildNotVaried,
                $"The second build had the same {variation.Name} as the first, because {variation.Because}. KernelRebuildCheckRequire asks that it differs."));
        }

        if (errors.Count > 0)
            throw new KernelException(errors);
    }

    private Diagnostic Describe(Difference difference)
    {
        string begins = difference.Begins.IsEmpty ? "" : $" It is seen first in {string.Join(" and ", difference.Begins)} of the O= folders.";
        string diffoscope = difference.Diffoscope is { } file ? $" diffoscope's report: {file}"
            : ExecutableSearch.TryFind("diffoscope", environment) is null ? " diffoscope, if it were installed, would show all of it." : "";
        return new Diagnostic(
            Severity.Error,
            ErrorCodes.RebuildDiffers,
            $"{difference.File} is not the same in a second build: {difference.Place}{begins} {difference.Cure}{diffoscope}",
            new SourceLocation(Path.Combine(plan.OutputFolder, difference.File)));
    }

    private void Say(string text) => sink.Report(new Diagnostic(Severity.Message, null, text));
}

/// <summary>Which variations must be made.</summary>
public enum RequiredVariations
{
    /// <summary>None: what was not varied is only reported.</summary>
    None,

    /// <summary>Each that the host could vary if what it lacks were installed.</summary>
    Possible,

    /// <summary>Each.</summary>
    All,
}

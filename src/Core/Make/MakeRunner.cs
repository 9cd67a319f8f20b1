using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>Runs the kernel's make: log, warnings, the first real error, and no trust in what an interrupted run has left.</summary>
/// <param name="sink">Takes warnings as they arise.</param>
public sealed class MakeRunner(IDiagnosticSink sink)
{
    /// <summary>Runs make to its end.</summary>
    /// <param name="context">The surroundings.</param>
    /// <param name="jobs">How many jobs at once; where the host's cores are shared, with all other makes together.</param>
    /// <param name="targets">Targets and further assignments.</param>
    /// <param name="logFile">The log, to which the run is appended; its folder is made.</param>
    /// <param name="withoutNetwork">Whether make gets no network, where the host allows that.</param>
    /// <param name="cancellation">Ends make and all that it has started.</param>
    /// <param name="progress">Counts its steps, or null.</param>
    /// <returns>What make has warned of.</returns>
    /// <exception cref="KernelException">make failed. The first error is the first real one, not make's complaint about it.</exception>
    public async Task<MakeResult> RunAsync(
        MakeContext context,
        int jobs,
        ImmutableArray<string> targets,
        string logFile,
        bool withoutNetwork,
        CancellationToken cancellation,
        MakeProgress? progress = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        Directory.CreateDirectory(context.OutputTree);
        InterruptionMarker marker = new(context.OutputTree);
        if (marker.CleanUp(keep: logFile) is { } removed)
        {
            sink.Report(new Diagnostic(Severity.Message, null, string.Create(
                CultureInfo.InvariantCulture,
                $"The last make in '{context.OutputTree}' did not end by itself; {removed} files that it had written are deleted and will be made anew.")));
        }

        PaholeFilter.Write(context);
        DateTime start = DateTime.UtcNow;
        Command command = context.ToCommand(jobs, targets);
        MakeLines lines = new(new LogParser(context.SourceTree, context.OutputTree), sink);
        GroupResult result;
        await using JobPool? pool = context.JobPoolFolder is { } folder ? JobPool.TryJoin(folder, jobs) : null;
        await using (MakeLog log = new(logFile))
        {
            log.Write($"# {start:yyyy-MM-dd HH:mm:ss} UTC: {command}");
            marker.Set(start);
            result = await new ProcessGroup(withoutNetwork).RunAsync(
                pool?.Wrap(command) ?? command,
                line =>
                {
                    log.Write(line);
                    lines.Take(line);
                    progress?.Take(line);
                },
                cancellation).ConfigureAwait(false);
        }

        // Before the marker goes: a make cut off here is cleaned up after, and what it has warned about is compiled again.
        new WarnedFiles(context.OutputTree).Add(lines.WarnedFiles.Select(context.RelativePath));
        // make knows the exit codes 0, 1 and 2; above 128 a signal has ended it, and it could not tidy up.
        if (result.ExitCode < 128)
            marker.Remove();
        if (result.ExitCode != 0)
            throw lines.Failure(result.ExitCode, logFile);
        return new MakeResult(lines.Finish(), result.WithoutNetwork, lines.ObjectsCompiled);
    }
}

/// <summary>What a successful make tells.</summary>
/// <param name="Warnings">Each warning once, in the order of arrival.</param>
/// <param name="WithoutNetwork">Whether it really had no network.</param>
/// <param name="ObjectsCompiled">How many objects it has compiled from C or assembler.</param>
public sealed record MakeResult(ImmutableArray<Diagnostic> Warnings, bool WithoutNetwork, int ObjectsCompiled)
{
    /// <summary>Two makes for one purpose.</summary>
    /// <param name="next">The second.</param>
    /// <returns>What both tell.</returns>
    public MakeResult Then(MakeResult next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new([.. Warnings, .. next.Warnings], WithoutNetwork && next.WithoutNetwork, ObjectsCompiled + next.ObjectsCompiled);
    }
}

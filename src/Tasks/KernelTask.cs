using System.Collections.Immutable;
using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using Microsoft.Build.Framework;
using Severity = EveKernel.Core.Diagnostics.Severity;

namespace EveKernel.Tasks;

/// <summary>What all tasks share: they end on Ctrl+C and on SIGTERM (for which MSBuild calls no Cancel), and whatever fails has a code and no stack trace.</summary>
public abstract class KernelTask : Microsoft.Build.Utilities.Task, ICancelableTask, IMultiThreadableTask, IDiagnosticSink, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>The project's own environment: with <c>-mt</c> the process is shared by builds of other projects.</summary>
    public TaskEnvironment TaskEnvironment { get; set; } = TaskEnvironment.Fallback;

    /// <summary>The environment for helpers.</summary>
    protected ImmutableDictionary<string, string> HostEnvironment => TaskEnvironment.GetEnvironmentVariables().ToImmutableDictionary(StringComparer.Ordinal);

    /// <inheritdoc />
    public void Cancel() => _cancellation.Cancel();

    /// <inheritdoc />
    public override bool Execute()
    {
        using Termination termination = new(this);
        try
        {
            ExecuteAsync(_cancellation.Token).GetAwaiter().GetResult();
        }
        catch (KernelException exception)
        {
            foreach (Diagnostic diagnostic in exception.Diagnostics)
                Report(diagnostic);
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            if (!termination.HasTold)
                Report(new Diagnostic(Severity.Error, ErrorCodes.Cancelled, "The build was cancelled. What is whole stays, and the next build goes on from there."));
        }
        catch (Exception exception) when (HostFailure.Describe(exception) is { } failure)
        {
            Report(failure);
        }
        catch (Exception exception)
        {
            Report(new Diagnostic(Severity.Error, ErrorCodes.Internal, $"{exception.GetType().Name}: {exception.Message} Please report it with a binary log (-bl)."));
            Log.LogMessage(MessageImportance.Low, exception.ToString());
        }

        return !Log.HasLoggedErrors;
    }

    /// <inheritdoc />
    public void Report(Diagnostic diagnostic)
    {
        ArgumentNullException.ThrowIfNull(diagnostic);
        SourceLocation place = diagnostic.Location ?? new SourceLocation("");
        switch (diagnostic.Severity)
        {
            case Severity.Error:
                Log.LogError(null, diagnostic.Code?.Id, null, place.File, place.Line, place.Column, 0, 0, "{0}", diagnostic.Message);
                break;
            case Severity.Warning:
                Log.LogWarning(null, diagnostic.Code?.Id, null, place.File, place.Line, place.Column, 0, 0, "{0}", diagnostic.Message);
                break;
            default:
                // See EveKernel.Tell.targets. Formatted here: a message may have braces.
                BuildEngine.LogMessageEvent(new ExtendedBuildMessageEventArgs("TLTESTOUTPUT", diagnostic.Message, null, GetType().Name, MessageImportance.High));
                break;
        }
    }

    /// <summary>Tells something.</summary>
    /// <param name="text">The words.</param>
    protected void Say(string text) => Report(new Diagnostic(Severity.Message, null, text));

    /// <summary>Where a place is that a project names.</summary>
    /// <param name="place">An address, or a path relative to the folder.</param>
    /// <param name="folder">The project's folder.</param>
    /// <returns>The address, or the absolute path.</returns>
    protected static string Locate(string place, string folder)
    {
        ArgumentNullException.ThrowIfNull(place);
        return place.Contains(':', StringComparison.Ordinal) ? place : Path.GetFullPath(place, folder).TrimEnd('/');
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes the project's lock, unless this build has it. It is let go at the end of the build at the latest.</summary>
    /// <param name="plan">The project's plan.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>A task.</returns>
    protected Task TakeLockAsync(BuildPlan plan, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return TakeLockAsync(plan.ProjectFile, plan.IntermediateFolder, cancellation);
    }

    /// <summary>Takes the lock of a project that has no plan yet.</summary>
    /// <param name="projectFile">The project's file.</param>
    /// <param name="intermediateFolder">The project's intermediate folder.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>A task.</returns>
    protected Task TakeLockAsync(string projectFile, string intermediateFolder, CancellationToken cancellation) => ProjectLock.TakeAsync(
        BuildEngine4,
        intermediateFolder,
        projectFile,
        holder => Say($"Waiting for another build of this project: {holder}"),
        cancellation);

    /// <summary>Runs something with the cores that MSBuild grants.</summary>
    /// <param name="run">Takes the number of cores.</param>
    /// <returns>A task.</returns>
    protected async Task WithCoresAsync(Func<int, Task> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        int cores = BuildEngine9.RequestCores(System.Environment.ProcessorCount);
        try
        {
            await run(cores).ConfigureAwait(false);
        }
        finally
        {
            BuildEngine9.ReleaseCores(cores);
        }
    }

    /// <summary>Does the task's work.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    protected abstract Task ExecuteAsync(CancellationToken cancellation);

    /// <summary>Lets go of what it holds.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            _cancellation.Dispose();
    }
}

using System.Runtime.InteropServices;
using EveKernel.Core.Diagnostics;
using Severity = EveKernel.Core.Diagnostics.Severity;

namespace EveKernel.Tasks;

/// <summary>
/// Ends a task's work when SIGTERM arrives. MSBuild calls no Cancel then, and dotnet's own handler exits at once with 0, as if the build had succeeded. So the
/// exit is held until nothing of the work is left, the console is told, and the exit code becomes that of a process that SIGTERM has ended.
/// </summary>
internal sealed class Termination : IDisposable
{
    private const int ExitCode = 128 + 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly KernelTask _task;
    private readonly PosixSignalRegistration _signal;
    private readonly ManualResetEventSlim _ended = new();
    private int _told;

    /// <summary>Watches until it is disposed of.</summary>
    /// <param name="task">The task.</param>
    internal Termination(KernelTask task)
    {
        _task = task;
        _signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            End();
        });
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    /// <summary>Whether the user knows already why the work was cancelled.</summary>
    internal bool HasTold => _told != 0;

    /// <inheritdoc />
    public void Dispose()
    {
        _ended.Set();
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        _signal.Dispose();
    }

    private void End()
    {
        if (Interlocked.Exchange(ref _told, 1) != 0)
            return;
        const string Message = "SIGTERM has arrived. make and all that it had started are ended; what is whole stays, and the next build goes on from there.";
        // Both: the console's logger may not come to its turn any more.
        Console.Error.WriteLine($"error {ErrorCodes.Cancelled.Id}: {Message}");
        _task.Report(new Diagnostic(Severity.Error, ErrorCodes.Cancelled, Message));
        _task.Cancel();
    }

    private void OnExit(object? sender, EventArgs arguments)
    {
        End();
        _ended.Wait(Patience);
        Environment.ExitCode = ExitCode;
    }
}

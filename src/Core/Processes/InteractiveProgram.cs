using System.Diagnostics;

namespace EveKernel.Core.Processes;

/// <summary>Runs a program that owns the terminal while it runs, such as a menu or an editor.</summary>
public static class InteractiveProgram
{
    /// <summary>Whether this process has a terminal for input and output.</summary>
    public static bool HasTerminal => !Console.IsInputRedirected && !Console.IsOutputRedirected;

    /// <summary>Runs it. Until it ends nothing else of this process writes to the console: the terminal logger, which repaints its last lines many times a second, waits with what it has to say.
    /// </summary>
    /// <param name="command">The program, which is in this process's own group: a group in the background may not read from the terminal.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Its exit status.</returns>
    public static int Run(Command command, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(command);
        ProcessStartInfo start = new(ExecutableSearch.Find(command.Executable, command.Environment!), command.Arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = command.WorkingDirectory ?? "/",
        };
        start.Environment.Clear();
        foreach ((string name, string value) in command.Environment!)
            start.Environment[name] = value;
        // The console's writer is synchronized on itself, and so are all writes by Console.
        lock (Console.Out)
        {
            Console.Out.Flush();
            using Process process = Process.Start(start)!;
            using CancellationTokenRegistration killing = cancellation.Register(() => process.Kill(entireProcessTree: true));
            process.WaitForExit();
            cancellation.ThrowIfCancellationRequested();
            return process.ExitCode;
        }
    }
}

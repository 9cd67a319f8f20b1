using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Processes;

/// <summary>Runs short commands to their end. A cancelled one is killed with its children. <see cref="ProcessGroup"/> is for make.</summary>
public static class ProcessRunner
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Runs a command and takes what it prints.</summary>
    /// <param name="command">What to run.</param>
    /// <param name="cancellation">Ends the command and its children.</param>
    /// <param name="writeInput">Writes its standard input, which is closed afterwards; null gives it an empty one.</param>
    /// <param name="readOutput">Reads its standard output as bytes; null collects it as UTF-8 text.</param>
    /// <returns>Exit code and output.</returns>
    /// <exception cref="KernelException">EVK9001: there is no such program.</exception>
    public static async Task<CommandResult> RunAsync(
        Command command,
        CancellationToken cancellation,
        Func<Stream, CancellationToken, Task>? writeInput = null,
        Func<Stream, CancellationToken, Task>? readOutput = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        using Process process = Start(command);
        using CancellationTokenRegistration registration = cancellation.Register(() => Kill(process));

        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        Task<string> output = readOutput is null
            ? process.StandardOutput.ReadToEndAsync(CancellationToken.None)
            : ReadAsync(process, readOutput, cancellation);
        await WriteAsync(process, writeInput, cancellation).ConfigureAwait(false);

        await Task.WhenAll(output, error).ConfigureAwait(false);
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return new CommandResult(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
    }

    /// <summary>Starts a program with redirected streams.</summary>
    /// <param name="command">What to start.</param>
    /// <returns>The started process.</returns>
    /// <exception cref="KernelException">EVK9001: there is no such program.</exception>
    internal static Process Start(Command command)
    {
        ProcessStartInfo start = new(ExecutableSearch.Find(command.Executable, command.Environment), command.Arguments)
        {
            WorkingDirectory = command.WorkingDirectory ?? "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = Utf8,
            StandardOutputEncoding = Utf8,
            StandardErrorEncoding = Utf8,
        };
        if (command.Environment is not null)
        {
            start.Environment.Clear();
            foreach ((string name, string value) in command.Environment)
                start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new KernelException(ErrorCodes.ToolMissing, $"'{command.Executable}' could not be started: {exception.Message}", inner: exception);
        }
    }

    private static async Task WriteAsync(Process process, Func<Stream, CancellationToken, Task>? write, CancellationToken cancellation)
    {
        try
        {
            if (write is not null)
                await write(process.StandardInput.BaseStream, cancellation).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException) when (write is not null)
        {
            // The command closed its input early; its exit code and message tell more than a broken pipe.
        }
    }

    private static async Task<string> ReadAsync(Process process, Func<Stream, CancellationToken, Task> read, CancellationToken cancellation)
    {
        try
        {
            await read(process.StandardOutput.BaseStream, cancellation).ConfigureAwait(false);
        }
        catch
        {
            Kill(process);
            throw;
        }

        return "";
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}

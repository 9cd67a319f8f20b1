using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Configuration;

/// <summary>One configuration's commands, whose output goes to one log.</summary>
/// <param name="processes">Runs make.</param>
/// <param name="request">What is configured.</param>
/// <param name="log">The log.</param>
internal sealed class KconfigRun(ProcessGroup processes, ConfigurationRequest request, StreamWriter log)
{
    /// <summary>The folder of what is ours, in the O= folder and relative to it: it moves with the folder.</summary>
    public const string WorkFolder = ".evk-kconfig";

    private const int TailLines = 12;

    /// <summary>What is configured.</summary>
    public ConfigurationRequest Request => request;

    /// <summary>The path of a file of ours.</summary>
    public string File(string name) => Path.GetFullPath(Path.Combine(request.Make.OutputTree, WorkFolder, name));

    /// <summary>Runs make.</summary>
    public Task MakeAsync(IEnumerable<string> arguments, CancellationToken cancellation) =>
        RunAsync(request.Make.ToCommand(request.Jobs, arguments), cancellation);

    /// <summary>Runs a program in the O= folder, as make would.</summary>
    public Task InOutputAsync(string program, ImmutableArray<string> arguments, CancellationToken cancellation) => RunAsync(
        request.Make.ToCommand(request.Jobs) with { Executable = program, Arguments = arguments, WorkingDirectory = request.Make.OutputTree },
        cancellation);

    /// <summary>Asks the tree's own parser for symbols.</summary>
    /// <param name="lines">The symbols, with the values that they were to have.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="config">The configuration, absolute; null is that of the O= folder.</param>
    /// <returns>The answers.</returns>
    public async Task<SymbolReports> AskAsync(IEnumerable<ConfigLine> lines, CancellationToken cancellation, string? config = null)
    {
        await System.IO.File.WriteAllLinesAsync(File("query"), lines.Select(Question), cancellation).ConfigureAwait(false);
        string answer = File("answer");
        System.IO.File.Delete(answer);
        string source = Path.GetFullPath(request.KconfigHelperSource);
        string script = string.Join(' ', ((IEnumerable<string>)["sh", Path.ChangeExtension(source, ".sh"), source, WorkFolder]).Select(ShellQuoting.Quote));
        // The name ends in "config": the top Makefile then exports what the Kconfig files ask for, and goes on in scripts/kconfig. Only there,
        // told by $(obj), the target is given a recipe, because --eval reaches every make on the way.
        await MakeAsync(
            [
                $"EVK_KCONFIG={script.Replace("$", "$$", StringComparison.Ordinal)}",
                "--eval=$(if $(filter scripts/kconfig,$(obj)),$(eval evkconfig: scripts/kconfig/conf ; @$$(EVK_KCONFIG)))",
                .. config is null ? (string[])[] : [$"KCONFIG_CONFIG={config}"],
                "evkconfig",
            ],
            cancellation).ConfigureAwait(false);
        if (!System.IO.File.Exists(answer))
            throw new KernelException(ErrorCodes.KconfigFailed, $"The tree's Kconfig parser was not asked: {answer} is not there. See {request.LogFile}.");
        return SymbolReports.Parse(await System.IO.File.ReadAllLinesAsync(answer, cancellation).ConfigureAwait(false));
    }

    private static string Question(ConfigLine line) => $"{line.Name} {(line.Value is "m" or "n" ? line.Value : "y")}";

    private async Task RunAsync(Command command, CancellationToken cancellation)
    {
        Queue<string> tail = new();
        LogParser parser = new(request.Make.SourceTree, request.Make.OutputTree);
        Diagnostic? host = null;
        await log.WriteLineAsync($"$ {command}").ConfigureAwait(false);
        GroupResult result = await processes.RunAsync(
            command,
            line =>
            {
                log.WriteLine(line);
                tail.Enqueue(line);
                if (host is null && parser.Parse(line) is { Code.Kind: ErrorKind.Infrastructure } failure)
                    host = failure;
                if (tail.Count > TailLines)
                    tail.Dequeue();
            },
            cancellation).ConfigureAwait(false);
        if (result.ExitCode == 0)
            return;
        if (host is not null)
            throw new KernelException([host with { Message = $"{host.Message} (the log: {request.LogFile})" }]);
        throw new KernelException(
            ErrorCodes.KconfigFailed,
            $"'{command.Executable} … {command.Arguments[^1]}' ended with {result.ExitCode}; the log is {request.LogFile}. Its last lines:\n"
            + string.Join('\n', tail));
    }
}

using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Bisect;

/// <summary>Tries states by builds of the project in processes of their own, one after another, in folders that only they share: each compiles what differs from the one before it.</summary>
/// <param name="request">How builds are started.</param>
/// <param name="range">Where the states are from.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed partial class BisectBuilds(BisectRequest request, BisectRange range, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    private readonly List<BisectStepRecord> _steps = [];

    /// <summary>What was tried so far.</summary>
    public IReadOnlyList<BisectStepRecord> Steps => _steps;

    private string StepFile => Path.Combine(request.Folder, "step.json");

    /// <summary>Builds and judges a state.</summary>
    /// <param name="state">The state.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The verdict.</returns>
    /// <exception cref="KernelException">EVK2123.</exception>
    public async Task<BisectVerdict> TestAsync(BisectState state, CancellationToken cancellation)
    {
        Stopwatch watch = Stopwatch.StartNew();
        File.Delete(StepFile);
        string log = Path.Combine(request.Folder, "logs", $"{state.Id.Replace('/', '_')}.log");
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        (int exitCode, ImmutableArray<string> errors) = await BuildAsync(state, log, cancellation).ConfigureAwait(false);
        BisectVerdict verdict = JsonFile.TryRead<BisectVerdict>(StepFile) ?? JudgeFailure(state, exitCode, errors, log);
        _steps.Add(new BisectStepRecord(state, verdict, Math.Round(watch.Elapsed.TotalSeconds, 1), log));
        Tell($"  {state.Title}: {verdict.Word} ({MakeProgress.Words(watch.Elapsed.TotalSeconds)})\n      {verdict.Why}");
        return verdict;
    }

    private async Task<(int ExitCode, ImmutableArray<string> Errors)> BuildAsync(BisectState state, string log, CancellationToken cancellation)
    {
        List<string> errors = [];
        Command command = new("sh", ["-c", "exec \"$@\"", "sh", request.Dotnet, "msbuild", request.ProjectFile, "-nologo", "-target:_KernelBisectStep", "-terminalLogger:off", "-nodeReuse:false",
            "-verbosity:minimal", .. request.Properties.Select(property => MSBuildCall.Escaped(property.Key, property.Value)),
            .. OwnProperties(state).Select(property => MSBuildCall.Property(property.Key, property.Value))])
        {
            Environment = environment.RemoveRange(environment.Keys.Where(IsMSBuilds)),
            WorkingDirectory = Path.GetDirectoryName(request.ProjectFile),
        };
        StreamWriter writer = new(log, append: false);
        await using (writer.ConfigureAwait(false))
        {
            GroupResult ended = await new ProcessGroup(withoutNetwork: false).RunAsync(command, Take, cancellation).ConfigureAwait(false);
            return (ended.ExitCode, [.. errors]);
        }

        void Take(string line)
        {
            writer.WriteLine(line);
            if (ErrorLine().IsMatch(line))
                errors.Add(line.Trim());
            else if (line.StartsWith("  make: ", StringComparison.Ordinal))
                Tell("    " + line.Trim());
        }
    }

    private ImmutableDictionary<string, string> OwnProperties(BisectState state)
    {
        string builds = Path.Combine(request.Folder, "build") + "/";
        return range.Properties(state).ToImmutableDictionary(property => property.Name, property => property.Value).SetItems(new Dictionary<string, string>
        {
            ["BaseIntermediateOutputPath"] = builds,
            // What restore has left there is the project's, for all states.
            ["MSBuildProjectExtensionsPath"] = request.RestoreFolder,
            ["KernelOutputPath"] = Path.Combine(request.Folder, "bin") + "/",
            ["PackageOutputPath"] = Path.Combine(request.Folder, "packages") + "/",
            // The project's own lock is for its pin.
            ["KernelLockFile"] = Path.Combine(request.Folder, "kernel.lock.json"),
            ["_KernelLockUse"] = "read",
            ["KernelDevelPackage"] = "false",
            ["KernelDebugPackage"] = "false",
            ["_KernelBisectStepFile"] = StepFile,
            ["_KernelBisectVerdicts"] = Path.Combine(request.Folder, "verdicts") + "/",
            ["_KernelBisectQuestion"] = request.Question,
        });
    }

    // A patch that does not fit, a configuration that cannot be made and a source that does not compile are the state's own. All else would go wrong with any.
    private BisectVerdict JudgeFailure(BisectState state, int exitCode, ImmutableArray<string> errors, string log)
    {
        string first = errors.FirstOrDefault() ?? $"exit code {exitCode}, and no error was told";
        ErrorCode? code = errors.Select(error => ErrorLine().Match(error)).Select(match => ErrorCodes.All().FirstOrDefault(known => known.Id == match.Groups["code"].Value)).FirstOrDefault();
        bool own = code is { Kind: ErrorKind.User } && code != ErrorCodes.LibraryMissing && code != ErrorCodes.LauncherMissing
            && code.Id[..4] is "EVK2" or "EVK3" or "EVK4";
        bool bad = request.FailureIsBad && (code?.Id[..4] is "EVK3" or "EVK4");
        return own ? new BisectVerdict(bad ? BisectResult.Bad : BisectResult.Skip, first) : throw new KernelException(
            ErrorCodes.BisectStopped, $"{state.Title} could not be tried, for a reason that is not its own: {first}\nWhat its build has said: {log}\nWhen that is mended, the same command goes on from here.");
    }

    // What the dotnet command sets for the MSBuild that it starts, which would be wrong for another one.
    private static bool IsMSBuilds(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) && !name.Equals("MSBUILDDISABLENODEREUSE", StringComparison.OrdinalIgnoreCase);

    private void Tell(string text) => sink.Report(new Diagnostic(Severity.Message, null, text));

    [GeneratedRegex(@"(^|: )error (?<code>[A-Z]+[0-9]+)\s*: ")]
    private static partial Regex ErrorLine();
}

/// <summary>How the builds of a bisection are started.</summary>
/// <param name="ProjectFile">The project.</param>
/// <param name="Folder">The bisection's own folder.</param>
/// <param name="Dotnet">The dotnet program that runs this build.</param>
/// <param name="RestoreFolder">Where NuGet's restore of the project has left its files.</param>
/// <param name="Properties">The properties of the command line, and what else all builds are given.</param>
/// <param name="Question">What is asked of each state, digested.</param>
/// <param name="FailureIsBad">Whether it is asked if a state compiles, so that one that does not is bad.</param>
public sealed record BisectRequest(
    string ProjectFile, string Folder, string Dotnet, string RestoreFolder, ImmutableDictionary<string, string> Properties, string Question, bool FailureIsBad);

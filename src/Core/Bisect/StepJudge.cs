using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;
using EveKernel.Core.Verification;

namespace EveKernel.Core.Bisect;

/// <summary>Judges the kernel that a step has built: by a command of the user's, by the project's checks, or because it was built.</summary>
public static class StepJudge
{
    /// <summary>The name that stands for no check at all: what builds is good.</summary>
    public const string BuildCheck = "build";

    /// <summary>git bisect's exit code for what cannot be tried.</summary>
    private const int SkipCode = 125;

    /// <summary>The first exit code that ends a bisection.</summary>
    private const int StopCode = 128;

    /// <summary>Runs the user's command, whose exit code is read as <c>git bisect run</c> does: 0 is good, 125 cannot be tried, others below 128 are bad.</summary>
    /// <param name="line">The shell's command line.</param>
    /// <param name="plan">The plan of the kernel.</param>
    /// <param name="environment">The host's environment. EVK_OUTPUT, EVK_TREE, EVK_OBJECTS and EVK_RELEASE are added: the folder with what was built, the patched tree, O=, and the release.</param>
    /// <param name="tell">Takes what the command prints.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The verdict.</returns>
    /// <exception cref="KernelException">EVK2123: it ended with 128 or more.</exception>
    public static async Task<BisectVerdict> RunAsync(string line, BuildPlan plan, ImmutableDictionary<string, string> environment, Action<string> tell, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(environment);
        Command command = new("sh", "-c", line)
        {
            WorkingDirectory = Path.GetDirectoryName(plan.ProjectFile),
            Environment = environment.SetItems(new Dictionary<string, string>
            {
                ["EVK_OUTPUT"] = plan.OutputFolder,
                ["EVK_TREE"] = plan.WorkTree,
                ["EVK_OBJECTS"] = plan.ObjectTree,
                ["EVK_RELEASE"] = plan.Release,
            }),
        };
        int code = (await new ProcessGroup(withoutNetwork: false).RunAsync(command, tell, cancellation).ConfigureAwait(false)).ExitCode;
        string why = string.Create(CultureInfo.InvariantCulture, $"'{line}' ended with {code}");
        return code >= StopCode
            ? throw new KernelException(ErrorCodes.BisectStopped, $"{why}, which ends a bisection as it does git's.")
            : new BisectVerdict(code switch { 0 => BisectResult.Good, SkipCode => BisectResult.Skip, _ => BisectResult.Bad }, why);
    }

    /// <summary>Reads the verdicts of the checks as one.</summary>
    /// <param name="verdicts">The verdicts.</param>
    /// <returns>Bad if one is; else not to be tried if one could not be given.</returns>
    /// <exception cref="KernelException">EVK6007: QEMU itself does not run.</exception>
    public static BisectVerdict Judge(ImmutableArray<Verdict> verdicts)
    {
        if (verdicts.FirstOrDefault(verdict => verdict.Code == ErrorCodes.MachineFailed) is { } broken)
            throw new KernelException(ErrorCodes.MachineFailed, broken.Seen);
        Verdict telling = verdicts.FirstOrDefault(verdict => verdict.Code is { Kind: ErrorKind.User })
            ?? verdicts.FirstOrDefault(verdict => !verdict.Passed)
            ?? verdicts[0];
        BisectResult result = telling.Passed ? BisectResult.Good : telling.Code!.Kind == ErrorKind.Infrastructure ? BisectResult.Skip : BisectResult.Bad;
        return new BisectVerdict(result, $"{telling.Check}: {telling.Seen}");
    }

    /// <summary>Tells what is asked of each kernel from all that may be asked, so that verdicts are found again.</summary>
    /// <param name="line">The user's command, or empty. Files that it names count by their content.</param>
    /// <param name="folder">The project's folder, where the command runs.</param>
    /// <param name="rest">All else that a verdict depends on.</param>
    /// <returns>16 hex digits.</returns>
    public static string DigestQuestion(string line, string folder, IEnumerable<string> rest)
    {
        ArgumentNullException.ThrowIfNull(line);
        IEnumerable<string> files = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(word => Path.GetFullPath(word.Trim('\'', '"'), folder)).Where(File.Exists).Select(Digest.OfFile);
        return Digest.OfText(string.Join('\n', [line, .. files, .. rest]))[..16];
    }
}

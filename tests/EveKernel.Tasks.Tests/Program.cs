using System.Diagnostics;
using System.Globalization;
using EveKernel.Core.Loop;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;
using EveKernel.Tests.Loop;
using EveKernel.Tests.Make;
using EveKernel.Tests.Source;

namespace EveKernel.Tests;

/// <summary>What tests run in a .NET process of its own, so that it can be killed or measured.</summary>
public static class Program
{
    public static Task<int> Main(string[] arguments) => arguments switch
    {
        ["group", string script] => RunGroupAsync(script),
        ["refresh", string edit, string series, string patch, string step] => RefreshAsync(edit, series, patch, int.Parse(step, CultureInfo.InvariantCulture)),
        ["make", string folder, .. string[] targets] => RunMakeAsync(folder, targets),
        _ => Task.FromResult(2),
    };

    // Kills itself at a step of the refresh, as kill -9 does.
    private static async Task<int> RefreshAsync(string edit, string series, string patch, int step)
    {
        EditTree tree = new(new GitCli(LoopSetup.Environment), edit);
        PatchRefresher refresher = new(tree, new ListSink(), name =>
        {
            Console.WriteLine(name);
            if (step-- == 0)
                Process.GetCurrentProcess().Kill();
        });
        await refresher.RefreshAsync([series], patch, "", CancellationToken.None);
        return 0;
    }

    private static async Task<int> RunGroupAsync(string script) =>
        (await new ProcessGroup(withoutNetwork: false).RunAsync(new Command("sh", "-c", script), Console.WriteLine, CancellationToken.None)).ExitCode;

    // Prints the most memory in bytes that this process has had.
    private static async Task<int> RunMakeAsync(string folder, string[] targets)
    {
        string Below(string name) => Path.Combine(folder, name);
        MakeContext context = MakeRunnerTests.Context(Below("src"), Below("out"));
        await new MakeRunner(new MakeRunnerTests.Sink()).RunAsync(context, 1, [.. targets], Below("make.log"), withoutNetwork: false, CancellationToken.None);
        string peak = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        long kilobytes = long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
        Console.WriteLine(kilobytes * 1024);
        return 0;
    }
}

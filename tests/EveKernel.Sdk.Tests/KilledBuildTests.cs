using System.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

public sealed partial class ObjectsSampleTests
{
    [Fact]
    public async Task A_build_killed_in_the_midst_of_make_leaves_no_process_and_the_next_ends_with_the_same_bytes()
    {
        string output = Path.Combine(Folder, "bin", "objects-v6.12");
        string manifest = await File.ReadAllTextAsync(Path.Combine(output, "manifest.json"));
        int seed = Random.Shared.Next();
        Random random = new(seed);
        for (int kill = 0; kill < 3; kill++)
        {
            Directory.Delete(Path.Combine(Folder, "obj", "objects-v6.12", "out", "arch", "x86", "kvm"), recursive: true);
            Directory.Delete(output, recursive: true);
            await KillBuildAsync(Path.Combine(output, "make.log"), objects: random.Next(1, 25));
            Assert.False(File.Exists(Path.Combine(output, "manifest.json")), $"seed {seed}");
        }

        CommandResult build = await Dotnet.RunAsync(Folder, "build", Project);
        Assert.True(build.Succeeded, build.StandardOutput);
        Assert.True(manifest == await File.ReadAllTextAsync(Path.Combine(output, "manifest.json")), $"seed {seed}");
    }

    private static async Task KillBuildAsync(string log, int objects)
    {
        using Process build = Dotnet.StartBuild(Folder, Project);
        _ = build.StandardOutput.ReadToEndAsync();
        _ = build.StandardError.ReadToEndAsync();
        // Time limits only stop a hang.
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(5));
        while (!File.Exists(log) || CountCompiled(log) < objects)
        {
            Assert.False(build.HasExited, "The build ended before it could be killed.");
            await Task.Delay(20, limit.Token);
        }

        build.Kill();
        await build.WaitForExitAsync(limit.Token);
        while (await IsAnyLeftAsync())
            await Task.Delay(100, limit.Token);
    }

    private static int CountCompiled(string log)
    {
        using StreamReader reader = new(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd().Split('\n').Count(line => line.Contains("arch/x86/kvm", StringComparison.Ordinal));
    }

    private static async Task<bool> IsAnyLeftAsync() =>
        (await ProcessRunner.RunAsync(new Command("pgrep", "-f", Path.Combine(Folder, "obj", "objects-v6.12", "out")), CancellationToken.None)).Succeeded;
}

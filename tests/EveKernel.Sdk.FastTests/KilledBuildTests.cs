using System.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;
using Xunit.Abstractions;

namespace EveKernel.Tests;

/// <summary>Builds that are killed anywhere.</summary>
public sealed class KilledBuildTests(ITestOutputHelper output)
{
    private const int Kills = 20;

    [Fact]
    public async Task After_any_kill_the_next_build_ends_with_the_same_bytes_as_a_clean_one()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        project.WriteSeries(("bus/bus.c", "value + BUS_STEP", "value + 3"));
        project.WriteProject("x", items: """<KernelPatchSeries Include="series" /><KernelGate Include="bus;shared" />""");
        Stopwatch clock = Stopwatch.StartNew();
        await project.MustBuildAsync();
        TimeSpan whole = clock.Elapsed;
        Manifest clean = project.Manifest();
        string package = Assert.Single(Directory.EnumerateFiles(project["packages"]));
        byte[] packed = await File.ReadAllBytesAsync(package);

        int killed = 0;
        for (int kill = 1; killed < Kills; kill++)
        {
            // So that there is something to do at every stage: now the whole way, now from what a killed build has left.
            Delete(project["bin"]);
            if (random.Next(3) == 0)
                Delete(project["obj"]);
            if (random.Next(4) == 0)
                Delete(Path.Combine(project.Cache, "objects.git"));
            killed += await KillAsync(project, whole * random.NextDouble()) ? 1 : 0;
            if (Manifest.TryRead(project["bin/x/manifest.json"]) is { } left)
                Assert.True(left.Matches(project["bin/x"]), $"seed {seed}, kill {kill}: a half-written result looks whole");
            Assert.InRange(kill, 1, Kills * 5);
            if (kill % 5 != 0 && killed < Kills)
                continue;
            CommandResult next = await project.BuildAsync();
            Assert.True(next.Succeeded, $"seed {seed}, kill {kill}\n{next.StandardOutput}");
            Assert.Equal(clean.ToJson(), project.Manifest().ToJson());
            Assert.True(project.Manifest().Matches(project["bin/x"]), $"seed {seed}, kill {kill}");
            Assert.Equal(packed, await File.ReadAllBytesAsync(package));
        }
    }

    private static async Task<bool> KillAsync(FakeProject project, TimeSpan after)
    {
        using Process build = Dotnet.StartBuild(project.Folder, "x.kernelproj");
        Task reading = Task.WhenAll(build.StandardOutput.ReadToEndAsync(), build.StandardError.ReadToEndAsync());
        bool ended = build.WaitForExit(after);
        build.Kill();
        await build.WaitForExitAsync();
        await reading;
        // make and all below it die with dotnet, but not in the same instant. The limit is only there to stop a hang.
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
        while ((await ProcessRunner.RunAsync(new Command("pgrep", "-f", project["obj"]), limit.Token)).Succeeded)
            await Task.Delay(50, limit.Token);
        return !ended;
    }

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}

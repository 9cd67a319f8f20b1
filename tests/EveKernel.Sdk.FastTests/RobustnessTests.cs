using System.Diagnostics;
using System.Globalization;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Builds that are interrupted, that fail, or that run where a disk is full or read-only.</summary>
public sealed class RobustnessTests
{
    [Fact]
    [Trait("Tier", "fast")]
    public async Task A_gate_does_not_pass_because_its_warning_was_given_in_an_earlier_build()
    {
        using FakeProject project = await EditableAsync();
        string probe = project["tree/bus/probe.c"];
        string clean = await File.ReadAllTextAsync(probe);
        await File.AppendAllTextAsync(probe, "#warning odd\n");

        // The proof of another gate fails, so that nobody asks whether this one was clean.
        Gates(project, "bus;scripts");
        await project.MustFailAsync("EVK4013");
        Gates(project, "bus");
        Assert.Contains("probe.c(8,2): error EVK4014", await project.MustFailAsync("EVK4014"), StringComparison.Ordinal);
        await project.MustFailAsync("EVK4014");

        // No gate: it is only a warning. Then the directory becomes a gate, with nothing else changed.
        Gates(project, "");
        await File.AppendAllTextAsync(probe, "#warning odder\n");
        Assert.Contains("warning EVK4003", await project.MustBuildAsync(), StringComparison.Ordinal);
        Gates(project, "bus");
        await project.MustFailAsync("EVK4014");

        await File.WriteAllTextAsync(probe, clean);
        await project.MustBuildAsync();
    }

    [Fact]
    public async Task Modules_are_installed_without_network_and_in_the_log()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await project.MustBuildAsync();
        string log = await File.ReadAllTextAsync(project["bin/x/make.log"]);
        Assert.Matches(@"(?m)^# .* make .* modules_install$", log);
        Assert.Matches(@"(?m)^  INSTALL .*driver\.ko", log);
        StageRecord[] stages = [.. BuildRecord.Read(project["bin/x/build.json"]).Stages];
        Assert.Equal(stages.Single(stage => stage.Name == "make").WithoutNetwork, stages.Single(stage => stage.Name == "stage").WithoutNetwork);
    }

    [Fact]
    public async Task The_record_tells_host_times_patches_and_what_was_skipped_and_is_not_packed()
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelPatchSeries Include="series" />""", ownCache: true);
        project.WriteSeries(("bus/probe.c", "value +", "value -"));
        DateTime before = DateTime.UtcNow;
        await project.MustBuildAsync();
        BuildRecord first = BuildRecord.Read(project["bin/x/build.json"]);
        Assert.Equal(project.Manifest().Key, first.Key);
        Assert.Equal(["key", "look-up", "fetch", "patch", "configure", "make", "stage", "pack"], first.Stages.Select(stage => stage.Name));
        Assert.Equal((project.Kernel.Repository, FakeKernel.Branch), (first.Repository, first.Branch));
        Assert.Equal(new BuildPatch("0001.patch", "Change bus/probe.c", AlreadyApplied: false), Assert.Single(first.Patches));
        Assert.Equal(Environment.MachineName, first.Host.Name);
        Assert.InRange(first.Started, before, DateTime.UtcNow);
        Assert.InRange(first.Stages.Sum(stage => stage.Seconds), 0.1, first.Seconds + 0.1);
        StageRecord make = first.Stages.Single(stage => stage.Name == "make");
        Assert.Equal(project.Compiled().Count + 1, make.ObjectsCompiled);
        Assert.True(make.Jobs > 0);

        project.WriteSeries(("bus/probe.c", "value +", "value *"));
        await project.MustBuildAsync();
        StageRecord[] second = [.. BuildRecord.Read(project["bin/x/build.json"]).Stages];
        Assert.Equal("the store holds the commit", second.Single(stage => stage.Name == "fetch").Skipped);
        Assert.Null(second.Single(stage => stage.Name == "patch").Skipped);
        Assert.DoesNotContain(project.Manifest().Files, file => file.Path == "build.json");
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 1)]
    public async Task A_signal_ends_make_and_the_build_says_so_and_does_not_succeed(string signal, int exitCode)
    {
        using FakeProject project = await EditableAsync();
        string started = project["started"];
        await File.AppendAllTextAsync(project["tree/bus/Makefile"], $"$(shell echo $$PPID > {started}.tmp; mv {started}.tmp {started}; sleep 3066)\n");
        // A shell that runs tests in the background may have had SIGINT ignored for all its children.
        using Process build = Dotnet.StartBuild(project.Folder, "x.kernelproj", "env", "--default-signal=INT");
        Task<string> output = build.StandardOutput.ReadToEndAsync();
        Task<string> error = build.StandardError.ReadToEndAsync();
        while (!File.Exists(started) && !build.HasExited)
            await Task.Delay(20);
        int make = int.Parse(await File.ReadAllTextAsync(started), CultureInfo.InvariantCulture);
        Assert.True(Directory.Exists($"/proc/{make}"));

        await ProcessRunner.RunAsync(new Command("kill", $"-{signal}", build.Id.ToString(CultureInfo.InvariantCulture)), CancellationToken.None);
        await build.WaitForExitAsync();
        Assert.Equal(exitCode, build.ExitCode);
        Assert.Contains("error EVK9002: ", await output + await error, StringComparison.Ordinal);
        CommandResult left = await ProcessRunner.RunAsync(new Command("pgrep", "-f", "-a", "sleep 3066|make.*" + project.Folder), CancellationToken.None);
        Assert.Equal("", left.StandardOutput);
        Assert.False(File.Exists(project["bin/x/manifest.json"]));
    }

    [Theory]
    // A page for the log and no more; a page of the log taken; room for the log and some of the results; too little for what configuring compiles.
    [InlineData("bin/x", "size=16k", "", "EVK9007")]
    [InlineData("bin/x", "size=4k", "; head -c 4096 /dev/zero > bin/x/full", "EVK9007")]
    [InlineData("obj/x/out", "size=64k", "", "EVK4011")]
    public async Task A_full_disk_is_the_hosts_fault_and_leaves_nothing_that_looks_whole(string folder, string size, string fill, string code)
    {
        using FakeProject project = await FakeProject.CreateAsync();
        Directory.CreateDirectory(project[folder]);
        string after = "test ! -e bin/x/manifest.json || echo LOOKS-WHOLE";
        string said = FakeProject.MustFail(code, await project.BuildWithMountsAsync($"mount -t tmpfs -o {size} none {folder}{fill}", after));
        Assert.DoesNotContain("LOOKS-WHOLE", said, StringComparison.Ordinal);
        await project.MustBuildAsync();
        Assert.True(project.Manifest().Matches(project["bin/x"]));
    }

    private static async Task<FakeProject> EditableAsync()
    {
        FakeProject project = await FakeProject.CreateAsync("<KernelSourceDirectory>tree</KernelSourceDirectory>");
        project.Kernel.CopyTo(project["tree"]);
        return project;
    }

    private static void Gates(FakeProject project, string gates) =>
        project.WriteProject("x", "<KernelSourceDirectory>tree</KernelSourceDirectory>", gates.Length == 0 ? "" : $"""<KernelGate Include="{gates}" />""");
}

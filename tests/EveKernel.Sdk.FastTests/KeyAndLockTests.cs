using System.Collections.Immutable;
using EveKernel.Core;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Key, lock and explanation through the packed SDK.</summary>
public sealed class KeyAndLockTests
{
    [Fact]
    public async Task The_kernel_calls_itself_as_predicted_and_a_source_that_would_not_is_an_error()
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelPatchSeries Include="series" />""");
        project.WriteSeries(("init/main.c", "return 1", "return 2"));
        await project.MustBuildAsync();
        string predicted = (await project.DotnetAsync("msbuild", "x.kernelproj", "-t:KernelKey", "-getProperty:KernelRelease")).StandardOutput.Trim();
        BuildPlan plan = BuildPlan.Read(project["obj/x/plan.json"]);
        ImmutableDictionary<string, string> path = ImmutableDictionary<string, string>.Empty.Add("PATH", Environment.GetEnvironmentVariable("PATH")!);
        Command make = plan.CreateMakeContext(path).ToCommand(1, "-s", "kernelrelease");
        Assert.Equal(predicted, (await ProcessRunner.RunAsync(make, CancellationToken.None)).StandardOutput.Trim());
        Assert.EndsWith($"-k{project.Manifest().Key[..12]}", predicted, StringComparison.Ordinal);

        project.WriteSeries(("Makefile", "EXTRAVERSION =", "EXTRAVERSION = -mine"));
        string said = await project.MustFailAsync("EVK5026");
        Assert.Contains("-mine", said, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Tier", "fast")]
    public async Task Restore_writes_the_lock_and_with_it_the_key_needs_neither_tree_nor_network()
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        Assert.True((await project.DotnetAsync("restore", "x.kernelproj")).Succeeded);
        string locked = await File.ReadAllTextAsync(project["kernel.lock.json"]);
        KernelLock kept = KernelLock.TryRead(project["kernel.lock.json"])!;
        Assert.Equal(project.Kernel.First, kept.Source.Pin);

        // Another machine: nothing of the cache is there, and nobody answers.
        Directory.Delete(project.Cache, recursive: true);
        project.WriteProject("x", project.GitSource(repository: "https://unreachable.invalid/kernel.git"));
        CommandResult key = await project.DotnetAsync("msbuild", "x.kernelproj", "-t:KernelKey", "-getProperty:KernelKey", "-p:RestoreLockedMode=true");
        Assert.Equal(kept.Key, key.StandardOutput.Trim());
        Assert.False(Directory.Exists(Path.Combine(project.Cache, "objects.git")));
        Assert.True((await project.DotnetAsync("restore", "x.kernelproj")).Succeeded);
        Assert.Equal(locked, await File.ReadAllTextAsync(project["kernel.lock.json"]));
    }

    [Theory]
    [InlineData("-p:RestoreLockedMode=true", null)]
    [InlineData("-p:ContinuousIntegrationBuild=true", null)]
    [InlineData("-p:Nothing=1", "true")]
    public async Task A_locked_build_takes_only_what_is_locked_and_shows_each_difference(string argument, string? ci)
    {
        using FakeProject project = await FakeProject.CreateAsync();
        if (ci is not null)
            project.Variables = project.Variables.SetItem("CI", ci);
        await project.MustFailAsync("EVK5020", argument);
        Assert.True((await project.DotnetAsync("msbuild", "x.kernelproj", "-t:KernelLock", argument)).Succeeded);
        Assert.True((await project.DotnetAsync("msbuild", "x.kernelproj", "-t:Restore;KernelKey", argument)).Succeeded);

        string key = KernelLock.TryRead(project["kernel.lock.json"])!.Key;
        project.EditKeepingTime("x.fragment", FakeProject.Fragment.Replace("DRIVER=m", "DRIVER=y", StringComparison.Ordinal));
        string said = await project.MustFailAsync("EVK5021", argument);
        Assert.Contains($"key: {key} → ", said, StringComparison.Ordinal);
        Assert.Contains("# x.fragment → ", said, StringComparison.Ordinal);

        project.WriteProject("x", project.GitSource(commit: project.Kernel.Second));
        Assert.Contains($"source pin: {project.Kernel.First} → {project.Kernel.Second}", await project.MustFailAsync("EVK5021", argument), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_that_the_tree_contradicts_is_an_error_until_it_is_written_anew()
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        Assert.True((await project.DotnetAsync("restore", "x.kernelproj")).Succeeded);
        string locked = await File.ReadAllTextAsync(project["kernel.lock.json"]);
        Directory.Delete(Path.Combine(project.Cache, "facts"), recursive: true);
        string version = KernelLock.TryRead(project["kernel.lock.json"])!.Source.KernelVersion;
        project.Write("kernel.lock.json", locked.Replace($"\"{version}\"", "\"9.9.9\"", StringComparison.Ordinal));
        string said = await project.MustFailAsync("EVK5022");
        Assert.Contains($"kernel version: 9.9.9 → {version}", said, StringComparison.Ordinal);

        Assert.True((await project.DotnetAsync("msbuild", "x.kernelproj", "-t:KernelLock")).Succeeded);
        Assert.Equal(locked, await File.ReadAllTextAsync(project["kernel.lock.json"]));

        project.Write("kernel.lock.json", locked[..(locked.Length / 2)]);
        await project.MustFailAsync("EVK5023");
    }

    [Fact]
    public async Task Two_projects_in_one_folder_have_a_lock_each()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.WriteProject("y", project.GitSource(commit: project.Kernel.Second));
        Assert.True((await project.DotnetAsync("restore", "x.kernelproj")).Succeeded);
        Assert.True((await project.DotnetAsync("restore", "y.kernelproj")).Succeeded);
        Assert.Equal(project.Kernel.First, KernelLock.TryRead(project["x.kernel.lock.json"])!.Source.Pin);
        Assert.Equal(project.Kernel.Second, KernelLock.TryRead(project["y.kernel.lock.json"])!.Source.Pin);
        Assert.False(File.Exists(project["kernel.lock.json"]));
    }

    [Fact]
    public async Task What_changed_and_what_follows_is_explained()
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelPatchSeries Include="series" />""");
        project.WriteSeries(("init/main.c", "return 1", "return 2"));
        Assert.Contains("No earlier build stands", await ExplainAsync(project), StringComparison.Ordinal);
        await project.MustBuildAsync();
        Assert.Contains("Nothing changed.", await ExplainAsync(project), StringComparison.Ordinal);

        project.EditKeepingTime("x.fragment", FakeProject.Fragment.Replace("DRIVER=m", "DRIVER=y", StringComparison.Ordinal));
        string said = await ExplainAsync(project, "-p:KernelWarnings=1");
        // The driver's two parts and what they are linked to: no source names the symbol, the Makefile does.
        Assert.Matches(@"fragment x\.fragment line 3: CONFIG_DRIVER m → y: 3 of [0-9]+ objects", said);
        Assert.Contains("make/W none → 1: everything", said, StringComparison.Ordinal);
        Assert.Contains("the release ", said, StringComparison.Ordinal);

        project.WriteSeries(("init/main.c", "return 1", "return 3"));
        Assert.Matches(@"patch 0001\.patch has another diff, which touches init/main\.c: 1 of [0-9]+ objects", await ExplainAsync(project));

        project.ReplaceProgram("gcc", "case $1 in --version) echo 'gcc (Debian 99.1-2) 99.1' ;; *) exec REAL \"$@\" ;; esac");
        Assert.Matches(@"gcc \S+ → 99\.1-2: everything", await ExplainAsync(project));
    }

    [Fact]
    public async Task A_toolchain_outside_the_range_is_refused()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        Assert.Contains("gcc [1,2)", await project.MustFailAsync("EVK5024", "-p:KernelToolchain=gcc [1%2C2)"), StringComparison.Ordinal);
        await project.MustFailAsync("EVK5002", "-p:KernelToolchain=gcc twelve");
        CommandResult taken = await project.DotnetAsync("msbuild", "x.kernelproj", "-t:KernelKey", "-p:KernelToolchain=gcc [8%2C)%3B binutils [2%2C)");
        Assert.True(taken.Succeeded, taken.StandardOutput);
    }

    [Fact]
    public async Task A_toolchain_that_travels_as_an_archive_builds_where_the_hosts_compiler_does_not()
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        foreach (string program in (string[])["gcc", "ld"])
            project.WriteProgram($"tools/bin/{program}", $"#!/bin/sh\necho {program} >> '{project["started"]}'\nexec {ExecutableSearch.Find(program)} \"$@\"\n");
        Command pack = new("tar", "-czf", project["tools.tar.gz"], "-C", project.Folder, "tools");
        Assert.True((await ProcessRunner.RunAsync(pack, CancellationToken.None)).Succeeded);
        project.ReplaceProgram("gcc", "exit 1");
        project.WriteProject("x", project.GitSource() + $"""
            <KernelToolchainArchive>tools.tar.gz</KernelToolchainArchive>
            <KernelToolchainArchiveSha256>{Digest.OfFile(project["tools.tar.gz"])}</KernelToolchainArchiveSha256>
            """);
        await project.MustBuildAsync();
        Assert.Equal(["gcc", "ld"], project.Started());
        Assert.Contains(project.Manifest().Toolchain, tool => tool is { Name: "compiler", Archived: true });

        await project.MustFailAsync("EVK1011", $"-p:KernelToolchainArchiveSha256={new string('0', 64)}");
    }

    private static async Task<string> ExplainAsync(FakeProject project, params string[] arguments)
    {
        CommandResult result = await project.DotnetAsync(["msbuild", "x.kernelproj", "-t:KernelExplain", "-tl:off", .. arguments]);
        Assert.True(result.Succeeded, result.StandardOutput);
        return result.StandardOutput;
    }
}

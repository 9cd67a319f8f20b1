using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>The terminal of the tests is a real one: without that, what they show of programs on a terminal would mean nothing.</summary>
public sealed class TerminalTests
{
    [Fact]
    [Trait("Tier", "fast")]
    public async Task A_program_sees_a_terminal_and_gets_the_keys_that_are_pressed()
    {
        using TemporaryFolder folder = new();
        await using Terminal terminal = await Terminal.OpenAsync(folder.Path);
        Assert.Equal(0, await terminal.RunAsync("test -t 0 && test -t 1 && test \"$PWD\" = " + ShellQuoting.Quote(folder.Path)));
        Assert.Equal(3, await terminal.RunAsync("(exit 3)"));
        await terminal.StartAsync("cat -v");
        await terminal.PressAsync("C-a", "Enter");
        await terminal.WaitForAsync(@"^\^A\n\^A$");
        await terminal.PressAsync("C-c");
        Assert.Equal(130, await terminal.EndAsync());
        await terminal.ClearAsync();
        Assert.DoesNotContain("^A", await terminal.ReadAsync(), StringComparison.Ordinal);
    }

    /// <summary>MSBuild's logger for terminals shows nothing that a task tells, unless it is told as a test's output.</summary>
    [Fact]
    [Trait("Tier", "fast")]
    public async Task What_a_target_has_to_tell_is_seen_on_a_terminal()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await using Terminal terminal = await Terminal.OpenAsync(project.Folder, project.Variables);
        Assert.Equal(0, await terminal.RunAsync("dotnet msbuild -restore x.kernelproj -t:KernelShow"));
        Assert.Matches(@"x.kernelproj, not built[^\n]*\n +release +6\.", await terminal.ReadAsync());
        await terminal.ClearAsync();
        Assert.Equal(0, await terminal.RunAsync("dotnet build x.kernelproj -t:KernelCommands"));
        string shown = await terminal.ReadAsync();
        Assert.Contains("#!/bin/sh", shown, StringComparison.Ordinal);
        Assert.Contains("The script stands in ", shown, StringComparison.Ordinal);
    }

    /// <summary>A make that takes its time says where it stands, on a terminal as in a log.</summary>
    [Fact]
    public async Task A_long_make_tells_where_it_stands()
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        // Each object takes half a second more.
        project.ReplaceProgram("gcc", "case \"$*\" in *-c\\ -o*) sleep 0.5 ;; esac\nexec REAL \"$@\"");
        await using Terminal terminal = await Terminal.OpenAsync(project.Folder, project.Variables);
        Assert.Equal(0, await terminal.RunAsync("dotnet build x.kernelproj -p:KernelProgressInterval=1"));
        Assert.Matches(@"(?m)^ *make: \d+ steps in \d+ s; no similar make is on record, to tell the time left$", await terminal.ReadAsync());
        Assert.False(File.Exists(project["obj/x/progress.json"]));

        Directory.Delete(project["obj/x/out"], recursive: true);
        Directory.Delete(project["bin"], recursive: true);
        string log = await project.MustBuildAsync("-p:KernelProgressInterval=1");
        Assert.Matches(@"(?m)^ *make: \d+ of about \d+ steps in \d+ s, \d+ %, about \d+ s left$", log);
        await project.MustFailAsync("EVK5002", "-t:Rebuild", "-p:KernelProgressInterval=often");
    }
}

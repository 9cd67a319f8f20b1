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
}

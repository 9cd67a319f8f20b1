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
}

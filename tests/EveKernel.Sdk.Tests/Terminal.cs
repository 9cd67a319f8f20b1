using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>A shell in a terminal, by a tmux server of its own: what is typed reaches a real pty, and what is read is the screen as a user sees it. The shell has
/// the environment that builds of tests have, and nothing of this process's besides.</summary>
public sealed class Terminal : IAsyncDisposable
{
    // Number of the command and status of the one before, so that the end of a command is told from its output.
    private const string Prompt = @"[\#:$?] ";

    // Only to stop a hang.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(40);

    private readonly TemporaryFolder _folder = new();
    private int _next = 1;

    private Terminal()
    {
    }

    private string Socket => _folder["tmux"];

    /// <summary>Opens a terminal of 40 lines and 120 columns, and waits for the shell's prompt.</summary>
    /// <param name="folder">Where the shell is.</param>
    /// <param name="variables">The environment on top of what builds inherit.</param>
    /// <returns>The terminal.</returns>
    public static async Task<Terminal> OpenAsync(string folder, ImmutableDictionary<string, string>? variables = null)
    {
        Terminal terminal = new();
        IEnumerable<string> environment = Dotnet.Variables.SetItems(variables ?? ImmutableDictionary<string, string>.Empty)
            .SetItem("PS1", Prompt).SetItem("LC_ALL", "C.UTF-8")
            .Select(variable => $"{variable.Key}={variable.Value}");
        // tmux itself names the terminal, in TERM; "env -i" would take that away.
        string[] shell = ["sh", "-c", "exec env -i \"TERM=$TERM\" \"$@\" bash --norc --noprofile", "sh", .. environment];
        await terminal.TmuxAsync(["-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", "-c", folder, .. shell, ";", "set-option", "-g", "history-limit", "20000"]);
        await terminal.PromptAsync();
        return terminal;
    }

    /// <summary>Types a line and Enter, and waits until the shell is back.</summary>
    /// <param name="line">The command.</param>
    /// <returns>Its exit status.</returns>
    public async Task<int> RunAsync(string line)
    {
        await StartAsync(line);
        return await EndAsync();
    }

    /// <summary>Types a line and Enter, and does not wait.</summary>
    /// <param name="line">The command.</param>
    /// <returns>A task.</returns>
    public async Task StartAsync(string line)
    {
        _next++;
        await TypeAsync(line);
        await PressAsync("Enter");
    }

    /// <summary>Waits until the command that was started is over and the shell is back.</summary>
    /// <returns>Its exit status.</returns>
    public Task<int> EndAsync() => PromptAsync();

    /// <summary>Types characters as they are.</summary>
    /// <param name="text">The characters.</param>
    /// <returns>A task.</returns>
    public Task TypeAsync(string text) => TmuxAsync("send-keys", "-l", "--", text);

    /// <summary>Presses keys by tmux's names for them: <c>Enter</c>, <c>Escape</c>, <c>Down</c>, <c>Tab</c>, <c>C-a</c>.</summary>
    /// <param name="keys">The keys, one after the other.</param>
    /// <returns>A task.</returns>
    public Task PressAsync(params string[] keys) => TmuxAsync(["send-keys", "--", .. keys]);

    /// <summary>All that the terminal shows, with what has scrolled away; long lines are whole.</summary>
    /// <returns>The text.</returns>
    public Task<string> ReadAsync() => TmuxAsync("capture-pane", "-p", "-J", "-S", "-");

    /// <summary>Forgets what the terminal shows, so that a later wait cannot be met by what stands there already.</summary>
    /// <returns>A task.</returns>
    public async Task ClearAsync()
    {
        Assert.Equal(0, await RunAsync("clear"));
        await TmuxAsync("clear-history");
    }

    /// <summary>Waits until the terminal shows something.</summary>
    /// <param name="pattern">A regular expression, in which ^ and $ stand for a line's ends.</param>
    /// <returns>What it shows then.</returns>
    public async Task<string> WaitForAsync(string pattern)
    {
        Regex wanted = new(pattern, RegexOptions.Multiline);
        DateTime limit = DateTime.UtcNow + Longest;
        while (true)
        {
            string shown = await ReadAsync();
            if (wanted.IsMatch(shown))
                return shown;
            Assert.True(DateTime.UtcNow < limit, $"'{pattern}' never came:\n{shown}");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await TmuxAsync("kill-server");
        _folder.Dispose();
    }

    private async Task<int> PromptAsync()
    {
        string prompt = string.Create(CultureInfo.InvariantCulture, $@"\[{_next}:(\d+)\]\s*\z");
        string shown = await WaitForAsync(prompt);
        return int.Parse(Regex.Match(shown, prompt).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private async Task<string> TmuxAsync(params string[] arguments)
    {
        Command command = new("tmux", ["-u", "-S", Socket, .. arguments])
        {
            Environment = Dotnet.Variables.SetItem("LC_ALL", "C.UTF-8"),
        };
        CommandResult result = await ProcessRunner.RunAsync(command, CancellationToken.None);
        Assert.True(result.Succeeded, $"{command}: {result.StandardError}");
        return result.StandardOutput;
    }
}

using System.Collections.Immutable;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Source;

/// <summary>git by its executable. Nothing of the user's or the machine's git configuration counts but what concerns transport (proxies, credentials, ssh).</summary>
public sealed partial class GitCli : IGit
{
    private readonly ImmutableDictionary<string, string> _environment;

    /// <summary>Makes an instance.</summary>
    /// <param name="environment">The environment that git runs in; its PATH is searched for git. Every GIT_ variable in it that would redirect git is left out.</param>
    public GitCli(ImmutableDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        _environment = environment
            .RemoveRange(environment.Keys.Where(Redirects))
            .SetItem("LC_ALL", "C")
            .SetItem("GIT_TERMINAL_PROMPT", "0")
            .SetItem("GIT_OPTIONAL_LOCKS", "0");
    }

    private static bool Redirects(string name) => name is
        "GIT_DIR" or "GIT_WORK_TREE" or "GIT_INDEX_FILE" or "GIT_OBJECT_DIRECTORY" or "GIT_ALTERNATE_OBJECT_DIRECTORIES" or
        "GIT_NAMESPACE" or "GIT_PREFIX" or "GIT_COMMON_DIR" or "GIT_CEILING_DIRECTORIES";

    private Task<CommandResult> RunAsync(
        string? store,
        IEnumerable<string> arguments,
        CancellationToken cancellation,
        ImmutableDictionary<string, string>? extraEnvironment = null,
        string? workingDirectory = null,
        Func<Stream, CancellationToken, Task>? writeInput = null,
        Func<Stream, CancellationToken, Task>? readOutput = null)
    {
        IEnumerable<string> prefix = store is null ? [] : [$"--git-dir={store}"];
        Command command = new("git", [.. prefix, .. arguments])
        {
            WorkingDirectory = workingDirectory,
            Environment = extraEnvironment is null ? _environment : _environment.SetItems(extraEnvironment),
        };
        return ProcessRunner.RunAsync(command, cancellation, writeInput, readOutput);
    }
}

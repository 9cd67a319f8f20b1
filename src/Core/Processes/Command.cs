using System.Collections.Immutable;

namespace EveKernel.Core.Processes;

/// <summary>A program to run, with all that it sees: nothing is taken from the current directory or, when
/// <see cref="Environment"/> is given, from this process's environment. Tasks share one process, so neither can be trusted.</summary>
/// <param name="Executable">A name to be found on the command's own PATH, or an absolute path.</param>
/// <param name="Arguments">The arguments, unquoted.</param>
public sealed record Command(string Executable, ImmutableArray<string> Arguments)
{
    /// <summary>Makes a command.</summary>
    /// <param name="executable">A name to be found on PATH, or an absolute path.</param>
    /// <param name="arguments">The arguments, unquoted.</param>
    public Command(string executable, params IEnumerable<string> arguments)
        : this(executable, [.. arguments])
    {
    }

    /// <summary>The folder it runs in, absolute; null is the root folder.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Its whole environment; null is this process's.</summary>
    public ImmutableDictionary<string, string>? Environment { get; init; }

    /// <summary>The command as a person would type it into a shell.</summary>
    /// <returns>The words, quoted where a shell would need it.</returns>
    public override string ToString() => string.Join(' ', Arguments.Prepend(Executable).Select(ShellQuoting.Quote));
}

namespace EveKernel.Core.Diagnostics;

/// <summary>A failure with a code that the user can act on. It is the only exception that Core throws on purpose for bad input or a bad host.</summary>
public sealed class KernelException : Exception
{
    /// <summary>Makes a failure.</summary>
    /// <param name="code">Its code.</param>
    /// <param name="message">What happened, why, and what to do. One line, or a few.</param>
    /// <param name="location">The file, line and column that it speaks of.</param>
    /// <param name="inner">What was caught, for the log.</param>
    public KernelException(ErrorCode code, string message, SourceLocation? location = null, Exception? inner = null)
        : base(message, inner)
    {
        ArgumentNullException.ThrowIfNull(code);
        Diagnostics = [new Diagnostic(Severity.Error, code, message, location)];
    }

    /// <summary>Makes a failure that has several errors to show at once, such as each symbol that a configuration lost.</summary>
    /// <param name="diagnostics">The diagnostics; at least one is an error.</param>
    public KernelException(IReadOnlyList<Diagnostic> diagnostics)
        : base(diagnostics?.FirstOrDefault(d => d.Severity == Severity.Error)?.Message)
    {
        ArgumentNullException.ThrowIfNull(diagnostics);
        Diagnostics = diagnostics;
    }

    /// <summary>All there is to show, in order.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }

    /// <summary>The first error's code.</summary>
    public ErrorCode Code => Diagnostics.First(d => d.Severity == Severity.Error).Code!;

    /// <summary>The first error's place, or null.</summary>
    public SourceLocation? Location => Diagnostics.First(d => d.Severity == Severity.Error).Location;
}

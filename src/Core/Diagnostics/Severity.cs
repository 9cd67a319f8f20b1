namespace EveKernel.Core.Diagnostics;

/// <summary>How much a <see cref="Diagnostic"/> matters, in MSBuild's terms.</summary>
public enum Severity
{
    /// <summary>Said to the user, changes nothing.</summary>
    Message,

    /// <summary>The build goes on.</summary>
    Warning,

    /// <summary>The build fails.</summary>
    Error,
}

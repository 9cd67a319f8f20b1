namespace EveKernel.Core.Diagnostics;

/// <summary>One thing to tell the user. Tasks turn it into an MSBuild error, warning or message.</summary>
/// <param name="Severity">Whether the build can go on.</param>
/// <param name="Code">The code (<c>EVK</c> and four digits), or null where none fits, as for a plain message.</param>
/// <param name="Message">What happened, why, and what to do.</param>
/// <param name="Location">The place that it speaks of, or null.</param>
public sealed record Diagnostic(Severity Severity, ErrorCode? Code, string Message, SourceLocation? Location = null);

namespace EveKernel.Core.Diagnostics;

/// <summary>A place in a file that the user can open. Lines and columns count from 1; 0 means unknown.</summary>
/// <param name="File">The file's path, absolute wherever it is known.</param>
/// <param name="Line">The line, from 1, or 0.</param>
/// <param name="Column">The column, from 1, or 0.</param>
public sealed record SourceLocation(string File, int Line = 0, int Column = 0);

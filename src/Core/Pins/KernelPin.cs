namespace EveKernel.Core.Pins;

/// <summary>An exact version of a kernel's package in a project file.</summary>
/// <param name="Id">The package's id.</param>
/// <param name="Version">The version, without brackets.</param>
/// <param name="File">The file that holds the version.</param>
/// <param name="Line">Its line.</param>
/// <param name="Offset">Where the version begins in the file's text.</param>
public sealed record KernelPin(string Id, string Version, string File, int Line, int Offset);

/// <summary>A reference to a kernel's package that is no exact pin.</summary>
/// <param name="Id">The package's id.</param>
/// <param name="Version">What the file says.</param>
/// <param name="File">The file.</param>
/// <param name="Line">Its line.</param>
public sealed record LoosePin(string Id, string Version, string File, int Line);

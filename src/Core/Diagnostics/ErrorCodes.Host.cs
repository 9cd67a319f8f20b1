namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>A program that the build calls is not on PATH.</summary>
    public static readonly ErrorCode ToolMissing = new("EVK9001", "A tool is missing");

    /// <summary>The build was cancelled.</summary>
    public static readonly ErrorCode Cancelled = new("EVK9002", "The build was cancelled", ErrorKind.Infrastructure);

    /// <summary>The host does not run Linux.</summary>
    public static readonly ErrorCode NotLinux = new("EVK9003", "The host does not run Linux");

    /// <summary>The .NET SDK is older than this SDK's floor.</summary>
    public static readonly ErrorCode DotnetTooOld = new("EVK9004", "The .NET SDK is too old");

    /// <summary>There is no data file for the architecture.</summary>
    public static readonly ErrorCode ArchUnknown = new("EVK9005", "The architecture is not known");

    /// <summary>A file could not be read or written.</summary>
    public static readonly ErrorCode HostIo = new("EVK9006", "A file could not be read or written", ErrorKind.Infrastructure);

    /// <summary>The disk has too little room for a kernel tree.</summary>
    public static readonly ErrorCode DiskFull = new("EVK9007", "Too little disk space", ErrorKind.Infrastructure);

    /// <summary><c>dotnet test</c> asks for a test application.</summary>
    public static readonly ErrorCode TestPlatform = new("EVK9010", "Microsoft.Testing.Platform cannot test a kernel");

    /// <summary><c>dotnet watch</c> asks for a program.</summary>
    public static readonly ErrorCode NoProgram = new("EVK9011", "A kernel is no program");

    /// <summary>dotnet watch would have more folders to watch than the host allows.</summary>
    public static readonly ErrorCode TooManyToWatch = new("EVK9012", "There is too much to watch");

    /// <summary>libgit2 was chosen, and the host has none.</summary>
    public static readonly ErrorCode LibGit2Missing = new("EVK9040", "libgit2 is missing");

    /// <summary>libgit2 was chosen, and the host's is of a version that would end the process.</summary>
    public static readonly ErrorCode LibGit2Version = new("EVK9041", "libgit2 is of another version");

    /// <summary>libgit2 was chosen, and something is asked for that only git can do.</summary>
    public static readonly ErrorCode GitNeeded = new("EVK9042", "This needs the git executable");

    /// <summary>Something failed that has no code of its own.</summary>
    public static readonly ErrorCode Internal = new("EVK9999", "An error inside the SDK", ErrorKind.Infrastructure);
}

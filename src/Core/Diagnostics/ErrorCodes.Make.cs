namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>make failed, and its log names no better reason.</summary>
    public static readonly ErrorCode MakeFailed = new("EVK4001", "make failed");

    /// <summary>gcc, clang or the assembler refuses a file.</summary>
    public static readonly ErrorCode CompilerError = new("EVK4002", "The compiler reports an error");

    /// <summary>gcc, clang or the assembler warns.</summary>
    public static readonly ErrorCode CompilerWarning = new("EVK4003", "The compiler warns");

    /// <summary>The linker refuses or warns.</summary>
    public static readonly ErrorCode LinkerProblem = new("EVK4004", "The linker reports a problem");

    /// <summary>objtool refuses or warns.</summary>
    public static readonly ErrorCode ObjtoolProblem = new("EVK4005", "objtool reports a problem");

    /// <summary>modpost refuses or warns.</summary>
    public static readonly ErrorCode ModpostProblem = new("EVK4006", "modpost reports a problem");

    /// <summary>A Kconfig file or a <c>.config</c> cannot be understood.</summary>
    public static readonly ErrorCode KconfigProblem = new("EVK4007", "Kconfig reports a problem");

    /// <summary>A Makefile names a file that nothing makes.</summary>
    public static readonly ErrorCode NoRuleForTarget = new("EVK4008", "make has no rule for a target");

    /// <summary>The kernel's host programs need a library's headers that are not installed.</summary>
    public static readonly ErrorCode LibraryMissing = new("EVK4009", "A library for the kernel's own tools is missing");

    /// <summary>A compiler, or make itself, was killed from outside: nearly always for want of memory.</summary>
    public static readonly ErrorCode BuildKilled = new("EVK4010", "A process of the build was killed", ErrorKind.Infrastructure);

    /// <summary>A disk is full.</summary>
    public static readonly ErrorCode MakeDiskFull = new("EVK4011", "No space is left on the disk", ErrorKind.Infrastructure);

    /// <summary>A gate names a directory that the tree does not have.</summary>
    public static readonly ErrorCode DirectoryNotInTree = new("EVK4012", "A gate's directory is not in the tree");

    /// <summary>A gate's directory was made and yielded nothing, so nothing is proven.</summary>
    public static readonly ErrorCode DirectoryYieldsNothing = new("EVK4013", "A gate's directory yields no object");

    /// <summary>A gate's directory compiles with warnings.</summary>
    public static readonly ErrorCode DirectoryNotClean = new("EVK4014", "A gate's directory does not compile cleanly");

    /// <summary>A compiler, a linker or one of kbuild's own programs crashed.</summary>
    public static readonly ErrorCode ToolCrashed = new("EVK4020", "A program of the build crashed", ErrorKind.Infrastructure);

    /// <summary>A compiler launcher is not installed.</summary>
    public static readonly ErrorCode LauncherMissing = new("EVK4040", "The compiler launcher is not there");

    /// <summary>depmod refuses or warns.</summary>
    public static readonly ErrorCode DepmodProblem = new("EVK4021", "depmod reports a problem");

    /// <summary>A disk or file server gives errors.</summary>
    public static readonly ErrorCode MakeDiskFails = new("EVK4022", "A disk fails while make runs", ErrorKind.Infrastructure);
}

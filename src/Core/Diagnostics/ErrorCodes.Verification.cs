namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>A project without a check was tested.</summary>
    public static readonly ErrorCode NoCheck = new("EVK6001", "There is nothing to verify");

    /// <summary>A check is not known.</summary>
    public static readonly ErrorCode UnknownCheck = new("EVK6002", "A check is not known");

    /// <summary>Base and patched kernel would be the same, or there is no kernel.</summary>
    public static readonly ErrorCode NothingToCompare = new("EVK6003", "There are no two kernels to compare");

    /// <summary>The architecture's data has no QEMU line.</summary>
    public static readonly ErrorCode NoMachine = new("EVK6004", "The architecture has no test machine");

    /// <summary>The kernel beside the manifest is not the manifest's.</summary>
    public static readonly ErrorCode PackedBytesDiffer = new("EVK6005", "The kernel to prove is not the packed one");

    /// <summary>The host's compiler refused the reproducer.</summary>
    public static readonly ErrorCode ReproducerNotCompiled = new("EVK6006", "The reproducer does not compile");

    /// <summary>QEMU ended with an error before the kernel spoke.</summary>
    public static readonly ErrorCode MachineFailed = new("EVK6007", "QEMU does not run", ErrorKind.Infrastructure);

    /// <summary>The machine said nothing of the reproducer's within its time, twice.</summary>
    public static readonly ErrorCode MachineSilent = new("EVK6008", "The test machine stays silent", ErrorKind.Infrastructure);

    /// <summary>The kernel panicked.</summary>
    public static readonly ErrorCode GuestPanicked = new("EVK6009", "The kernel panicked");

    /// <summary>The reproducer began, and nothing more came.</summary>
    public static readonly ErrorCode GuestHung = new("EVK6010", "The kernel hangs");

    /// <summary>The machine ended without having said all that was asked.</summary>
    public static readonly ErrorCode NoVerdict = new("EVK6011", "The machine ended without a verdict");

    /// <summary>The machine lacks something that the reproducer needs.</summary>
    public static readonly ErrorCode CheckNotSetUp = new("EVK6012", "A check could not be set up", ErrorKind.Infrastructure);

    /// <summary>The base kernel does not behave as a kernel without the fix.</summary>
    public static readonly ErrorCode BaseNotAsExpected = new("EVK6013", "The base kernel does not show the fault");

    /// <summary>The patched kernel fails a check.</summary>
    public static readonly ErrorCode CheckFailed = new("EVK6014", "The patched kernel fails a check");

    /// <summary>The reproducer's counts do not bear out what it says.</summary>
    public static readonly ErrorCode CountsDisagree = new("EVK6015", "The counts do not bear out the result");

    /// <summary>Race mode gave no answer, twice.</summary>
    public static readonly ErrorCode RaceUnanswered = new("EVK6016", "Race mode gave no answer", ErrorKind.Infrastructure);

    /// <summary>A machine of a soak died.</summary>
    public static readonly ErrorCode SoakDied = new("EVK6017", "A machine died in a soak");

    /// <summary>A file of another machine's results cannot be read.</summary>
    public static readonly ErrorCode NodeReportUnreadable = new("EVK6018", "A machine's results cannot be read");

    /// <summary>There is no kernel that <c>dotnet run</c> could boot.</summary>
    public static readonly ErrorCode NothingToBoot = new("EVK6020", "There is no kernel to boot");

    /// <summary>busybox would not run without the host's libraries.</summary>
    public static readonly ErrorCode ShellNotStatic = new("EVK6021", "The shell for the machine is not static");

    /// <summary>sdk/run/boot.sh: an argument of <c>dotnet run</c> cannot be used.</summary>
    public static readonly ErrorCode RunArgument = new("EVK6023", "An argument of dotnet run cannot be used");

    /// <summary>sdk/run/boot.sh: the machine ended before the command did.</summary>
    public static readonly ErrorCode CommandLost = new("EVK6024", "The machine ended before its command");
}

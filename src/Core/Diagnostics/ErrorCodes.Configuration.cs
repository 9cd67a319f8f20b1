namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>A line of a fragment is neither an assignment nor a comment.</summary>
    public static readonly ErrorCode FragmentMalformed = new("EVK3001", "A configuration fragment is malformed");

    /// <summary>A symbol has two values in the fragments of one kernel.</summary>
    public static readonly ErrorCode FragmentsDisagree = new("EVK3002", "Two configuration lines disagree");

    /// <summary>No Kconfig file of the tree defines the symbol.</summary>
    public static readonly ErrorCode SymbolUnknown = new("EVK3003", "A requested symbol does not exist");

    /// <summary>A symbol was asked for and came out unset.</summary>
    public static readonly ErrorCode SymbolDropped = new("EVK3004", "A requested symbol was dropped");

    /// <summary>A symbol came out with another value than the one asked for.</summary>
    public static readonly ErrorCode SymbolChanged = new("EVK3005", "A requested symbol came out with another value");

    /// <summary>A symbol was asked to be off and came out set.</summary>
    public static readonly ErrorCode SymbolForcedOn = new("EVK3006", "A symbol is set though it was asked off");

    /// <summary>CONFIG_LOCALVERSION_AUTO is set.</summary>
    public static readonly ErrorCode LocalVersionAuto = new("EVK3007", "A repository would name the release");

    /// <summary>make or one of kconfig's scripts failed.</summary>
    public static readonly ErrorCode KconfigFailed = new("EVK3008", "The kernel could not be configured");

    /// <summary>The host's compiler does not find a header that the kernel's own tools include.</summary>
    public static readonly ErrorCode HostHeaderMissing = new("EVK3009", "A header for the host's compiler is missing");

    /// <summary>A defconfig or a fragment is not there.</summary>
    public static readonly ErrorCode ConfigurationFileMissing = new("EVK3010", "A configuration file is not there");

    /// <summary>A menu was asked for where there is no terminal.</summary>
    public static readonly ErrorCode MenuWithoutTerminal = new("EVK3020", "A menu needs a terminal");

    /// <summary>The project has no fragment that could take what is changed in a menu.</summary>
    public static readonly ErrorCode MenuWithoutFragment = new("EVK3021", "There is no fragment for a menu's changes");

    /// <summary>The menu did not end well.</summary>
    public static readonly ErrorCode MenuFailed = new("EVK3022", "A menu failed");

    /// <summary>A fragment after the one that takes the changes sets a symbol that was changed.</summary>
    public static readonly ErrorCode MenuFragmentTooEarly = new("EVK3023", "A later fragment sets what was changed in a menu");

    /// <summary>The fragment was changed while the menu was open.</summary>
    public static readonly ErrorCode MenuFragmentChanged = new("EVK3024", "The fragment changed while a menu was open");

    /// <summary>What was set in a menu does not come out of the fragments.</summary>
    public static readonly ErrorCode MenuResultRefused = new("EVK3025", "A menu's result cannot be asked for");

    /// <summary>The lines give nearly, but not exactly, what was set in a menu.</summary>
    public static readonly ErrorCode MenuResultDiffers = new("EVK3026", "The configuration differs from the menu's");

    /// <summary>What is to be compared with is no configuration.</summary>
    public static readonly ErrorCode ConfigurationUnreadable = new("EVK3027", "There is no configuration to compare with");
}

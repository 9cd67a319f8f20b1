namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>What is to be compared by size is no kernel.</summary>
    public static readonly ErrorCode SizesUnreadable = new("EVK5150", "There is no kernel to compare the sizes of");

    /// <summary>A kernel is larger, or has grown by more, than it may.</summary>
    public static readonly ErrorCode SizeLimit = new("EVK5151", "The kernel is larger than allowed");

    /// <summary>A package that a feed or the cache has is not what its version promises.</summary>
    public static readonly ErrorCode PackageRefused = new("EVK5101", "A finished package is refused");

    /// <summary>A feed did not answer, or broke off.</summary>
    public static readonly ErrorCode FeedUnreachable = new("EVK5102", "A feed cannot be reached", ErrorKind.Infrastructure);

    /// <summary>A feed asks for credentials, or refuses those that NuGet has.</summary>
    public static readonly ErrorCode FeedAccessRefused = new("EVK5103", "A feed refuses access");

    /// <summary>KernelCacheMode is <c>only</c>, and nobody has the result.</summary>
    public static readonly ErrorCode ResultNotFound = new("EVK5104", "Nobody has the result");

    /// <summary>The feeds cannot be told from NuGet's configuration and KernelFeeds.</summary>
    public static readonly ErrorCode FeedUnknown = new("EVK5105", "A feed is not known");

    /// <summary>The running SDK's NuGet lacks something that is called.</summary>
    public static readonly ErrorCode NuGetUnusable = new("EVK5106", "NuGet of the running SDK cannot be used");

    /// <summary>A result of a tree that somebody edits was to be pushed.</summary>
    public static readonly ErrorCode PushDirty = new("EVK5110", "A dirty result is not pushed");

    /// <summary>The feed has the version with another content.</summary>
    public static readonly ErrorCode PushConflict = new("EVK5111", "The feed has other bytes of this version");

    /// <summary>The feed did not take the package.</summary>
    public static readonly ErrorCode PushFailed = new("EVK5112", "The feed did not take the package", ErrorKind.Infrastructure);

    /// <summary>Nothing says which feed to push to.</summary>
    public static readonly ErrorCode PushSourceMissing = new("EVK5113", "There is no feed to push to");

    /// <summary>KernelSign or KernelSignKey says nothing that can be done.</summary>
    public static readonly ErrorCode SignatureUnclear = new("EVK5130", "It is not clear how to sign");

    /// <summary>The program that was to sign did not.</summary>
    public static readonly ErrorCode SigningFailed = new("EVK5131", "The provenance could not be signed");

    /// <summary>A package that has to be signed is not.</summary>
    public static readonly ErrorCode PackageUnsigned = new("EVK5132", "A kernel is not signed");

    /// <summary>The signature of a package's provenance is not that of a trusted key over these bytes.</summary>
    public static readonly ErrorCode SignatureWrong = new("EVK5133", "A kernel's signature does not hold");

    /// <summary>A file of a signed package is not what its provenance says.</summary>
    public static readonly ErrorCode PackageAltered = new("EVK5134", "A signed kernel was altered");

    /// <summary>KernelTrust cannot be checked on this host or with this key.</summary>
    public static readonly ErrorCode TrustUncheckable = new("EVK5135", "Trust cannot be checked");

    /// <summary>A result in the machine's cache has changed since it was put there.</summary>
    public static readonly ErrorCode CacheDamaged = new("EVK5120", "The cache holds a damaged result");

    /// <summary>No project file pins a kernel.</summary>
    public static readonly ErrorCode PinMissing = new("EVK5140", "No kernel is pinned");

    /// <summary>Several builds of one commit are equally new.</summary>
    public static readonly ErrorCode PinAmbiguous = new("EVK5141", "Several packages are equally new");

    /// <summary>A file with a pin cannot be changed without changing more.</summary>
    public static readonly ErrorCode PinUnchangeable = new("EVK5142", "A pin cannot be changed");

    /// <summary>No feed has the package that a pin is to name.</summary>
    public static readonly ErrorCode PinTargetMissing = new("EVK5143", "No feed has the kernel to pin");

    /// <summary>A kernel's package is referred to without an exact version.</summary>
    public static readonly ErrorCode PinLoose = new("EVK5144", "A kernel is not pinned exactly");
}

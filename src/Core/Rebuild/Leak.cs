using System.Collections.Frozen;

namespace EveKernel.Core.Rebuild;

/// <summary>What gets from a host into a kernel.</summary>
public enum Leak
{
    /// <summary>None of those below.</summary>
    Unknown,

    /// <summary>The time of the build.</summary>
    TimeStamp,

    /// <summary>A folder of the machine.</summary>
    Path,

    /// <summary>The user's name.</summary>
    User,

    /// <summary>The host's name.</summary>
    Host,

    /// <summary>The release of the kernel that runs on the host.</summary>
    HostKernel,

    /// <summary>The version of a program of the host that is not in the key.</summary>
    HostTool,

    /// <summary>The host's locale or time zone.</summary>
    Locale,

    /// <summary>A variable of the environment.</summary>
    Environment,

    /// <summary>make's -j.</summary>
    Jobs,

    /// <summary>How often it was built.</summary>
    VersionCounter,

    /// <summary>Modes of files, which follow the umask.</summary>
    Mode,

    /// <summary>The same things in another order.</summary>
    Ordering,

    /// <summary>BTF type information.</summary>
    Btf,

    /// <summary>A key, a seed, or other random bytes.</summary>
    RandomKey,

    /// <summary>A build id, which follows from another difference.</summary>
    BuildId,
}

/// <summary>Leaks in words.</summary>
public static class Leaks
{
    private static readonly FrozenDictionary<Leak, (string Name, string Cure)> Known = new Dictionary<Leak, (string, string)>
    {
        [Leak.Unknown] = ("no known leak", "Look at both files (diffoscope shows more), and run the step that makes them twice by hand."),
        [Leak.TimeStamp] = (
            "a time stamp",
            "SOURCE_DATE_EPOCH and KBUILD_BUILD_TIMESTAMP hold the source's own time in every build: use them (date -u -d "
                + "@$SOURCE_DATE_EPOCH), or leave the time out."),
        [Leak.Path] = (
            "a path of the build",
            "KCFLAGS, KAFLAGS and HOSTCFLAGS map both folders away (-ffile-prefix-map) for what a compiler writes; what a "
                + "script writes must be relative to $(srctree) or $(objtree)."),
        [Leak.User] = ("the user's name", "Use KBUILD_BUILD_USER, which is the same in every build, instead of whoami, id or $USER."),
        [Leak.Host] = ("the host's name", "Use KBUILD_BUILD_HOST, which is the same in every build, instead of hostname or uname -n."),
        [Leak.HostKernel] = (
            "the release of the host's kernel",
            "Use KERNELRELEASE or UTS_RELEASE, the release of the kernel that is built, instead of uname -r."),
        [Leak.HostTool] = (
            "the version of a program of the host that is not in the key",
            "Kconfig asks whatever the host has: give make another by an argument (as RUSTC=false), or bring it in KernelToolchainArchive."),
        [Leak.Locale] = ("the host's locale or time zone", "make has LC_ALL=C and TZ=UTC: do not set others in a script."),
        [Leak.Environment] = (
            "a variable of the environment",
            "make gets only what the SDK lists; give a value that decides bytes as a make argument or in the configuration."),
        [Leak.Jobs] = ("the number of jobs", "Do not write -j or nproc into what is built."),
        [Leak.VersionCounter] = ("a version counter", "KBUILD_BUILD_VERSION is 1 in every build: use it, and no file that counts."),
        [Leak.Mode] = (
            "modes that follow the umask",
            "Set modes with install -m or chmod, or tar --mode, and do not copy those that a file was made with."),
        [Leak.Ordering] = (
            "another order",
            "Sort what comes from a folder or from jobs beside each other (LC_ALL=C sort, $(sort …), tar --sort=name) "
                + "before it is written or linked."),
        [Leak.Btf] = (
            "BTF, whose encoder writes types in the order in which its threads end",
            "make's $(PAHOLE) leaves -j out: call that one, or a pahole with --btf_features=reproducible_build."),
        [Leak.RandomKey] = (
            "random bytes, as of a key or a seed",
            "Give the key (CONFIG_MODULE_SIG_KEY, an RSA one) instead of having each build make one; read no /dev/urandom. "
                + "make gives the seed of CONFIG_RANDSTRUCT (cmd_create_randstruct_seed)."),
        [Leak.BuildId] = (
            "a build id, which is a digest of all that was linked",
            "Mend the other difference, which the linker saw before; a linker flag such as --build-id=uuid would be one."),
    }.ToFrozenDictionary();

    /// <summary>The leak's name.</summary>
    /// <param name="leak">The leak.</param>
    /// <returns>Words for "this is …".</returns>
    public static string Describe(Leak leak) => Known[leak].Name;

    /// <summary>What cures it.</summary>
    /// <param name="leak">The leak.</param>
    /// <returns>One or two sentences.</returns>
    public static string Cure(Leak leak) => Known[leak].Cure;
}

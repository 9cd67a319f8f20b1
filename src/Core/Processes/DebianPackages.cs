using System.Collections.Frozen;

namespace EveKernel.Core.Processes;

/// <summary>Which Debian package brings a program, for messages that say what to install.</summary>
public static class DebianPackages
{
    private static readonly FrozenDictionary<string, string> ByProgram = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["bc"] = "bc",
        ["bison"] = "bison",
        ["busybox"] = "busybox-static",
        ["ccache"] = "ccache",
        ["clang"] = "clang",
        ["cpio"] = "cpio",
        ["distcc"] = "distcc",
        ["diffoscope"] = "diffoscope",
        ["disorderfs"] = "disorderfs",
        ["faketime"] = "faketime",
        ["flex"] = "flex",
        ["gcc"] = "gcc",
        ["git"] = "git",
        ["gzip"] = "gzip",
        ["icecc"] = "icecc",
        ["ip"] = "iproute2",
        ["kmod"] = "kmod",
        ["depmod"] = "kmod",
        ["ld"] = "binutils",
        ["ld.lld"] = "lld",
        ["llvm-ar"] = "llvm",
        ["llvm-nm"] = "llvm",
        ["llvm-objcopy"] = "llvm",
        ["llvm-strip"] = "llvm",
        ["gpg"] = "gnupg",
        ["gpgv"] = "gpgv",
        ["make"] = "make",
        ["minisign"] = "minisign",
        ["openssl"] = "openssl",
        ["pahole"] = "pahole",
        ["perl"] = "perl",
        ["python3"] = "python3",
        ["qemu-system-x86_64"] = "qemu-system-x86",
        ["ssh-keygen"] = "openssh-client",
        ["readelf"] = "binutils",
        ["rsync"] = "rsync",
        ["sccache"] = "sccache",
        ["setarch"] = "util-linux",
        ["sparse"] = "sparse",
        ["unshare"] = "util-linux",
        ["xz"] = "xz-utils",
        ["zstd"] = "zstd",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The package that brings a program.</summary>
    /// <param name="program">The program's name.</param>
    /// <returns>Words for the sentence "Install …".</returns>
    public static string Describe(string program) =>
        ByProgram.TryGetValue(program, out string? package)
            ? $"it (Debian: apt-get install {package})"
            : "it, or put its folder on PATH";
}

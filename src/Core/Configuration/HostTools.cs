using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Configuration;

/// <summary>Looks for what kbuild calls before make starts: make's own message comes minutes later and names a file, not a package.</summary>
public static class HostTools
{
    private static readonly ImmutableArray<(string Symbol, string Program)> ProgramsBySymbol =
    [
        ("KERNEL_XZ", "xz"), ("KERNEL_ZSTD", "zstd"), ("MODULE_COMPRESS_XZ", "xz"), ("MODULE_COMPRESS_ZSTD", "zstd"),
        ("DEBUG_INFO_BTF", "pahole"), ("IKHEADERS", "cpio"), ("MODULE_SIG", "openssl"),
    ];

    /// <summary>The programs that every build calls.</summary>
    /// <param name="context">The surroundings of make.</param>
    /// <exception cref="KernelException">EVK9001: with each program that is missing and its Debian package.</exception>
    public static void CheckPrograms(MakeContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Require(context, ["make", "flex", "bison", "bc", "perl", .. context.Programs.All]);
    }

    /// <summary>The programs and headers that a configuration calls for besides.</summary>
    /// <param name="context">The surroundings of make.</param>
    /// <param name="config">The finished configuration.</param>
    /// <param name="cancellation">Ends the probe.</param>
    /// <returns>A task that ends when all is there.</returns>
    /// <exception cref="KernelException">EVK9001: a program is missing; EVK3009: a header is.</exception>
    public static async Task CheckForAsync(MakeContext context, ConfigFile config, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(config);
        Require(context, ProgramsBySymbol.Where(pair => config.IsBuiltIn(pair.Symbol)).Select(pair => pair.Program));
        if (config.IsBuiltIn("OBJTOOL"))
            await RequireHeaderAsync(context, "libelf.h", "libelf-dev", "objtool", cancellation).ConfigureAwait(false);
        if (config.IsBuiltIn("MODULE_SIG") || config.IsBuiltIn("SYSTEM_TRUSTED_KEYRING"))
            await RequireHeaderAsync(context, "openssl/opensslv.h", "libssl-dev", "the signing of modules", cancellation).ConfigureAwait(false);
    }

    private static void Require(MakeContext context, IEnumerable<string> programs)
    {
        ImmutableArray<Diagnostic> missing =
        [
            .. programs.Distinct().Where(program => ExecutableSearch.TryFind(program, context.Environment) is null).Select(program => new Diagnostic(
                Severity.Error,
                ErrorCodes.ToolMissing,
                $"The kernel's build needs '{program}', which is not on PATH. Install {DebianPackages.Describe(program)}.")),
        ];
        if (!missing.IsEmpty)
            throw new KernelException(missing);
    }

    /// <summary>A header for host programs.</summary>
    /// <param name="context">The surroundings of make.</param>
    /// <param name="header">The header, as it is included.</param>
    /// <param name="package">Its Debian package.</param>
    /// <param name="user">What needs it.</param>
    /// <param name="cancellation">Ends the probe.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK3009: the compiler does not find it.</exception>
    internal static async Task RequireHeaderAsync(MakeContext context, string header, string package, string user, CancellationToken cancellation)
    {
        Command probe = new(context.Programs.HostCompiler, "-E", "-x", "c", "-include", header, "-o", "/dev/null", "/dev/null") { Environment = context.Environment };
        if (!(await ProcessRunner.RunAsync(probe, cancellation).ConfigureAwait(false)).Succeeded)
        {
            throw new KernelException(
                ErrorCodes.HostHeaderMissing,
                $"{context.Compiler} does not find <{header}>, which {user} needs. Install it (Debian: apt-get install {package}).");
        }
    }
}

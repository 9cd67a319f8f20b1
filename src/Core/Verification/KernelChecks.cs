using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Verification;

/// <summary>The checks that there are, by the names that a project's KernelCheck items give them.</summary>
public static class KernelChecks
{
    /// <summary>A guest's access to a BAR that its device does not decode.</summary>
    public const string DisabledBar = "disabled-bar";

    /// <summary>A guest's access to memory that is really gone.</summary>
    public const string RealFaults = "real-faults";

    /// <summary>When a BAR is claimed, and what a BAR in other hands does.</summary>
    public const string BarClaimed = "bar-claimed";

    /// <summary>The same access from one CPU while another toggles decoding.</summary>
    public const string Race = "race";

    /// <summary>All names, in the order in which they run.</summary>
    public static readonly ImmutableArray<string> All = [DisabledBar, RealFaults, BarClaimed, Race];

    /// <summary>Takes a project's names.</summary>
    /// <param name="names">The names, in any order, each perhaps several times.</param>
    /// <returns>Each once, in the order in which they run.</returns>
    /// <exception cref="KernelException">EVK6001: there is none; EVK6002: one is not known.</exception>
    public static ImmutableArray<string> Parse(IEnumerable<string> names)
    {
        ImmutableHashSet<string> wanted = [.. names];
        if (wanted.IsEmpty)
            throw new KernelException(ErrorCodes.NoCheck, "The project names no KernelCheck, so there is nothing that a test could prove.");
        ImmutableArray<Diagnostic> unknown =
        [
            .. wanted.Except(All).Order(StringComparer.Ordinal).Select(name => new Diagnostic(
                Severity.Error, ErrorCodes.UnknownCheck, $"There is no check named '{name}'. There are {string.Join(", ", All)}.")),
        ];
        return unknown.IsEmpty ? [.. All.Where(wanted.Contains)] : throw new KernelException(unknown);
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Verification;

/// <summary>verify.json: what was proven of which kernels, with what, and how. It holds no path of the machine.</summary>
public sealed record ProofRecord
{
    /// <summary>The form of this file; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Whether all is as it should be.</summary>
    public required bool Passed { get; init; }

    /// <summary>The package of the kernel that is proven.</summary>
    public required string PackageId { get; init; }

    /// <summary>Its version.</summary>
    public required string PackageVersion { get; init; }

    /// <summary>The digests of the patches' diffs, in order.</summary>
    public required ImmutableArray<string> PatchDiffs { get; init; }

    /// <summary>The kernel without the series.</summary>
    public required ProvenKernel Base { get; init; }

    /// <summary>The kernel that is packed.</summary>
    public required ProvenKernel Patched { get; init; }

    /// <summary>The digest of the reproducer's sources, its compiler and flags.</summary>
    public required string ReproducerSha256 { get; init; }

    /// <summary>The initramfs' digest.</summary>
    public required string InitramfsSha256 { get; init; }

    /// <summary>QEMU's own words for its version.</summary>
    public required string Qemu { get; init; }

    /// <summary><c>kvm</c> or <c>tcg</c>.</summary>
    public required string Accelerator { get; init; }

    /// <summary>Why that one.</summary>
    public required string AcceleratorReason { get; init; }

    /// <summary>The cycles asked of step mode on the patched kernel.</summary>
    public required int Cycles { get; init; }

    /// <summary>The machines that were run.</summary>
    public required ImmutableArray<ProvenBoot> Boots { get; init; }

    /// <summary>The verdicts.</summary>
    public required ImmutableArray<ProvenCheck> Checks { get; init; }

    /// <summary>Reads one.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The record.</returns>
    public static ProofRecord Read(string path) => JsonFile.Read<ProofRecord>(path, JsonFile.Readable);

    /// <summary>Writes it.</summary>
    /// <param name="path">The file.</param>
    public void Write(string path) => DurableFile.WriteAllText(path, JsonFile.ToText(this));
}

/// <summary>A kernel of a proof.</summary>
/// <param name="Key">Its build key.</param>
/// <param name="Release">Its <c>uname -r</c>.</param>
/// <param name="Sha256">The digest of the image that was booted.</param>
public sealed record ProvenKernel(string Key, string Release, string Sha256);

/// <summary>A machine of a proof.</summary>
/// <param name="Kernel"><c>base</c> or <c>patched</c>.</param>
/// <param name="Mode"><c>step</c> or <c>race</c>.</param>
/// <param name="CommandLine">QEMU's call, with <c>kernel</c> and <c>initramfs</c> for the two files.</param>
/// <param name="Attempts">How often it was started.</param>
/// <param name="Milliseconds">How long the last one ran.</param>
/// <param name="Problem">The code of what kept it from a verdict, or null.</param>
public sealed record ProvenBoot(string Kernel, string Mode, string CommandLine, int Attempts, long Milliseconds, string? Problem);

/// <summary>A verdict of a proof.</summary>
/// <param name="Check">The check.</param>
/// <param name="Kernel"><c>base</c> or <c>patched</c>.</param>
/// <param name="Verdict"><c>as-expected</c>, <c>failed</c> or <c>none</c>, where the infrastructure gave no answer.</param>
/// <param name="Code">The code of what is wrong, or null.</param>
/// <param name="Seen">What was seen, in a line.</param>
/// <param name="Reported">The reproducer's own report, member by member.</param>
public sealed record ProvenCheck(string Check, string Kernel, string Verdict, string? Code, string Seen, ImmutableSortedDictionary<string, JsonElement> Reported);

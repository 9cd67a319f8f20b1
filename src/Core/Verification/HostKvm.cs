using System.Collections.Immutable;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Verification;

/// <summary>Whether the host's KVM can carry a guest that runs guests itself. /dev/kvm may be there and yet nothing comes of it, so it is looked at and tried.</summary>
/// <param name="Usable">Whether it works.</param>
/// <param name="Reason">Why, or why not.</param>
public sealed record HostKvm(bool Usable, string Reason)
{
    // QEMU answers within a second; a host whose KVM does not work says nothing at all.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>What is known before anything is tried.</summary>
    /// <param name="cpuFlags">The words of a <c>flags</c> line of /proc/cpuinfo.</param>
    /// <param name="nested">Reads <c>nested</c> of the module kvm_amd or kvm_intel, or gives null.</param>
    /// <param name="configuration">Whether the kernel to boot has a symbol built in.</param>
    /// <returns>Why not, or null when it is worth a try.</returns>
    public static string? FindObstacle(ImmutableHashSet<string> cpuFlags, Func<string, string?> nested, Func<string, bool> configuration)
    {
        ArgumentNullException.ThrowIfNull(cpuFlags);
        ArgumentNullException.ThrowIfNull(nested);
        ArgumentNullException.ThrowIfNull(configuration);
        (string Module, string Symbol)? kind = cpuFlags.Contains("svm") ? ("kvm_amd", "KVM_AMD") : cpuFlags.Contains("vmx") ? ("kvm_intel", "KVM_INTEL") : null;
        if (kind is not { } host)
            return "the CPU offers neither svm nor vmx";
        if (nested(host.Module)?.Trim() is not ("1" or "Y"))
            return $"the host's {host.Module} gives guests no virtualisation of their own (parameter nested)";
        return configuration(host.Symbol) ? null : $"the kernel has no CONFIG_{host.Symbol}, which this host's CPU calls for";
    }

    /// <summary>Looks, and tries, for a guest that runs guests itself.</summary>
    /// <param name="program">QEMU's program.</param>
    /// <param name="configuration">Whether the kernel to boot has a symbol built in.</param>
    /// <param name="environment">The host's environment.</param>
    /// <param name="cancellation">Ends the trial.</param>
    /// <returns>The finding.</returns>
    public static Task<HostKvm> ProbeAsync(
        string program, Func<string, bool> configuration, ImmutableDictionary<string, string> environment, CancellationToken cancellation) =>
        FindObstacle(ReadCpuFlags(), ReadNested, configuration) is { } obstacle
            ? Task.FromResult(new HostKvm(false, obstacle))
            : TryAsync(program, environment, cancellation);

    /// <summary>Looks, and tries, for any guest.</summary>
    /// <param name="program">QEMU's program.</param>
    /// <param name="environment">The host's environment.</param>
    /// <param name="cancellation">Ends the trial.</param>
    /// <returns>The finding.</returns>
    public static Task<HostKvm> ProbePlainAsync(string program, ImmutableDictionary<string, string> environment, CancellationToken cancellation) =>
        FindObstacle(ReadCpuFlags(), _ => "1", _ => true) is { } obstacle
            ? Task.FromResult(new HostKvm(false, obstacle))
            : TryAsync(program, environment, cancellation);

    private static ImmutableHashSet<string> ReadCpuFlags() => [.. File.ReadLines("/proc/cpuinfo")
        .FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal))?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? []];

    private static async Task<HostKvm> TryAsync(string program, ImmutableDictionary<string, string> environment, CancellationToken cancellation)
    {
        Command trial = new(program, "-accel", "kvm", "-cpu", "host", "-machine", "q35", "-nodefaults", "-no-user-config", "-display", "none", "-S", "-qmp", "stdio")
        {
            Environment = environment,
        };
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            CommandResult result = await ProcessRunner.RunAsync(
                trial,
                limit.Token,
                async (input, token) => await input.WriteAsync("{\"execute\":\"qmp_capabilities\"}{\"execute\":\"quit\"}"u8.ToArray(), token).ConfigureAwait(false))
                .ConfigureAwait(false);
            return result.Succeeded ? new HostKvm(true, "it works") : new HostKvm(false, $"QEMU cannot use it: {result.StandardError.Trim()}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new HostKvm(false, "QEMU got no answer from it");
        }
    }

    private static string? ReadNested(string module)
    {
        string file = $"/sys/module/{module}/parameters/nested";
        return File.Exists(file) ? File.ReadAllText(file) : null;
    }
}

using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Gates;

/// <summary>Reads an object's functions by readelf and objdump.</summary>
/// <param name="prefix">What stands before the tools' names: a cross prefix, <c>llvm-</c>, or nothing.</param>
/// <param name="environment">The host's environment.</param>
public sealed class ObjectReader(string prefix, ImmutableDictionary<string, string> environment)
{
    /// <summary>Reads an object.</summary>
    /// <param name="file">The relocatable object, absolute.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Its functions and named data, sorted by name.</returns>
    /// <exception cref="KernelException">EVK4032: a tool cannot read it; EVK9001: it is not there.</exception>
    public async Task<ImmutableSortedDictionary<string, CompiledSymbol>> ReadAsync(string file, CancellationToken cancellation)
    {
        ObjectTables tables = ObjectTables.Parse(await RunAsync("readelf", ["-W", "-S", "-s", "-r", file], file, cancellation).ConfigureAwait(false));
        string listing = await RunAsync("objdump", ["-d", "-w", "-z", "--no-show-raw-insn", file], file, cancellation).ConfigureAwait(false);
        if (tables.Sections.IsEmpty)
            throw new KernelException(ErrorCodes.ObjectUnreadable, $"readelf names no section of '{file}'.", new SourceLocation(file));
        byte[] content = await File.ReadAllBytesAsync(file, cancellation).ConfigureAwait(false);
        return new ObjectContent(tables, CodeListing.Parse(listing, tables), content).Symbols();
    }

    private async Task<string> RunAsync(string tool, ImmutableArray<string> arguments, string file, CancellationToken cancellation)
    {
        Command command = new(prefix + tool, arguments) { Environment = environment.SetItem("LC_ALL", "C") };
        CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
        return result.Succeeded
            ? result.StandardOutput
            : throw new KernelException(ErrorCodes.ObjectUnreadable, $"'{command}' failed: {result.StandardError.Trim()}", new SourceLocation(file));
    }
}

using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>Proves that directories were compiled, and cleanly. make's exit code proves neither.</summary>
/// <param name="context">The surroundings of the build.</param>
public sealed class GateCheck(MakeContext context)
{
    /// <summary>
    /// Deletes kbuild's lists of the directories' objects; call it before their targets are made. kbuild does not enter a directory whose options went away,
    /// and the list of a former build would then pass for a proof. A list is made anew in no time.
    /// </summary>
    /// <param name="gates">The directories.</param>
    public void ForgetLists(ImmutableArray<GateDirectory> gates)
    {
        foreach (string folder in gates.Select(gate => Path.Combine(context.OutputTree, gate.Target)).Where(Directory.Exists))
        {
            File.Delete(Path.Combine(folder, "built-in.a"));
            File.Delete(Path.Combine(folder, "modules.order"));
        }
    }

    /// <summary>Proves that each directory owns an object after its target was made. <see cref="ForgetLists"/> comes first.</summary>
    /// <param name="gates">The directories.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Each directory's objects, relative to <c>O=</c>.</returns>
    /// <exception cref="KernelException">EVK4013: some yield nothing.</exception>
    public async Task<ImmutableSortedDictionary<string, ImmutableSortedSet<string>>> ProveAsync(
        ImmutableArray<GateDirectory> gates,
        CancellationToken cancellation)
    {
        Dictionary<string, ImmutableSortedSet<string>> byTarget = [];
        foreach (string target in gates.Select(gate => gate.Target).Distinct())
            byTarget[target] = await CompiledObjects.OfDirectoryAsync(context, target, cancellation).ConfigureAwait(false);
        return Prove(gates, gate => byTarget[gate.Target]);
    }

    /// <summary>Proves that each directory owns an object in a whole build.</summary>
    /// <param name="gates">The directories.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Each directory's objects, relative to <c>O=</c>.</returns>
    /// <exception cref="KernelException">EVK4013: some yield nothing.</exception>
    public async Task<ImmutableSortedDictionary<string, ImmutableSortedSet<string>>> ProveWholeBuildAsync(
        ImmutableArray<GateDirectory> gates,
        CancellationToken cancellation)
    {
        ImmutableSortedSet<string> objects = await CompiledObjects.OfWholeBuildAsync(context, cancellation).ConfigureAwait(false);
        return Prove(gates, _ => objects);
    }

    /// <summary>
    /// Deletes the objects of the directories that make has ever warned about, so that it compiles them again and warns again if there is still a reason. Call it
    /// before make: an object of a make that failed is fresh, and make is silent about what is fresh.
    /// </summary>
    /// <param name="gates">The directories.</param>
    public void ForgetWarned(ImmutableArray<GateDirectory> gates)
    {
        WarnedFiles record = new(context.OutputTree);
        ImmutableArray<string> warned = [.. record.Read().Where(file => gates.Any(gate => Owns(gate, file)))];
        if (warned.IsEmpty)
            return;
        DeleteObjects(warned);
        record.Remove(warned);
    }

    /// <summary>Refuses warnings about files of the directories. <see cref="ForgetWarned"/> has the objects concerned compiled again by the next make.</summary>
    /// <param name="gates">The directories.</param>
    /// <param name="warnings">make's warnings.</param>
    /// <exception cref="KernelException">EVK4014: there are some.</exception>
    public void RequireClean(ImmutableArray<GateDirectory> gates, ImmutableArray<Diagnostic> warnings)
    {
        ImmutableArray<Diagnostic> refused =
        [
            .. warnings.Where(warning => warning.Location is { } place && gates.Any(gate => Owns(gate, context.RelativePath(place.File)))),
        ];
        if (refused.IsEmpty)
            return;
        throw new KernelException(
        [
            .. refused.Select(warning => warning with
            {
                Severity = Severity.Error,
                Code = ErrorCodes.DirectoryNotClean,
                Message = $"{warning.Message} (the directory must compile without warnings)",
            }),
        ]);
    }

    private ImmutableSortedDictionary<string, ImmutableSortedSet<string>> Prove(
        ImmutableArray<GateDirectory> gates,
        Func<GateDirectory, ImmutableSortedSet<string>> objects)
    {
        ImmutableSortedDictionary<string, ImmutableSortedSet<string>> owned = gates.ToImmutableSortedDictionary(
            gate => gate.Directory,
            gate => objects(gate).Where(name => Owns(gate, name) && File.Exists(Path.Combine(context.OutputTree, name))).ToImmutableSortedSet(StringComparer.Ordinal),
            StringComparer.Ordinal);
        ImmutableArray<Diagnostic> empty =
        [
            .. gates.Where(gate => owned[gate.Directory].IsEmpty).Select(gate => new Diagnostic(
                Severity.Error,
                ErrorCodes.DirectoryYieldsNothing,
                $"'make {gate.Target}' compiles nothing of '{gate.Directory}', so nothing is proven. Does the configuration have the directory's options?")),
        ];
        return empty.IsEmpty ? owned : throw new KernelException(empty);
    }

    private static bool Owns(GateDirectory gate, string relative) => relative.StartsWith(gate.Directory + "/", StringComparison.Ordinal);

    private void DeleteObjects(ImmutableArray<string> files)
    {
        // An object that warned itself, as with objtool. kbuild takes it up again with all that is made of it.
        foreach (string file in files.Where(file => file.EndsWith(".o", StringComparison.Ordinal)))
            File.Delete(Path.Combine(context.OutputTree, file));

        // .name.o.cmd lists all that name.o was made from, the headers too, one a line.
        foreach (string commandFile in Directory.EnumerateFiles(context.OutputTree, ".*.o.cmd", Folders.Everywhere))
        {
            if (!MadeFrom(commandFile, files))
                continue;
            string name = Path.GetFileName(commandFile)[1..^".cmd".Length];
            File.Delete(Path.Combine(Path.GetDirectoryName(commandFile)!, name));
        }
    }

    private static bool MadeFrom(string commandFile, ImmutableArray<string> files) => File.ReadLines(commandFile)
        .Where(line => line.StartsWith("source_", StringComparison.Ordinal) || line.EndsWith('\\'))
        .Select(line => line[(line.LastIndexOf('=') + 1)..].TrimEnd('\\').Trim())
        .Any(input => files.Any(file => input == file || input.EndsWith("/" + file, StringComparison.Ordinal)));
}

using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>Which objects kbuild says it has made: by name from its own lists, never by looking for files, among which stale ones lie.</summary>
public static class CompiledObjects
{
    private static readonly char[] Blanks = [' ', '\t', '\r', '\n'];

    /// <summary>The objects of a whole build.</summary>
    /// <param name="context">The surroundings of the build.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Paths relative to <c>O=</c>, sorted, without detours.</returns>
    public static Task<ImmutableSortedSet<string>> OfWholeBuildAsync(MakeContext context, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(context);
        string archive = File.Exists(Path.Combine(context.OutputTree, "vmlinux.a")) ? "vmlinux.a" : "built-in.a";
        return ListAsync(context, archive, "modules.order", cancellation);
    }

    /// <summary>The objects that making one directory names: its own, those of the directories below, and those it takes from elsewhere.</summary>
    /// <param name="context">The surroundings of the build.</param>
    /// <param name="directory">A directory that was a make target, relative to the tree.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Paths relative to <c>O=</c>, sorted, without detours.</returns>
    public static Task<ImmutableSortedSet<string>> OfDirectoryAsync(MakeContext context, string directory, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(directory);
        string folder = Normalise(directory);
        return ListAsync(context, $"{folder}/built-in.a", $"{folder}/modules.order", cancellation);
    }

    /// <summary>A relative path without <c>.</c>, <c>..</c> and a last slash.</summary>
    /// <param name="path">A path such as <c>arch/x86/kvm/../../../virt/kvm/kvm_main.o</c>.</param>
    /// <returns>A path such as <c>virt/kvm/kvm_main.o</c>.</returns>
    internal static string Normalise(string path) => Path.GetRelativePath("/", Path.GetFullPath(path, "/")).TrimEnd('/');

    private static async Task<ImmutableSortedSet<string>> ListAsync(MakeContext context, string archive, string order, CancellationToken cancellation)
    {
        List<string> objects = [];
        if (File.Exists(Path.Combine(context.OutputTree, archive)))
            objects.AddRange(await MembersAsync(context, archive, cancellation).ConfigureAwait(false));
        foreach (string module in Words(Path.Combine(context.OutputTree, order)))
            objects.AddRange(Words(Path.ChangeExtension(Path.Combine(context.OutputTree, module), ".mod")));
        return objects.Select(Normalise).ToImmutableSortedSet(StringComparer.Ordinal);
    }

    private static async Task<string[]> MembersAsync(MakeContext context, string archive, CancellationToken cancellation)
    {
        // kbuild's archives are thin, and ar prints a thin archive's members relative to its own folder: hence O= for that.
        Command command = new(context.Programs.Ar, "t", archive)
        {
            WorkingDirectory = context.OutputTree,
            Environment = context.Environment,
        };
        CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
        return result.Succeeded
            ? result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new KernelException(ErrorCodes.LinkerProblem, $"'{command}' in '{context.OutputTree}' cannot list what was built: {result.StandardError.Trim()}");
    }

    private static string[] Words(string file) => File.Exists(file) ? File.ReadAllText(file).Split(Blanks, StringSplitOptions.RemoveEmptyEntries) : [];
}

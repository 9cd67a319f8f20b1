using System.Collections.Immutable;
using System.Text.Json;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Loop;

/// <summary>Writes compile_commands.json, from which clangd and other tools know how each file of a built kernel is compiled. The tree's own script reads the
/// commands that kbuild left in <c>O=</c>.</summary>
/// <param name="plan">The plan of the kernel, which is built.</param>
/// <param name="environment">The host's environment.</param>
public sealed class CompileCommands(BuildPlan plan, ImmutableDictionary<string, string> environment)
{
    private const string Script = "scripts/clang-tools/gen_compile_commands.py";

    /// <summary>Writes the file.</summary>
    /// <param name="file">The file, absolute.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>How many files it tells of.</returns>
    /// <exception cref="KernelException">EVK2112: the tree has no such script, it failed, or nothing is compiled.</exception>
    public async Task<int> WriteAsync(string file, CancellationToken cancellation)
    {
        string script = Path.Combine(plan.WorkTree, Script);
        if (!File.Exists(script))
            throw Fail($"The kernel tree has no '{Script}', which knows the commands of its kbuild; old kernels have none there.", script);
        if (!Directory.Exists(plan.ObjectTree))
            throw NothingCompiled();
        string aside = Path.Combine(plan.IntermediateFolder, "compile_commands.new");
        // python3 first: the script's own first line is for whoever runs it by hand.
        Command command = new("python3", ["-B", script, "-d", plan.ObjectTree, "-o", aside]) { WorkingDirectory = plan.ObjectTree, Environment = environment };
        CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
        if (!result.Succeeded)
            throw Fail($"'{Script}' failed with exit code {result.ExitCode}: {result.StandardError.Trim()}", script);
        byte[] content = await File.ReadAllBytesAsync(aside, cancellation).ConfigureAwait(false);
        File.Delete(aside);
        int count = Count(content);
        if (count == 0)
            throw NothingCompiled();
        DurableFile.Write(file, stream => stream.Write(content));
        return count;
    }

    private static int Count(byte[] content)
    {
        using JsonDocument document = JsonDocument.Parse(content);
        return document.RootElement.GetArrayLength();
    }

    private KernelException NothingCompiled() =>
        Fail($"'{plan.ObjectTree}' holds no compiled file: the results stand, but their objects are gone. Use -t:Rebuild.", plan.ObjectTree);

    private static KernelException Fail(string message, string place) => new(ErrorCodes.CompileCommandsMissing, message, new SourceLocation(place));
}

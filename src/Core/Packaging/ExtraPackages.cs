using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Packaging;

/// <summary>Stages the packages beside the kernel: what modules and programs are compiled with, and what a debugger needs. Their tarballs are unpacked at the
/// root of a system, and stand where Debian's packages of a kernel have them.</summary>
/// <param name="plan">The plan.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="make">Runs make with targets and variables.</param>
internal sealed class ExtraPackages(BuildPlan plan, ImmutableDictionary<string, string> environment, Func<ImmutableArray<string>, Task<MakeResult>> make)
{
    private const string InstallScript = "scripts/package/install-extmod-build";

    private static readonly ImmutableArray<PackagePart> All = [PackagePart.Devel, PackagePart.Debug];

    /// <summary>Stages those that are wanted, each with a manifest of its own.</summary>
    /// <exception cref="KernelException">EVK5005: the tree is too old for the development package; EVK9001: a program is missing.</exception>
    public async Task StageAsync(bool withModules, int jobs, PatchedTree patched, CancellationToken cancellation)
    {
        DropUnwanted(plan);
        foreach (PackagePart part in plan.Extras)
        {
            Stager stager = new(plan, part, environment);
            if (part == PackagePart.Devel)
                await CollectDevelAsync(stager, withModules).ConfigureAwait(false);
            else
                await CollectDebugAsync(stager, withModules, jobs, cancellation).ConfigureAwait(false);
            stager.Finish(patched);
        }
    }

    /// <summary>Deletes those of an earlier kernel, which nobody wants any more: they must not stand beside this one.</summary>
    /// <param name="plan">The plan.</param>
    internal static void DropUnwanted(BuildPlan plan)
    {
        foreach (string left in All.Except(plan.Extras).Select(part => Path.Combine(plan.OutputFolder, part.Folder)).Where(Directory.Exists))
        {
            if (Manifest.TryRead(Path.Combine(left, "manifest.json"))?.Key != plan.Key)
                Directory.Delete(left, recursive: true);
        }
    }

    private async Task CollectDevelAsync(Stager stager, bool withModules)
    {
        // kbuild copies with it, and would only say that make failed.
        _ = ExecutableSearch.Find("rsync", environment);
        string script = Path.Combine(plan.WorkTree, InstallScript);
        if (withModules && !File.Exists(script))
        {
            throw new KernelException(
                ErrorCodes.NoModuleBuildScript,
                $"The tree has no {InstallScript}, which came with Linux 6.6 and knows what a module is compiled with. Leave KernelDevelPackage out.");
        }

        string folder = stager.CreateInstallFolder();
        await make([$"INSTALL_HDR_PATH={Path.Combine(folder, "usr")}", "headers_install"]).ConfigureAwait(false);
        stager.CollectInstalled("kernel-headers.tar");
        // Without modules there is nothing to compile one against: no Module.symvers.
        if (!withModules)
            return;
        folder = stager.CreateInstallFolder();
        string headers = folder + Stager.HeadersFolder(plan.Release);
        await make([$"KBUILD_RUN_COMMAND=sh {ShellQuoting.Quote(script)} {ShellQuoting.Quote(headers)}", "run-command"]).ConfigureAwait(false);
        // The script takes objects out again, and not what the compiler wrote on the way to a header of offsets, whose comments name the folder of the build.
        foreach (string assembly in Directory.EnumerateFiles(Path.Combine(headers, "scripts"), "*.s", SearchOption.AllDirectories))
            File.Delete(assembly);
        File.Copy(Path.Combine(plan.ObjectTree, ".config"), Path.Combine(headers, ".config"));
        stager.CollectInstalled("kernel-dev.tar");
    }

    private async Task CollectDebugAsync(Stager stager, bool withModules, int jobs, CancellationToken cancellation)
    {
        string folder = Path.Combine(stager.CreateInstallFolder(), "usr", "lib", "debug", "lib", "modules", plan.Release);
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(plan.ObjectTree, "vmlinux"), Path.Combine(folder, "vmlinux"));
        if (withModules)
        {
            ParallelOptions options = new() { MaxDegreeOfParallelism = jobs, CancellationToken = cancellation };
            await Parallel.ForEachAsync(Modules(), options, (module, token) => SplitAsync(module, Path.Combine(folder, "kernel", module), token)).ConfigureAwait(false);
        }

        stager.CollectInstalled("kernel-debug.tar");
    }

    // modules.order names them below O=, as .ko, or in newer trees as .o.
    private IEnumerable<string> Modules() =>
        File.ReadLines(Path.Combine(plan.ObjectTree, "modules.order")).Where(line => line.Length > 0).Select(line => Path.ChangeExtension(line, ".ko"));

    private async ValueTask SplitAsync(string module, string to, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        string objcopy = CompilerPrograms.Of(plan.Compiler, plan.CrossCompile).Objcopy;
        Command command = new(objcopy, ["--only-keep-debug", Path.Combine(plan.ObjectTree, module), to]) { Environment = plan.CreateMakeContext(environment).Environment };
        CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
        if (!result.Succeeded)
            throw new KernelException(ErrorCodes.ResultMissing, $"'{objcopy}' takes no debug information from '{module}': {result.StandardError.Trim()}");
    }
}

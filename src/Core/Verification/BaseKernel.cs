using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Packaging;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Verification;

/// <summary>The kernel of the same source and configuration without the series. It is made in a copy of the patched kernel's objects that takes their place for the
/// time, and from the same work tree, which is moved there and back: other paths would be in command lines, and make would compile everything anew.</summary>
/// <param name="plan">The plan of the patched kernel.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="sink">Takes messages.</param>
public sealed class BaseKernel(BuildPlan plan, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    private readonly GitCli _git = new(environment);

    private string RecordFile => Path.Combine(FolderOf(plan), "base.json");

    // The copy while it is made, and the patched kernel's objects while the copy is in their place.
    private string Copy => Path.Combine(FolderOf(plan), "out");

    private string Aside => Path.Combine(FolderOf(plan), "patched-out");

    /// <summary>The base kernel's folder: <c>kernel</c>, <c>System.map</c>, <c>vmlinux</c>, <c>make.log</c>.</summary>
    /// <param name="plan">The plan of the patched kernel.</param>
    /// <returns>The folder.</returns>
    public static string FolderOf(BuildPlan plan) => Path.Combine((plan ?? throw new ArgumentNullException(nameof(plan))).IntermediateFolder, "base");

    /// <summary>The key that the project would have without its series.</summary>
    /// <param name="keyText">The canonical text of the project's key.</param>
    /// <returns>The key: 64 hex digits.</returns>
    public static string KeyOf(string keyText) => BuildKey.TryParse(keyText)!.WithoutPatches().Value;

    /// <summary>Reads what was built.</summary>
    /// <param name="plan">The plan of the patched kernel.</param>
    /// <returns>The record, or null when there is none whose kernel stands, byte for byte.</returns>
    public static BaseKernelRecord? TryRead(BuildPlan plan)
    {
        string folder = FolderOf(plan);
        BaseKernelRecord? record = JsonFile.TryRead<BaseKernelRecord>(Path.Combine(folder, "base.json"));
        string kernel = Path.Combine(folder, "kernel");
        return record?.Key == KeyOf(plan.KeyText) && File.Exists(kernel) && Digest.OfFile(kernel) == record.Sha256 ? record : null;
    }

    /// <summary>Builds it, unless it stands.</summary>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends make; the work tree is moved back all the same.</param>
    /// <returns>The kernel.</returns>
    /// <exception cref="KernelException">EVK6003: base and patched would be the same, or the project builds no kernel; or make's failure.</exception>
    public async Task<BaseKernelRecord> BuildAsync(int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        if (plan.Kind != PackageKind.Kernel)
            throw new KernelException(ErrorCodes.NothingToCompare, "The project has KernelDirectory items and so builds objects, not a kernel that could be booted.");
        if (plan.Series.IsEmpty)
            throw new KernelException(ErrorCodes.NothingToCompare, "The project has no KernelPatchSeries: without one, base and patched kernel are the same.");
        if (TryRead(plan) is { } known)
            return known;

        DiskSpace.Require(plan.IntermediateFolder);
        KernelBuild build = new(plan, environment, sink);
        await build.FetchAsync(cancellation).ConfigureAwait(false);
        await build.PatchAsync(cancellation).ConfigureAwait(false);
        PatchedTree patched = build.ReadPatched();
        if (patched.Tree == plan.Source.Tree)
            throw new KernelException(ErrorCodes.NothingToCompare, "The tree holds every patch of the series already, so base and patched kernel are the same.");
        sink.Report(new Diagnostic(Severity.Message, null, $"Building the base kernel, without the series; its log is {Path.Combine(FolderOf(plan), "make.log")}"));
        await CopyObjectsAsync(cancellation).ConfigureAwait(false);
        BaseKernelRecord? record = null;
        await InBaseTreeAsync(
            patched,
            async () =>
            {
                await MakeAsync(jobs, withoutNetwork, cancellation).ConfigureAwait(false);
                record = Keep();
            },
            cancellation).ConfigureAwait(false);
        return record!;
    }

    private async Task CopyObjectsAsync(CancellationToken cancellation)
    {
        Directory.CreateDirectory(FolderOf(plan));
        File.Delete(RecordFile);
        Folders.Delete(Copy);
        Folders.Delete(Aside);
        if (!Directory.Exists(plan.ObjectTree))
            return;
        Command copy = new("cp", "-a", "--reflink=auto", plan.ObjectTree, Copy) { Environment = environment };
        CommandResult result = await ProcessRunner.RunAsync(copy, cancellation).ConfigureAwait(false);
        if (!result.Succeeded)
            throw new IOException($"'{plan.ObjectTree}' could not be copied: {result.StandardError.Trim()}");
    }

    // Killed in here, tree and objects stay the base's, and every file that the series changes is newer than its object once it is moved back: the next patched
    // build compiles those anew and nothing else.
    private async Task InBaseTreeAsync(PatchedTree patched, Func<Task> act, CancellationToken cancellation)
    {
        string index = Path.Combine(plan.IntermediateFolder, "tree.index");
        ImmutableArray<string> changed = await _git.ListChangesAsync(plan.Store, plan.Source.Tree, patched.Tree, cancellation).ConfigureAwait(false);
        WorkTreeTimes times = WorkTreeTimes.Take(plan.WorkTree, changed);
        bool copied = Directory.Exists(Copy);
        if (copied)
        {
            Directory.Move(plan.ObjectTree, Aside);
            Directory.Move(Copy, plan.ObjectTree);
        }

        try
        {
            await _git.CheckOutAsync(plan.Store, plan.Source.Tree, plan.WorkTree, index, cancellation).ConfigureAwait(false);
            await act().ConfigureAwait(false);
        }
        finally
        {
            if (copied)
            {
                Folders.Delete(plan.ObjectTree);
                Directory.Move(Aside, plan.ObjectTree);
            }

            await _git.CheckOutAsync(plan.Store, patched.Tree, plan.WorkTree, index, CancellationToken.None).ConfigureAwait(false);
            // Without the patched kernel's own objects, a file must be newer than the base's.
            if (copied)
                times.Restore();
        }
    }

    private async Task MakeAsync(int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        string release = plan.LocalVersion.Replace($"-k{plan.Key[..12]}", "", StringComparison.Ordinal);
        MakeContext context = plan.CreateMakeContext(environment) with
        {
            LocalVersion = plan.Source.Dirty ? $"{release}-k{KeyOf(plan.KeyText)[..12]}" : release,
        };
        UsePackedConfiguration();
        string log = Path.Combine(FolderOf(plan), "make.log");
        File.Delete(log);
        MakeRunner make = new(new WithoutWarnings(sink));
        // What the series may add to Kconfig goes.
        foreach (string target in (ImmutableArray<string>)["olddefconfig", plan.ImageTarget])
            await make.RunAsync(context, jobs, [target], log, withoutNetwork, cancellation).ConfigureAwait(false);
    }

    // The objects may be gone, or another configuration's; what stands beside the manifest is what was packed.
    private void UsePackedConfiguration()
    {
        string packed = Path.Combine(plan.OutputFolder, "config");
        string config = Path.Combine(plan.ObjectTree, ".config");
        if (File.Exists(config) && Digest.OfFile(config) == Digest.OfFile(packed))
            return;
        Directory.CreateDirectory(plan.ObjectTree);
        File.Copy(packed, config, overwrite: true);
    }

    private BaseKernelRecord Keep()
    {
        string folder = FolderOf(plan);
        foreach ((string built, string name) in (ImmutableArray<(string, string)>)[(plan.ImagePath, "kernel"), ("System.map", "System.map"), ("vmlinux", "vmlinux")])
            File.Move(Path.Combine(plan.ObjectTree, built), Path.Combine(folder, name), overwrite: true);
        string release = File.ReadAllText(Path.Combine(plan.ObjectTree, "include", "config", "kernel.release")).Trim();
        BaseKernelRecord record = new(KeyOf(plan.KeyText), release, Digest.OfFile(Path.Combine(folder, "kernel")));
        JsonFile.Write(RecordFile, record);
        return record;
    }

    /// <summary>The base's warnings are nobody's task here.</summary>
    private sealed class WithoutWarnings(IDiagnosticSink inner) : IDiagnosticSink
    {
        public void Report(Diagnostic diagnostic)
        {
            if (diagnostic.Severity != Severity.Warning)
                inner.Report(diagnostic);
        }
    }
}

/// <summary>A base kernel that was built.</summary>
/// <param name="Key">The key that the project would have without its series.</param>
/// <param name="Release">What its <c>uname -r</c> says.</param>
/// <param name="Sha256">The image's digest.</param>
public sealed record BaseKernelRecord(string Key, string Release, string Sha256);

using System.Collections.Immutable;
using EveKernel.Core.Configuration;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Gates;

/// <summary>One side of a comparison: a tree, an <c>O=</c> folder of its own, and what making its directories told. What stands is not made again.</summary>
/// <param name="request">The side.</param>
/// <param name="git">git.</param>
/// <param name="sink">Takes what there is to tell.</param>
internal sealed class GateSide(GateSideRequest request, IGit git, IDiagnosticSink sink)
{
    // The name is one that cleaning up after an interrupted make leaves alone.
    private string RecordFile => Path.Combine(request.Make.OutputTree, ".evekernel-gate.json");

    /// <summary>Checks the tree out, configures and makes the directories, as far as that has not been done.</summary>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What the side is made of.</returns>
    public async Task<GateSideResult> BuildAsync(int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        Record? last = ReadRecord();
        if (last is { Complete: true } && last.Tree == request.Tree && last.Surroundings == Surroundings)
            return Result(last);
        // Other tools, arguments or options could change any object, and not all of that is known to kbuild: sparse's version, for one. The same holds when
        // there is no record, since of what lies there nobody knows what was warned of.
        if (last?.Surroundings != Surroundings)
            Folders.Delete(request.Make.OutputTree);

        sink.Report(new Diagnostic(Severity.Message, null, $"Compiling {string.Join(", ", request.Directories)} {request.What} (log: {request.LogFile})"));
        if (request.Checkout is { } index)
            await git.CheckOutAsync(request.Store, request.Tree, request.Make.SourceTree, index, cancellation).ConfigureAwait(false);
        ImmutableArray<GateDirectory> gates = DirectoryTargets.Resolve(request.Make.SourceTree, request.SourceArch, request.Directories);
        await ConfigureAsync(jobs, withoutNetwork, cancellation).ConfigureAwait(false);
        Record record = await MakeAsync(last?.Warnings, gates, jobs, withoutNetwork, cancellation).ConfigureAwait(false);
        return Result(record);
    }

    private async Task ConfigureAsync(int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        Directory.CreateDirectory(request.Make.OutputTree);
        ConfigurationRequest configuration = new(
            request.Make, jobs, request.Defconfig, request.Fragments, AllowLocalVersionAuto: true, request.KconfigHelper, request.LogFile)
        {
            InputsKey = request.Tree + Surroundings,
        };
        await new Configurator(new ProcessGroup(withoutNetwork), sink).ConfigureAsync(configuration, cancellation).ConfigureAwait(false);
    }

    private async Task<Record> MakeAsync(
        ImmutableSortedDictionary<string, ImmutableArray<GateWarning>>? known,
        ImmutableArray<GateDirectory> gates,
        int jobs,
        bool withoutNetwork,
        CancellationToken cancellation)
    {
        MakeRunner runner = new(new OnlyMessages(sink));
        await runner.RunAsync(request.Make, jobs, ["prepare"], request.LogFile, withoutNetwork, cancellation).ConfigureAwait(false);
        GateCheck check = new(request.Make);
        check.ForgetLists(gates);
        // From here to the end there is no record: whatever ends us in between, all is made anew.
        File.Delete(RecordFile);
        string log = Path.ChangeExtension(request.LogFile, ".make.log");
        File.Delete(log);
        ImmutableArray<string> arguments =
        [
            "--output-sync=target",
            .. request.Sparse is null ? (ImmutableArray<string>)[] : ["C=1"],
            .. gates.Select(gate => gate.Target).Distinct(),
        ];
        try
        {
            await runner.RunAsync(request.Make, jobs, arguments, log, withoutNetwork, cancellation).ConfigureAwait(false);
        }
        catch (KernelException)
        {
            // What was made before the failure is fresh for the next make, which will say nothing of it.
            WriteRecord(complete: false, []);
            throw;
        }

        ImmutableSortedDictionary<string, ImmutableSortedSet<string>> proven = await check.ProveAsync(gates, cancellation).ConfigureAwait(false);
        return WriteRecord(complete: true, [.. proven.Values.SelectMany(objects => objects).Distinct().Order(StringComparer.Ordinal)]);

        Record WriteRecord(bool complete, ImmutableArray<string> objects)
        {
            string[] lines = File.Exists(log) ? File.ReadAllLines(log) : [];
            ImmutableSortedDictionary<string, ImmutableArray<GateWarning>> made = new GateLog(request.Make.SourceTree, request.Make.OutputTree).Read(lines);
            IEnumerable<KeyValuePair<string, ImmutableArray<GateWarning>>> kept =
                (known ?? made.Clear()).Where(pair => !made.ContainsKey(pair.Key) && File.Exists(Path.Combine(request.Make.OutputTree, pair.Key)));
            Record record = new(request.Tree, Surroundings, complete, GateLog.LeavesOutSparse(lines), objects, made.AddRange(kept));
            JsonFile.Write(RecordFile, record);
            return record;
        }
    }

    private string Surroundings => string.Join(
        '\n',
        [
            $"sparse {request.Sparse ?? "none"}",
            .. request.Toolchain.Select(tool => $"{tool.Name} {tool.Sha256}"),
            .. request.Make.PortableArguments,
            request.Make.SourceTree,
            request.Make.LocalVersion,
            Path.IsPathRooted(request.Defconfig) ? Digest.OfFile(request.Defconfig) : request.Defconfig,
            .. request.Fragments.Select(Digest.OfFile),
            .. request.Directories,
        ]);

    private GateSideResult Result(Record record) => new(
        request.Make.OutputTree, request.Tree, record.SparseLeftOut, record.Objects, [.. record.Warnings.Values.SelectMany(warnings => warnings)]);

    // What cannot be read is made anew.
    private Record? ReadRecord() => JsonFile.TryRead<Record>(RecordFile);

    private sealed record Record(
        string Tree,
        string Surroundings,
        bool Complete,
        bool SparseLeftOut,
        ImmutableArray<string> Objects,
        ImmutableSortedDictionary<string, ImmutableArray<GateWarning>> Warnings);

    /// <summary>A kernel has hundreds of warnings at these levels; only new ones are told, later.</summary>
    private sealed class OnlyMessages(IDiagnosticSink sink) : IDiagnosticSink
    {
        public void Report(Diagnostic diagnostic)
        {
            if (diagnostic.Severity == Severity.Message)
                sink.Report(diagnostic);
        }
    }
}

/// <summary>What one side is made from.</summary>
/// <param name="What">Words for "compiling the directories …".</param>
/// <param name="Store">The store.</param>
/// <param name="Tree">The tree's id.</param>
/// <param name="Checkout">The index of its folder, or null for a folder that is what it is.</param>
/// <param name="Make">Its folders and all that make is called with.</param>
/// <param name="Toolchain">The programs that can change a byte.</param>
/// <param name="Sparse">sparse's version, or null to do without it.</param>
/// <param name="SourceArch">The folder below arch/.</param>
/// <param name="Directories">The directories.</param>
/// <param name="Defconfig">The base configuration.</param>
/// <param name="Fragments">The fragments, in order.</param>
/// <param name="KconfigHelper">The Kconfig helper's source.</param>
/// <param name="LogFile">Where the log goes; that of the directories themselves is beside it.</param>
internal sealed record GateSideRequest(
    string What,
    string Store,
    string Tree,
    string? Checkout,
    MakeContext Make,
    ImmutableArray<Tool> Toolchain,
    string? Sparse,
    string SourceArch,
    ImmutableArray<string> Directories,
    string Defconfig,
    ImmutableArray<string> Fragments,
    string KconfigHelper,
    string LogFile);

/// <summary>What one side has become.</summary>
/// <param name="OutputTree">Its <c>O=</c> folder.</param>
/// <param name="Tree">Its tree's id.</param>
/// <param name="SparseLeftOut">Whether make has run no sparse although it was asked to.</param>
/// <param name="Objects">The directories' objects, relative to <c>O=</c>.</param>
/// <param name="Warnings">All that was warned of, whichever run of make it was in.</param>
internal sealed record GateSideResult(
    string OutputTree, string Tree, bool SparseLeftOut, ImmutableArray<string> Objects, ImmutableArray<GateWarning> Warnings);

using System.Collections.Immutable;
using System.Xml.Linq;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Drift;
using EveKernel.Core.Patches;
using EveKernel.Core.Patches.Status;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Tells what one tree has and another has not.</summary>
[MSBuildMultiThreadableTask]
public sealed class ReportKernelDrift : KernelTreeTask
{
    /// <summary>KernelDriftFrom: the name of a tree. Empty where the project has just two.</summary>
    public string From { get; set; } = "";

    /// <summary>KernelDriftTo.</summary>
    public string To { get; set; } = "";

    /// <summary>The KernelPatchSeries items' full paths.</summary>
    public string[] Series { get; set; } = [];

    /// <summary>The defconfig of trees that name none.</summary>
    public string DefaultDefconfig { get; set; } = "";

    /// <summary>The fragments of trees that name none.</summary>
    public string[] DefaultFragments { get; set; } = [];

    /// <summary>KernelCompiler.</summary>
    [Required]
    public string Compiler { get; set; } = "";

    /// <summary>KernelCrossCompile, for trees of the project's own architecture.</summary>
    public string CrossCompile { get; set; } = "";

    /// <summary>Whether make may reach the network.</summary>
    public bool WithNetwork { get; set; }

    /// <summary>The SDK package's folder.</summary>
    [Required]
    public string SdkFolder { get; set; } = "";

    /// <summary>A folder for what is made.</summary>
    [Required]
    public string IntermediateFolder { get; set; } = "";

    /// <summary>The folder for the JSON and Markdown.</summary>
    [Required]
    public string OutputFolder { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        ImmutableArray<TreeRequest> requests = ReadTrees();
        TreeRequest[] pair = [Find(requests, From, 0, "KernelDriftFrom"), Find(requests, To, 1, "KernelDriftTo")];
        if (pair[0] == pair[1])
            throw new KernelException(ErrorCodes.DriftTrees, $"'{From}' would be compared with itself.");
        ConfigurationSource[] sources = [.. pair.Select(request => ReadSource(Trees.Single(item => item.ItemSpec == request.Name), request))];
        ImmutableArray<StatusTree> found = await Fetcher().FindAsync([.. pair], cancellation).ConfigureAwait(false);
        if (found.Length < pair.Length)
            return;
        TreeConfiguration configurations = new(
            Git, HostEnvironment, Path.Combine(IntermediateFolder, "drift"), Path.Combine(SdkFolder, "kconfig", "evk-kconfig.c"), this);
        await WithCoresAsync(async cores =>
        {
            TreeDrift drift = await new DriftRun(Git, configurations, this).RunAsync(
                (found[0], sources[0]), (found[1], sources[1]), [.. Series.Select(PatchSeries.Read)], cores, !WithNetwork, cancellation).ConfigureAwait(false);
            DriftReport.Write(drift, OutputFolder);
            Say(DriftReport.Text(drift));
            Say($"{Path.Combine(OutputFolder, "drift.md")} has all of it, as has drift.json beside it.");
        }).ConfigureAwait(false);
    }

    private static TreeRequest Find(ImmutableArray<TreeRequest> requests, string name, int place, string property)
    {
        string names = string.Join(", ", requests.Select(request => request.Name));
        if (name.Length == 0)
        {
            return requests.Length == 2 ? requests[place]
                : throw new KernelException(ErrorCodes.DriftTrees, $"{property} is not set. It takes the name of a KernelTree item: {names}.");
        }

        return requests.FirstOrDefault(request => request.Name == name)
            ?? throw new KernelException(ErrorCodes.DriftTrees, $"{property} is '{name}', which no KernelTree item is. There are: {names}.");
    }

    private ConfigurationSource ReadSource(ITaskItem item, TreeRequest request)
    {
        string finished = item.GetMetadata("Config");
        string defconfig = item.GetMetadata("Defconfig") is { Length: > 0 } own ? own : DefaultDefconfig;
        string file = Path.GetFullPath(defconfig.Length > 0 ? defconfig : ".", ProjectFolder);
        string[] fragments = item.GetMetadata("Fragments") is { Length: > 0 } list
            ? [.. list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(one => Path.GetFullPath(one, ProjectFolder))]
            : DefaultFragments;
        XDocument data = XDocument.Load(Path.Combine(ArchFolder, request.Arch + ".props"));
        string prefix = request.Arch == DefaultArch ? CrossCompile : data.Descendants("_KernelCrossPrefix").First().Value;
        return new ConfigurationSource(
            finished.Length > 0 ? Path.GetFullPath(finished, ProjectFolder) : null,
            defconfig.Length == 0 ? null : File.Exists(file) ? file : defconfig,
            [.. fragments],
            data.Descendants("_KernelMakeArch").First().Value,
            Compiler,
            prefix);
    }
}

using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Loop;
using EveKernel.Core.Patches;
using EveKernel.Core.Source;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Tells <c>dotnet watch</c> which files a kernel is made from: series and patches, and of a tree that somebody edits its sources.</summary>
[MSBuildMultiThreadableTask]
public sealed class ListWatchedFiles : KernelTask
{
    /// <summary>KernelSourceDirectory, absolute; or empty.</summary>
    public string SourceDirectory { get; set; } = "";

    /// <summary>Whether it is the edit tree.</summary>
    public bool Edited { get; set; }

    /// <summary>Directories relative to the tree: KernelWatch, KernelGate and KernelDirectory.</summary>
    public string[] Directories { get; set; } = [];

    /// <summary>The series files, absolute.</summary>
    public string[] Series { get; set; } = [];

    /// <summary>The files, absolute.</summary>
    [Output]
    public string[] Files { get; set; } = [];

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        IEnumerable<string> patches = Series.Where(File.Exists).SelectMany(file => PatchSeries.Read(file).Entries).Select(entry => entry.Path);
        Files = [.. Series, .. patches, .. await ListSourcesAsync(cancellation).ConfigureAwait(false)];
    }

    private async Task<ImmutableSortedSet<string>> ListSourcesAsync(CancellationToken cancellation)
    {
        if (SourceDirectory.Length == 0)
            return [];
        GitCli git = new(HostEnvironment);
        if (Edited)
            new EditTree(git, SourceDirectory).Require();
        bool polled = HostEnvironment.GetValueOrDefault("DOTNET_USE_POLLING_FILE_WATCHER") is "1" or "true";
        string allowed = WatchList.InstancesFile;
        int? instances = polled || !File.Exists(allowed) ? null : int.Parse(await File.ReadAllTextAsync(allowed, cancellation).ConfigureAwait(false), CultureInfo.InvariantCulture);
        return await new WatchList(SourceDirectory, git, instances).ListAsync([.. Directories.Distinct()], cancellation).ConfigureAwait(false);
    }
}

using System.Collections.Immutable;
using System.Xml.Linq;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Source;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>What the tasks of the patch matrix share: the trees that the project names.</summary>
public abstract class KernelTreeTask : KernelTask
{
    /// <summary>The KernelTree items.</summary>
    public ITaskItem[] Trees { get; set; } = [];

    /// <summary>The architecture of trees that name none.</summary>
    [Required]
    public string DefaultArch { get; set; } = "";

    /// <summary>The flavor of trees that name none.</summary>
    public string DefaultFlavor { get; set; } = "";

    /// <summary>A tag or date that bounds the history of trees that name none.</summary>
    public string DefaultHistorySince { get; set; } = "";

    /// <summary>The folder with one data file an architecture.</summary>
    [Required]
    public string ArchFolder { get; set; } = "";

    /// <summary>The folder that all projects share.</summary>
    [Required]
    public string CacheFolder { get; set; } = "";

    /// <summary>The project's folder, for relative paths.</summary>
    [Required]
    public string ProjectFolder { get; set; } = "";

    /// <summary>git.</summary>
    protected GitCli Git => new(HostEnvironment);

    /// <summary>A fetcher into the shared stores.</summary>
    /// <returns>The fetcher.</returns>
    protected TreeFetcher Fetcher()
    {
        string store = Path.Combine(CacheFolder, "objects.git");
        GitCli git = Git;
        return new TreeFetcher(git, new SourceFetcher(git, store, this, new ArchiveImporter(HostEnvironment)), store, Path.Combine(CacheFolder, "history.git"),
            this);
    }

    /// <summary>Reads the items.</summary>
    /// <returns>What they say.</returns>
    /// <exception cref="KernelException">EVK2040, one error an item; EVK9005.</exception>
    protected ImmutableArray<TreeRequest> ReadTrees()
    {
        List<Diagnostic> errors = [];
        ImmutableArray<TreeRequest>.Builder requests = ImmutableArray.CreateBuilder<TreeRequest>();
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (ITaskItem item in Trees)
        {
            string arch = Or(item.GetMetadata("Arch"), DefaultArch);
            SourcePin? pin = ReadPin(item, out string problem);
            problem = names.Add(item.ItemSpec) ? problem : "there are two of this name";
            if (pin is null || problem.Length > 0)
            {
                errors.Add(new Diagnostic(Severity.Error, ErrorCodes.StatusTree, $"KernelTree '{item.ItemSpec}': {problem}."));
                continue;
            }

            requests.Add(new TreeRequest(
                item.ItemSpec, pin, arch, SourceArch(arch, errors), Or(item.GetMetadata("Flavor"), DefaultFlavor),
                Or(item.GetMetadata("HistorySince"), DefaultHistorySince) is { Length: > 0 } since ? since : null,
                string.Equals(item.GetMetadata("Carries"), "true", StringComparison.OrdinalIgnoreCase)));
        }

        return errors.Count > 0 ? throw new KernelException(errors) : requests.DrainToImmutable();
    }

    private static string Or(string value, string instead) => value.Length > 0 ? value : instead;

    private SourcePin? ReadPin(ITaskItem item, out string problem)
    {
        string repository = item.GetMetadata("Repository");
        string archive = item.GetMetadata("Archive");
        problem = (repository.Length, archive.Length) switch
        {
            (0, 0) => "it has neither Repository (with Branch or Commit) nor Archive (with Sha256)",
            ( > 0, > 0) => "it has both Repository and Archive, and can be only one of them",
            ( > 0, 0) when item.GetMetadata("Branch").Length + item.GetMetadata("Commit").Length == 0 => "it has a Repository, but neither Branch nor Commit",
            _ => "",
        };
        return problem.Length > 0 ? null
            : archive.Length > 0 ? new ArchivePin(Locate(archive, ProjectFolder), item.GetMetadata("Sha256"))
            : new GitPin(Locate(repository, ProjectFolder), item.GetMetadata("Branch"), item.GetMetadata("Commit"));
    }

    private string SourceArch(string arch, List<Diagnostic> errors)
    {
        string file = Path.Combine(ArchFolder, arch + ".props");
        if (File.Exists(file))
            return XDocument.Load(file).Descendants("_KernelSourceArch").First().Value;
        errors.Add(new Diagnostic(
            Severity.Error, ErrorCodes.ArchUnknown,
            $"There is no architecture '{arch}'. There are: " +
                $"{string.Join(", ", Directory.EnumerateFiles(ArchFolder, "*.props").Select(Path.GetFileNameWithoutExtension).Order())}."));
        return "";
    }
}

using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Configuration;
using EveKernel.Core.Make;
using EveKernel.Core.Packaging;
using EveKernel.Core.Patches;

namespace EveKernel.Core;

/// <summary>Writes down the inputs of a build that can change a byte, each with where it came from. What cannot (messages of patches, names of branches and
/// repositories, comments, launchers, what only checks) stays out, or two equal results would have two names.</summary>
/// <param name="projectFile">The project file, to whose folder paths are told relatively.</param>
/// <param name="plan">The plan, whose LOCALVERSION has no part of the key yet.</param>
/// <param name="environment">The host's environment.</param>
public sealed class KeyWriter(string projectFile, BuildPlan plan, ImmutableDictionary<string, string> environment)
{
    private BuildKey _key = new();

    /// <summary>Writes the key.</summary>
    /// <param name="revision">KernelRevision.</param>
    /// <returns>The key.</returns>
    public BuildKey Write(int revision)
    {
        AddSource();
        Add("source-time", plan.Source.CommitTime.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), $"the source's {plan.Source.TimeSource}");
        Add("package", plan.PackageId, "KernelArch, KernelFlavor, KernelConfigFlavor");
        Add("revision", revision.ToString(CultureInfo.InvariantCulture), "KernelRevision");
        foreach (SeriesEntry entry in plan.Series.SelectMany(series => PatchSeries.Read(series).Entries))
            AddPatch(PatchFile.Read(entry.Path, entry.Strip), entry.Strip);
        AddConfiguration();
        foreach (string directory in plan.Directories)
            Add("directory", directory, "KernelDirectory");
        foreach (string gate in plan.Gates)
            Add("gate", gate, "KernelGate, which the manifest names");
        AddMake();
        if (plan.ToolchainArchiveSha256 is { } archive)
            Add("toolchain-archive", archive, $"KernelToolchainArchive {plan.ToolchainArchive}");
        foreach (Tool tool in plan.Toolchain)
            Add($"tool/{tool.Name}", $"{tool.Sha256} {tool.Version}".TrimEnd(), tool.Path ?? "");
        AddSdk();
        return _key;
    }

    private void AddSource()
    {
        if (plan.Source.Dirty)
            Add("source-tree", plan.Source.Tree, $"KernelSourceDirectory {plan.Source.Directory}");
        else if (plan.ArchiveSha256 is { } digest)
            Add("source-archive", digest.ToLowerInvariant(), $"KernelArchive {plan.Archive}");
        else
            Add("source-commit", plan.Source.Commit, $"KernelRepository {plan.Repository} {plan.Branch}".TrimEnd());
    }

    private void AddPatch(PatchFile patch, int strip) => Add(
        $"patch/p{strip}",
        patch.DiffSha256,
        Relative(patch.File),
        patch.Files.SelectMany(file => new[] { file.OldPath, file.NewPath }).OfType<string>().Distinct().Select(path => $"touches {path}"));

    private void AddConfiguration()
    {
        if (Path.IsPathRooted(plan.Defconfig))
        {
            string[] lines = [.. File.ReadLines(plan.Defconfig).Where(IsRead)];
            Add("defconfig-file", Digest.OfText(string.Join('\n', lines)), Relative(plan.Defconfig));
        }
        else
        {
            Add("defconfig", plan.Defconfig, "KernelDefconfig");
        }

        foreach (ConfigFragment fragment in plan.Fragments.Select(ConfigFragment.Read))
        {
            string text = string.Join('\n', fragment.Lines.Select(line => line.ToString()));
            Add("fragment", Digest.OfText(text), Relative(fragment.Path), fragment.Lines.Select(Detail));
        }
    }

    // kconfig looks at these lines only.
    private static bool IsRead(string line) => line.StartsWith("CONFIG_", StringComparison.Ordinal) || line.StartsWith("# CONFIG_", StringComparison.Ordinal);

    private static string Detail(ConfigLine line) => string.Create(CultureInfo.InvariantCulture, $"line {line.Location.Line}: CONFIG_{line.Name}={line.Value}");

    private void AddMake()
    {
        MakeContext make = plan.CreateMakeContext(environment);
        foreach (string argument in make.PortableArguments)
        {
            string[] parts = argument.Split('=', 2);
            Add($"make/{parts[0]}", parts[1], "make's arguments");
        }

        foreach ((string name, string value) in make.PortableEnvironment)
            Add($"environment/{name}", value, "make's environment");
        Add("localversion", plan.LocalVersion, "KernelConfigFlavor and the source");
    }

    private void AddSdk()
    {
        string data = $"EveKernel.Sdk arch/{plan.Arch}.props";
        Add("image", $"{plan.ImageTarget} {plan.ImagePath}", data);
        Add("source-arch", plan.SourceArch, data);
        ImmutableArray<string> parts =
        [
            "all",
            .. plan.Source.Kind == "archive" ? (string[])["archive"] : [],
            .. plan.Kind == PackageKind.Objects ? (string[])["objects"] : [],
        ];
        foreach ((string name, string sha256) in KeyedSources.Read(parts))
            Add($"sdk/{name}", sha256, "EveKernel.Sdk's code");
    }

    private void Add(string name, string value, string origin, params IEnumerable<string> details) => _key = _key.Add(name, value, origin, details);

    private string Relative(string path) => Path.GetRelativePath(Path.GetDirectoryName(projectFile)!, path);
}

using System.Collections.Immutable;
using System.Runtime.InteropServices;
using EveKernel.Core.Make;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Packaging;

/// <summary>build.json: how a result came about on this host. It stands beside the manifest, differs from build to build, and is never packed.</summary>
public sealed record BuildRecord
{
    /// <summary>Its name in the output folder.</summary>
    public const string FileName = "build.json";

    /// <summary>The form of this file; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The build key, as in the manifest that it belongs to.</summary>
    public required string Key { get; init; }

    /// <summary>The project file.</summary>
    public required string Project { get; init; }

    /// <summary>The host.</summary>
    public required BuildHost Host { get; init; }

    /// <summary>When the first stage began, in UTC.</summary>
    public required DateTime Started { get; init; }

    /// <summary>Seconds from there to the finished package.</summary>
    public required double Seconds { get; init; }

    /// <summary>The repository, as the project names it.</summary>
    public string? Repository { get; init; }

    /// <summary>The branch, as the project names it.</summary>
    public string? Branch { get; init; }

    /// <summary>The archive, as the project names it.</summary>
    public string? Archive { get; init; }

    /// <summary>The tree that somebody edits.</summary>
    public string? SourceDirectory { get; init; }

    /// <summary>The patches, in order.</summary>
    public required ImmutableArray<BuildPatch> Patches { get; init; }

    /// <summary>The stages, in order.</summary>
    public required ImmutableArray<StageRecord> Stages { get; init; }

    /// <summary>Reads one.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The record.</returns>
    public static BuildRecord Read(string path) => JsonFile.Read<BuildRecord>(path, JsonFile.Readable);

    /// <summary>Writes it beside the result of its plan, and what it says as a builder's statement for those who read such.</summary>
    /// <param name="plan">The plan.</param>
    public void WriteBeside(BuildPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        string statement = File.ReadAllText(Path.Combine(plan.OutputFolder, Provenance.FileName));
        DurableFile.WriteAllText(Path.Combine(plan.OutputFolder, Provenance.BuilderFileName), Provenance.CreateBuilder(this, statement));
        DurableFile.WriteAllText(Path.Combine(plan.OutputFolder, FileName), JsonFile.ToText(this));
    }

    /// <summary>Puts a record together at the end of a build.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="patched">What became of the series, or null when nothing was patched here.</param>
    /// <param name="stages">What became of the stages.</param>
    /// <returns>The record.</returns>
    internal static BuildRecord Create(BuildPlan plan, PatchedTree? patched, ImmutableArray<StageRecord> stages) => new()
    {
        Key = plan.Key,
        Project = plan.ProjectFile,
        Host = BuildHost.This(),
        Started = stages[0].Started,
        Seconds = Math.Round((DateTime.UtcNow - stages[0].Started).TotalSeconds, 3),
        Repository = plan.Repository,
        Branch = plan.Branch,
        Archive = plan.Archive,
        SourceDirectory = plan.Source.Directory,
        Patches = patched is null
            ? [.. PatchSeries.ReadPatches(plan.Series).Select(patch => new BuildPatch(Path.GetFileName(patch.File), patch.Subject, null))]
            : [.. patched.Patches.Select(patch => new BuildPatch(Path.GetFileName(patch.File), patch.Subject, patch.AlreadyApplied))],
        Stages = stages,
    };
}

/// <summary>A host.</summary>
/// <param name="Name">Its name.</param>
/// <param name="System">The distribution.</param>
/// <param name="Kernel">Its own kernel's release.</param>
/// <param name="Processors">How many processors this process may use.</param>
/// <param name="MemoryBytes">Memory in bytes, as far as this process may use it.</param>
/// <param name="Runtime">The .NET runtime.</param>
public sealed record BuildHost(string Name, string System, string Kernel, int Processors, long MemoryBytes, string Runtime)
{
    /// <summary>The host that this runs on.</summary>
    /// <returns>The host.</returns>
    internal static BuildHost This() => new(
        Environment.MachineName,
        RuntimeInformation.OSDescription,
        Environment.OSVersion.Version.ToString(),
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        RuntimeInformation.FrameworkDescription);
}

/// <summary>A patch of the series.</summary>
/// <param name="File">Its file's name.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="AlreadyApplied">Whether the tree held it before, so that it was skipped; null when nothing was patched here.</param>
public sealed record BuildPatch(string File, string Subject, bool? AlreadyApplied);

/// <summary>What became of a stage.</summary>
/// <param name="Name"><c>key</c>, <c>look-up</c>, <c>fetch</c>, <c>patch</c>, <c>configure</c>, <c>make</c>, <c>stage</c> or <c>pack</c>.</param>
/// <param name="Started">When it began, in UTC.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record StageRecord(string Name, DateTime Started, double Seconds)
{
    /// <summary>Why it had nothing to do, or null when it did something.</summary>
    public string? Skipped { get; init; }

    /// <summary>Where the result was found, in the look-up.</summary>
    public string? Found { get; init; }

    /// <summary>What each place said that was asked for the result, in the look-up.</summary>
    public ImmutableArray<AskedPlace>? Asked { get; init; }

    /// <summary>How many jobs make might run, where make ran.</summary>
    public int? Jobs { get; init; }

    /// <summary>Whether make really had no network, where make ran.</summary>
    public bool? WithoutNetwork { get; init; }

    /// <summary>How many objects were compiled from C or assembler, where make ran.</summary>
    public int? ObjectsCompiled { get; init; }

    /// <summary>What the compiler cache has spared since the configuration, in <c>make</c>; null without one, or where it does not count.</summary>
    public CompilerCacheUse? CompilerCache { get; init; }

    /// <summary>How many different warnings make gave.</summary>
    public int? Warnings { get; init; }
}

/// <summary>A place that was asked for a result.</summary>
/// <param name="Place">The machine's cache or a feed.</param>
/// <param name="Answer"><c>has it</c>, <c>does not have it</c>, or why it could not say or was not believed.</param>
/// <param name="Seconds">How long the build waited for the answer, with all that it brought.</param>
public sealed record AskedPlace(string Place, string Answer, double Seconds);

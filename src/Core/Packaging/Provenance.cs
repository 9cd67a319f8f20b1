using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Packaging;

/// <summary>provenance.json: an in-toto statement (in-toto.io/Statement/v1) over a manifest and its files, with a predicate of SLSA (slsa.dev/provenance/v1) that
/// says from which inputs they are. It is a function of the key, and is what is signed. What only one builder can say stands in builder.json.</summary>
public static class Provenance
{
    /// <summary>The statement's name in the output folder and in the package.</summary>
    public const string FileName = "provenance.json";

    /// <summary>The name of what the builder says.</summary>
    public const string BuilderFileName = "builder.json";

    private const string BuildType = "urn:evekernel:build:v1";
    private const string SdkId = "urn:evekernel:sdk";

    /// <summary>The text of provenance.json.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="manifest">The manifest.</param>
    /// <returns>JSON with a final line feed.</returns>
    public static string Create(BuildPlan plan, Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(manifest);
        Subject[] subjects = [new("manifest.json", Sha256(Digest.OfText(manifest.ToJson()))), .. manifest.Files.Select(file => new Subject(file.Path, Sha256(file.Sha256)))];
        BuildDefinition definition = new(
            BuildType,
            new ExternalParameters(manifest.Key, manifest.PackageId, manifest.PackageVersion, Inputs(plan)),
            [
                Source(plan),
                .. manifest.PatchDiffs.Select((digest, index) => new Dependency(string.Create(CultureInfo.InvariantCulture, $"patch {index + 1}"), Sha256(digest))),
                .. manifest.Toolchain.Select(tool => new Dependency(tool.Name, Sha256(tool.Sha256)) { Annotations = Annotation("version", tool.Version) }),
            ]);
        return JsonFile.ToText(Statement.Of(subjects, new Predicate(definition, new RunDetails(new Builder(SdkId)))));
    }

    /// <summary>The text of builder.json: who built, where and when.</summary>
    /// <param name="record">The record of the build.</param>
    /// <param name="statement">The text of provenance.json.</param>
    /// <returns>JSON with a final line feed.</returns>
    public static string CreateBuilder(BuildRecord record, string statement)
    {
        ArgumentNullException.ThrowIfNull(record);
        RunDetails run = new(new Builder($"urn:evekernel:host:{record.Host.Name}")
        {
            Version = None.Add("runtime", record.Host.Runtime).Add("system", record.Host.System),
        })
        {
            Metadata = new RunMetadata(Time(record.Started), Time(record.Started.AddSeconds(record.Seconds))),
        };
        BuildDefinition definition = new(BuildType, new ExternalParameters(record.Key, null, null, null), []);
        return JsonFile.ToText(Statement.Of([new(FileName, Sha256(Digest.OfText(statement)))], new Predicate(definition, run)));
    }

    // The lines of the key that count, without where they come from on this host.
    private static ImmutableArray<Input> Inputs(BuildPlan plan) => [.. (BuildKey.TryParse(plan.KeyText)?.Inputs ?? []).Select(input => new Input(input.Name, input.Value))];

    private static Dependency Source(BuildPlan plan)
    {
        ImmutableSortedDictionary<string, string> digest = None.Add("gitTree", plan.Source.Tree);
        if (!plan.Source.Dirty)
            digest = plan.ArchiveSha256 is { } archive ? digest.Add("sha256", archive.ToLowerInvariant()) : digest.Add("gitCommit", plan.Source.Commit);
        return new Dependency("linux", digest) { Annotations = Annotation("version", plan.Source.KernelVersion) };
    }

    private static ImmutableSortedDictionary<string, string> Sha256(string digest) => None.Add("sha256", digest);

    private static ImmutableSortedDictionary<string, string> Annotation(string name, string value) => None.Add(name, value);

    private static ImmutableSortedDictionary<string, string> None => ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    private static string Time(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private sealed record Statement(
        [property: JsonPropertyName("_type")] string Type, ImmutableArray<Subject> Subject, string PredicateType, Predicate Predicate)
    {
        public static Statement Of(ReadOnlySpan<Subject> subjects, Predicate predicate) =>
            new("https://in-toto.io/Statement/v1", [.. subjects], "https://slsa.dev/provenance/v1", predicate);
    }

    private sealed record Subject(string Name, ImmutableSortedDictionary<string, string> Digest);

    private sealed record Predicate(BuildDefinition BuildDefinition, RunDetails RunDetails);

    private sealed record BuildDefinition(string BuildType, ExternalParameters ExternalParameters, ImmutableArray<Dependency> ResolvedDependencies);

    private sealed record ExternalParameters(string Key, string? PackageId, string? PackageVersion, ImmutableArray<Input>? Inputs);

    private sealed record Input(string Name, string Value);

    private sealed record Dependency(string Name, ImmutableSortedDictionary<string, string> Digest)
    {
        public ImmutableSortedDictionary<string, string>? Annotations { get; init; }
    }

    private sealed record RunDetails(Builder Builder)
    {
        public RunMetadata? Metadata { get; init; }
    }

    private sealed record Builder(string Id)
    {
        public ImmutableSortedDictionary<string, string>? Version { get; init; }
    }

    private sealed record RunMetadata(string StartedOn, string FinishedOn);
}

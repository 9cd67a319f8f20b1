using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Rebuild;

/// <summary>rebuild.json: what a second build was like and what came of it. It stands beside the manifest, is no part of it, and is never packed.</summary>
public sealed record RebuildReport
{
    /// <summary>Its name in the output folder.</summary>
    public const string FileName = "rebuild.json";

    private static readonly JsonSerializerOptions Json = new(JsonFile.Readable)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The form of this file; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The build key that both builds had.</summary>
    public required string Key { get; init; }

    /// <summary>Whether all files are the same.</summary>
    public required bool Same { get; init; }

    /// <summary>How long the second build took, in seconds, from the checkout to the package.</summary>
    public required double Seconds { get; init; }

    /// <summary>What was varied, and what not.</summary>
    public required ImmutableArray<Variation> Variations { get; init; }

    /// <summary>The files that were compared, by their paths below the output folder; packages by their names.</summary>
    public required ImmutableArray<string> Compared { get; init; }

    /// <summary>What differs.</summary>
    public required ImmutableArray<Difference> Differences { get; init; }

    /// <summary>Reads one.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The report.</returns>
    public static RebuildReport Read(string path) => JsonFile.Read<RebuildReport>(path, Json);

    /// <summary>The text of rebuild.json.</summary>
    /// <returns>JSON with a final line feed.</returns>
    public string ToJson() => JsonFile.ToText(this, Json);

    /// <summary>The variations as a table.</summary>
    /// <returns>Its lines.</returns>
    public IEnumerable<string> ToTable()
    {
        int width = Variations.Max(variation => variation.Name.Length);
        yield return $"{"surroundings".PadRight(width)}  {"varied",-6}  first build -> second build";
        foreach (Variation variation in Variations)
        {
            string what = variation.Varied
                ? $"{Shorten(variation.First)} -> {Shorten(variation.Second)}"
                : $"not varied, because {variation.Because}";
            yield return $"{variation.Name.PadRight(width)}  {(variation.Varied ? "yes" : "no"),-6}  {what}";
        }
    }

    /// <summary>The result in one line.</summary>
    /// <returns>A sentence.</returns>
    public string Summarise()
    {
        int varied = Variations.Count(variation => variation.Varied);
        string result = Same ? "all the same, byte for byte" : $"{Differences.Length} differ";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Compared.Length} files compared, {result}; {varied} of {Variations.Length} surroundings varied; the second build took {Seconds:0.0} s");
    }

    // The end tells more of a folder than its beginning.
    private static string Shorten(string text) => text.Length <= 44 ? text : new StringBuilder("…").Append(text, text.Length - 43, 43).ToString();
}

/// <summary>A file in which both builds differ.</summary>
/// <param name="File">Its path below the output folder, or the package's name.</param>
/// <param name="Place">The way into it and the first differing byte, with both sides.</param>
/// <param name="Leak">The leak that it matches.</param>
/// <param name="Cure">What cures it.</param>
public sealed record Difference(string File, string Place, Leak Leak, string Cure)
{
    /// <summary>Files of O= in which the difference begins or shows, or none.</summary>
    public ImmutableArray<string> Begins { get; init; } = [];

    /// <summary>diffoscope's report, or null.</summary>
    public string? Diffoscope { get; init; }
}

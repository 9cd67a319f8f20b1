using System.Text.Json.Serialization;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Bisect;

/// <summary>A kernel that a bisection can try.</summary>
/// <param name="Id">What tells it from the others: a commit's full id, or the name of the last patch that is applied; <see cref="Base"/> for none.</param>
/// <param name="Title">The id as people read it, with the subject of the commit, or the number of patches.</param>
public sealed record BisectState(string Id, string Title)
{
    /// <summary>The tree as it is pinned, without a patch.</summary>
    public const string Base = "base";
}

/// <summary>What was found of a state.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BisectResult>))]
public enum BisectResult
{
    /// <summary>It does what it must.</summary>
    [JsonStringEnumMemberName("good")]
    Good,

    /// <summary>It does not.</summary>
    [JsonStringEnumMemberName("bad")]
    Bad,

    /// <summary>It cannot be tried: it does not compile, or does not come as far as what is asked.</summary>
    [JsonStringEnumMemberName("skip")]
    Skip,
}

/// <summary>A verdict on a state. The same form is what a step leaves for the bisection that started it.</summary>
/// <param name="Result">The verdict.</param>
/// <param name="Why">What was seen, in a line.</param>
public sealed record BisectVerdict(BisectResult Result, string Why)
{
    /// <summary>The verdict in a word.</summary>
    [JsonIgnore]
    public string Word => Result switch
    {
        BisectResult.Good => "good",
        BisectResult.Bad => "bad",
        _ => "cannot be tried",
    };

    /// <summary>Writes it.</summary>
    /// <param name="path">The file.</param>
    public void Write(string path) => JsonFile.Write(path, this);
}

/// <summary>A step of a bisection, as bisect.json has it.</summary>
/// <param name="State">What was tried.</param>
/// <param name="Verdict">What was found.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Log">What the step's build has said.</param>
public sealed record BisectStepRecord(BisectState State, BisectVerdict Verdict, double Seconds, string Log);

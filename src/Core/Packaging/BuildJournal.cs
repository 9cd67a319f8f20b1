using System.Collections.Immutable;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Packaging;

/// <summary>Takes down what became of each stage. The stages run as separate tasks, so it is a file of the project's intermediate folder.</summary>
/// <param name="intermediateFolder">The folder.</param>
public sealed class BuildJournal(string intermediateFolder)
{
    private readonly string _path = Path.Combine(intermediateFolder, "stages.json");

    /// <summary>The stages so far, in the order in which they ran.</summary>
    /// <returns>The stages.</returns>
    public ImmutableArray<StageRecord> Read() => [.. JsonFile.TryRead<StageRecord[]>(_path) ?? []];

    /// <summary>Begins anew, with the stage that found out that there is something to do.</summary>
    /// <param name="first">The stage.</param>
    public void Begin(StageRecord first) => JsonFile.Write<StageRecord[]>(_path, [first]);

    /// <summary>Runs a stage and takes it down when it succeeds.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="run">Runs it, and adds to the record what it knows.</param>
    /// <returns>A task.</returns>
    internal async Task RunAsync(string name, Func<StageRecord, Task<StageRecord>> run)
    {
        DateTime started = DateTime.UtcNow;
        StageRecord record = await run(new StageRecord(name, started, 0)).ConfigureAwait(false);
        Add(record with { Seconds = Elapsed(started) });
    }

    /// <summary>Takes a stage down.</summary>
    /// <param name="record">The stage.</param>
    internal void Add(StageRecord record) => JsonFile.Write<StageRecord[]>(_path, [.. Read().Where(other => other.Name != record.Name), record]);

    /// <summary>Seconds since a time, to the millisecond.</summary>
    /// <param name="started">The time, in UTC.</param>
    /// <returns>The seconds.</returns>
    public static double Elapsed(DateTime started) => Math.Round((DateTime.UtcNow - started).TotalSeconds, 3);
}

using System.Diagnostics;
using System.Globalization;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>Where a make stands: counts the steps that its log tells, keeps progress.json, and says so now and then. Of a make that compiles everything the record stays, for the next one's estimate.
/// </summary>
public sealed class MakeProgress : IAsyncDisposable
{
    /// <summary>How often make's progress is told.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(30);

    private const int MostPoints = 200;
    private static readonly TimeSpan FileInterval = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly string _file;
    private readonly string _record;
    private readonly bool _whole;
    private readonly Action<string> _tell;
    private readonly ProgressCurve? _before;
    private readonly List<ProgressPoint> _points = [new(0, 0)];
    private readonly Timer _writing;
    private readonly Timer _telling;
    private int _steps;
    private int _every = 8;

    /// <summary>Begins.</summary>
    /// <param name="file">progress.json.</param>
    /// <param name="record">Where the record of a similar make is, and will be.</param>
    /// <param name="whole">Whether make begins with nothing: only then is it known beforehand how many steps it has.</param>
    /// <param name="interval">How often to tell.</param>
    /// <param name="tell">Takes what there is to tell, from any thread.</param>
    public MakeProgress(string file, string record, bool whole, TimeSpan interval, Action<string> tell)
    {
        (_file, _record, _whole, _tell) = (file, record, whole, tell);
        _before = whole ? JsonFile.TryRead<ProgressCurve>(record) : null;
        _writing = new Timer(_ => Try(Write), null, FileInterval, FileInterval);
        _telling = new Timer(_ => Try(() => tell(Describe())), null, interval, interval);
    }

    /// <summary>Takes a line of make's log.</summary>
    /// <param name="line">The line.</param>
    public void Take(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        // "  CC      file.o": kbuild's short form of a command.
        if (line.Length < 4 || line[0] != ' ' || line[1] != ' ' || !char.IsAsciiLetterUpper(line[2]))
            return;
        lock (_lock)
        {
            if (++_steps % _every != 0)
                return;
            _points.Add(new ProgressPoint(_steps, _watch.Elapsed.TotalSeconds));
            if (_points.Count <= MostPoints)
                return;
            // Half as many points, twice as far apart.
            _every *= 2;
            _points.RemoveAll(point => point.Steps % _every != 0);
        }
    }

    /// <summary>Ends a make that came to its end: its record stays.</summary>
    public void Finish()
    {
        if (!_whole)
            return;
        Try(() =>
        {
            lock (_lock)
                JsonFile.Write(_record, new ProgressCurve(_steps, _watch.Elapsed.TotalSeconds, [.. _points]));
        });
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _telling.DisposeAsync().ConfigureAwait(false);
        await _writing.DisposeAsync().ConfigureAwait(false);
        Try(() => File.Delete(_file));
    }

    private ProgressState State()
    {
        int steps;
        lock (_lock)
            steps = _steps;
        double seconds = _watch.Elapsed.TotalSeconds;
        double? left = _before?.Left(steps, seconds);
        int? expected = _before is { } before && steps <= before.Steps ? before.Steps : null;
        return new ProgressState(1, steps, expected, Math.Round(seconds, 1), left is { } rest ? Math.Round(rest, 1) : null, left is { } one ? (int)(100 * seconds / (seconds + one)) : null);
    }

    private void Write() => DurableFile.WriteAllText(_file, System.Text.Json.JsonSerializer.Serialize(State(), JsonFile.Readable) + "\n");

    private string Describe()
    {
        ProgressState state = State();
        string steps = state.Expected is { } expected
            ? string.Create(CultureInfo.InvariantCulture, $"{state.Steps:N0} of about {expected:N0} steps")
            : string.Create(CultureInfo.InvariantCulture, $"{state.Steps:N0} steps");
        string left = state.SecondsLeft is { } seconds
            ? string.Create(CultureInfo.InvariantCulture, $", {state.Percent} %, about {Words(seconds)} left")
            : _whole ? "; no similar make is on record, to tell the time left" : "";
        return string.Create(CultureInfo.InvariantCulture, $"make: {steps} in {Words(state.Seconds)}{left}");
    }

    /// <summary>A time as people read it.</summary>
    /// <param name="seconds">The time.</param>
    /// <returns>Seconds, or from 90 on minutes and seconds.</returns>
    public static string Words(double seconds) => seconds < 90
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)seconds / 60} min {(int)seconds % 60:00} s");

    // It is told for comfort: a full disk or the like ends the make by itself, where it matters.
    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }

    /// <summary>progress.json.</summary>
    /// <param name="Schema">1.</param>
    /// <param name="Steps">The steps done.</param>
    /// <param name="Expected">How many there will be, where a similar make is on record.</param>
    /// <param name="Seconds">The time so far.</param>
    /// <param name="SecondsLeft">The time that it still takes, by that record.</param>
    /// <param name="Percent">What of its time has passed.</param>
    private sealed record ProgressState(int Schema, int Steps, int? Expected, double Seconds, double? SecondsLeft, int? Percent);
}

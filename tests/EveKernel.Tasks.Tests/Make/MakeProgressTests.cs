using System.Text.Json;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;

namespace EveKernel.Tests.Make;

public sealed class MakeProgressTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A make of another speed and of nearly as many steps, with objects first and slow links last: from its first tenth on the estimate is near.</summary>
    [Theory]
    [InlineData(1.0, 1000)]
    [InlineData(2.5, 1000)]
    [InlineData(0.4, 980)]
    public void The_time_left_is_told_by_a_make_that_went_on_like_this_one(double slower, int steps)
    {
        static double Time(int step) => step <= 900 ? step * 0.2 : 180 + ((step - 900) * 1.5);
        ProgressCurve curve = new(1000, Time(1000), [.. Enumerable.Range(0, 126).Select(point => new ProgressPoint(point * 8, Time(point * 8)))]);
        for (int step = 100; step < steps; step += 50)
        {
            double left = curve.Left(step, slower * Time(step))!.Value;
            double truth = slower * (Time(steps) - Time(step));
            Assert.InRange(slower * Time(step) + left, (slower * Time(steps)) * 0.8, (slower * Time(steps)) * 1.2);
            Assert.True(left >= truth * 0.8, $"{left} of {truth} at {step}");
        }

        Assert.Null(curve.Left(5, 1));
        Assert.Null(curve.Left(1001, 400));
    }

    [Fact]
    public async Task Only_a_make_that_begins_with_nothing_is_recorded_and_told_by_the_record()
    {
        string record = _folder["records/x.json"];
        await using (MakeProgress part = Begin(whole: false, record, _ => { }))
        {
            Steps(part, 10);
            part.Finish();
        }

        Assert.False(File.Exists(record));
        await using (MakeProgress whole = Begin(whole: true, record, _ => { }))
        {
            Steps(whole, 5000);
            whole.Finish();
        }

        ProgressCurve curve = JsonFile.TryRead<ProgressCurve>(record)!;
        Assert.Equal(5000, curve.Steps);
        Assert.InRange(curve.Points.Length, 100, 201);
        Assert.Equal(curve.Points.OrderBy(point => point.Steps), curve.Points);
        Assert.Equal(new ProgressPoint(0, 0), curve.Points[0]);

        TaskCompletionSource<string> told = new();
        await using MakeProgress next = Begin(whole: true, record, text => _ = text.Contains("2,500", StringComparison.Ordinal) && told.TrySetResult(text));
        Steps(next, 2500);
        next.Take("a line of a compiler's");
        next.Take("  note: of another");
        string said = await told.Task;
        Assert.StartsWith("make: 2,500 of about 5,000 steps in ", said, StringComparison.Ordinal);
        Assert.Contains(" left", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_record_it_says_so_and_the_file_is_there_while_make_runs()
    {
        TaskCompletionSource<string> told = new();
        await using (MakeProgress progress = Begin(whole: true, _folder["none.json"], text => _ = text.Contains(" 3 ", StringComparison.Ordinal) && told.TrySetResult(text)))
        {
            Steps(progress, 3);
            Assert.StartsWith("make: 3 steps in ", await told.Task, StringComparison.Ordinal);
            Assert.EndsWith("no similar make is on record, to tell the time left", await told.Task, StringComparison.Ordinal);
            while (!File.Exists(_folder["progress.json"]))
                await Task.Yield();
            JsonElement json = JsonDocument.Parse(await File.ReadAllTextAsync(_folder["progress.json"])).RootElement;
            Assert.Equal((1, 3), (json.GetProperty("schema").GetInt32(), json.GetProperty("steps").GetInt32()));
            Assert.False(json.TryGetProperty("secondsLeft", out _));
        }

        Assert.False(File.Exists(_folder["progress.json"]));
    }

    private MakeProgress Begin(bool whole, string record, Action<string> tell) => new(_folder["progress.json"], record, whole, TimeSpan.FromMilliseconds(50), tell);

    private static void Steps(MakeProgress progress, int count)
    {
        for (int step = 0; step < count; step++)
            progress.Take($"  CC      drivers/{step}.o");
    }
}

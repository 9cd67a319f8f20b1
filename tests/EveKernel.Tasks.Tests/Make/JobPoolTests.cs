using System.Collections.Immutable;
using System.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;

namespace EveKernel.Tests.Make;

/// <summary>Makes that run at the same time share the cores.</summary>
public sealed class JobPoolTests : IDisposable
{
    // Each target says that it begins, and ends when it is let go: a job lasts for as long as the test wants.
    private const string Makefile = """
        names := 1 2 3 4 5 6 7 8
        all: $(names)
        .PHONY: all $(names)
        $(names):
        	@touch running/$@; head -c1 gate > /dev/null; rm running/$@

        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(2, 2, 1)]
    [InlineData(2, 3, 1)]
    [InlineData(8, 2, 4)]
    [InlineData(8, 3, 3)]
    [InlineData(64, 1, 64)]
    public async Task Each_has_an_even_share_and_never_less_than_one_job(int cores, int makes, int share)
    {
        List<JobPool> pools = [];
        for (int i = 0; i < makes; i++)
            pools.Add(JobPool.TryJoin(_folder["jobs"], cores)!);
        pools.ForEach(pool => pool.Balance());
        Assert.All(pools, pool => Assert.Equal(share, pool.Share));
        // The last one has all.
        foreach (JobPool pool in pools.Skip(1))
            await pool.DisposeAsync();
        pools[0].Balance();
        Assert.Equal(cores, pools[0].Share);
        await pools[0].DisposeAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["jobs"]));
    }

    [Fact]
    public async Task Make_runs_its_share_gives_back_what_it_does_not_use_and_gets_it_again()
    {
        JobPool first = JobPool.TryJoin(_folder["jobs"], 4)!;
        await using JobPool pool = JobPool.TryJoin(_folder["jobs"], 4)!;
        _folder.Write("make/Makefile", Makefile);
        Directory.CreateDirectory(_folder["make/running"]);
        int gate = Posix.CreatePipe(_folder["make/gate"]);
        Command make = new("make", "-j4", "-C", _folder["make"]) { Environment = ImmutableDictionary<string, string>.Empty.Add("PATH", "/usr/bin:/bin") };
        Task<CommandResult> running = ProcessRunner.RunAsync(pool.Wrap(make), CancellationToken.None);
        await UntilAsync(() => Running() == 2);
        await first.DisposeAsync();
        await UntilAsync(() => Running() == 4);

        // Nothing is stopped for a make that begins.
        first = JobPool.TryJoin(_folder["jobs"], 4)!;
        Assert.Equal(2, first.Share);
        pool.Balance();
        Assert.Equal((4, 4), (pool.Share, Running()));
        // One of eight is left.
        for (int i = 0; i < 7; i++)
            Assert.True(Posix.WriteByte(gate, 1));
        await UntilAsync(() => Running() == 1 && pool.Share == 2);
        Assert.True(Posix.WriteByte(gate, 1));
        CommandResult result = await running;
        Assert.True(result.Succeeded, result.StandardError);
        Assert.Empty(result.StandardError);
        await first.DisposeAsync();
        Posix.CloseDescriptor(gate);
    }

    [Fact]
    public async Task What_a_killed_build_has_left_counts_for_nothing_and_is_cleared_away()
    {
        _folder.Write("jobs/1-1.make", "");
        _folder.Write("jobs/1-1.jobs", "");
        await using JobPool pool = JobPool.TryJoin(_folder["jobs"], 4)!;
        Assert.Equal(4, pool.Share);
        Assert.False(File.Exists(_folder["jobs/1-1.make"]) || File.Exists(_folder["jobs/1-1.jobs"]));
    }

    [Fact]
    public void Where_nothing_can_be_written_there_is_no_pool()
    {
        _folder.Write("jobs", "a file");
        Assert.Null(JobPool.TryJoin(_folder["jobs"], 4));
    }

    private int Running() => Directory.EnumerateFiles(_folder["make/running"]).Count();

    private static async Task UntilAsync(Func<bool> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1), "It does not come to that.");
            await Task.Delay(10);
        }
    }
}

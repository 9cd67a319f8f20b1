using System.Diagnostics;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Loop;

namespace EveKernel.Tests.Loop;

/// <summary>A refresh in a process of its own that is killed, as by kill -9, before each of its steps.</summary>
public sealed class KilledRefreshTests
{
    // keep, pending, two files, tree, head, record, done.
    private const int Steps = 8;

    [Fact]
    public async Task Killed_at_any_step_a_refresh_loses_nothing_and_the_next_command_ends_it()
    {
        using LoopSetup whole = await BeginAsync();
        Assert.Equal(string.Join(' ', "keep", "pending", "file", "file", "tree", "head", "record", "done"), await RefreshAsync(whole, Steps));
        for (int step = 0; step < Steps; step++)
        {
            using LoopSetup setup = await BeginAsync();
            string edits = setup.WorkTree();
            string[] before = setup.Read();
            string head = setup.InTree("rev-parse", "HEAD");
            Assert.Equal(step + 1, (await RefreshAsync(setup, step)).Split(' ').Length);

            // The edits are where they were made, and no patch is anything but the old or the new one.
            Assert.Equal(edits, setup.WorkTree());
            Assert.All(
                setup.Read().Zip(before, whole.Read()), one => Assert.Contains(WithoutId(one.First), (string[])[WithoutId(one.Second), WithoutId(one.Third)]));
            if (step > 0)
                Assert.Equal(head, (await new StateKeeper(setup.Tree).ReadAsync((await new StateKeeper(setup.Tree).ListAsync(default))[0].Name, default)).Head);

            await setup.RefreshAsync("0002");
            Assert.Equal(whole.Read().Select(WithoutId), setup.Read().Select(WithoutId));
            Assert.Equal(edits, setup.WorkTree());
            Assert.Equal(setup.Apply().Commit, setup.InTree("rev-parse", "HEAD"));
            Assert.Equal("", setup.InTree("status", "--porcelain"));
            Assert.Equal("", setup.InTree("for-each-ref", "refs/evekernel/pending"));
            Assert.Empty(await setup.RefreshAsync());
        }
    }

    [Fact]
    public async Task A_patch_that_somebody_changes_between_is_not_overwritten()
    {
        using LoopSetup setup = await BeginAsync();
        await RefreshAsync(setup, 2);
        File.AppendAllText(setup.Files[1], "by hand\n");
        string[] before = setup.Read();
        KernelException overrun = await Assert.ThrowsAsync<KernelException>(() => setup.RefreshAsync("0002"));
        Assert.Equal(("EVK2109", setup.Files[1]), (overrun.Code.Id, overrun.Location!.File));
        Assert.Equal(before, setup.Read());
        string shown = overrun.Message.Split("'git show ")[1].Split('\'')[0];
        Assert.Contains("twenty edited", setup.InTree("show", shown), StringComparison.Ordinal);
        setup.InTree("update-ref", "-d", "refs/evekernel/pending");
        Assert.Equal("EVK2102", (await Assert.ThrowsAsync<KernelException>(() => setup.RefreshAsync("0002"))).Code.Id);
    }

    [Fact]
    public async Task Commits_that_somebody_makes_between_stay()
    {
        using LoopSetup setup = await BeginAsync();
        await RefreshAsync(setup, 4);
        setup.InTree("commit", "-q", "-a", "--fixup=HEAD~2");
        setup.EditTreeFile("a.c", "forty\n", "forty edited\n");
        setup.InTree("commit", "-q", "-a", "-m", "fixup! a: Change forty");
        await setup.RefreshAsync();
        Assert.Equal(setup.WorkTree(), setup.PatchedTree());
        Assert.Contains("forty edited", setup.Read()[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_terminals_at_once_do_it_one_after_the_other()
    {
        using LoopSetup whole = await BeginAsync();
        await RefreshAsync(whole, Steps);
        using LoopSetup setup = await BeginAsync();
        string edits = setup.WorkTree();
        string[] steps = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RefreshAsync(setup, Steps)));
        // Whoever comes first does all of it, and the others find nothing left to do.
        Assert.Single(steps, one => one.Contains("file", StringComparison.Ordinal));
        Assert.Equal(whole.Read().Select(WithoutId), setup.Read().Select(WithoutId));
        Assert.Equal((edits, setup.Apply().Commit), (setup.WorkTree(), setup.InTree("rev-parse", "HEAD")));
        Assert.Equal("", setup.InTree("status", "--porcelain"));
    }

    // The kernel's commit, and with it each patch's, has another time in each set-up.
    private static string WithoutId(string mail) => mail[mail.IndexOf('\n', StringComparison.Ordinal)..];

    private static async Task<LoopSetup> BeginAsync()
    {
        LoopSetup setup = new();
        await setup.EditAsync();
        setup.EditTreeFile("a.c", "ten\n", "ten edited\n");
        setup.InTree("commit", "-q", "-a", "--fixup=HEAD~2");
        setup.EditTreeFile("b.c", "twenty\n", "twenty edited\n");
        return setup;
    }

    private static async Task<string> RefreshAsync(LoopSetup setup, int killedAt)
    {
        static string Runtime(string extension) => Path.ChangeExtension(typeof(KilledRefreshTests).Assembly.Location, extension);
        ProcessStartInfo start = new(
            Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet",
            [
                "exec", "--runtimeconfig", Runtime("runtimeconfig.json"), "--depsfile", Runtime("deps.json"), typeof(KilledRefreshTests).Assembly.Location,
                "refresh", setup.Folder, setup.Series, "0002", $"{killedAt}",
            ])
        { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string steps = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(killedAt < Steps ? 128 + 9 : 0, process.ExitCode);
        return string.Join(' ', steps.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}

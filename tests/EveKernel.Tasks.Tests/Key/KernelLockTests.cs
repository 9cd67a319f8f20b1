using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;

namespace EveKernel.Tests.Key;

/// <summary>The lock file beside a project.</summary>
public sealed class KernelLockTests : IDisposable
{
    private readonly KeySetup _setup = new();

    private string LockFile => _setup["kernel.lock.json"];

    [Fact]
    public async Task A_lock_is_written_once_and_only_where_something_changed_again()
    {
        await UseAsync(LockUse.Read);
        Assert.False(File.Exists(LockFile));
        await UseAsync(LockUse.Update);
        string text = await File.ReadAllTextAsync(LockFile);
        DateTime time = File.GetLastWriteTimeUtc(LockFile);
        await UseAsync(LockUse.Update);
        await UseAsync(LockUse.Renew);
        Assert.Equal(time, File.GetLastWriteTimeUtc(LockFile));
        // Nothing of this machine.
        Assert.DoesNotContain(_setup[""], text, StringComparison.Ordinal);
        Assert.DoesNotContain(_setup.Source.Repository, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_a_patch_lies_is_no_difference_but_what_it_does_is()
    {
        await UseAsync(LockUse.Update);
        File.Move(_setup["0001.patch"], _setup["first.patch"]);
        _setup.Write("series", "first.patch\n");
        await UseAsync(LockUse.Require);
        _setup.EditKeepingTime("first.patch", "+something", "+otherwise");
        _setup.EditKeepingTime("tools/gcc", "1.2-3", "1.2-4");
        KernelException stale = await Assert.ThrowsAsync<KernelException>(() => UseAsync(LockUse.Require));
        Assert.Equal("EVK5021", stale.Code.Id);
        string[] lines = [.. stale.Message.Split('\n').Where(line => line.StartsWith("  ", StringComparison.Ordinal))];
        Assert.Equal(3, lines.Length);
        Assert.Matches("^  patch/p1: [0-9a-f]{64} # 0001.patch → [0-9a-f]{64} # first.patch$", lines[0]);
        Assert.Matches("^  compiler: gcc \\(Stand-in 1.2-3\\) 1.2 sha256 [0-9a-f]{64} → gcc \\(Stand-in 1.2-4\\) 1.2 sha256 [0-9a-f]{64}$", lines[1]);
        Assert.Matches("^  key: [0-9a-f]{64} → [0-9a-f]{64}$", lines[2]);
        // In the inner loop it is no error.
        await UseAsync(LockUse.Read);
    }

    [Fact]
    public async Task A_branch_that_floats_cannot_be_locked()
    {
        _setup.Request = _setup.Request with { Commit = null, Branch = "main", AllowFloating = true };
        await UseAsync(LockUse.Update);
        Assert.False(File.Exists(LockFile));
        KernelException missing = await Assert.ThrowsAsync<KernelException>(() => UseAsync(LockUse.Require));
        Assert.Equal("EVK5020", missing.Code.Id);
        Assert.Contains("pin KernelCommit", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tree_that_somebody_edits_needs_no_lock()
    {
        _setup.Write("tree/Makefile", Source.SourceSetup.Makefile);
        _setup.Request = _setup.Request with { Repository = null, Commit = null, SourceDirectory = "tree", Series = [] };
        await UseAsync(LockUse.Require);
        await UseAsync(LockUse.Renew);
        Assert.False(File.Exists(LockFile));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("<<<<<<< ours")]
    [InlineData("""{ "schema": 2, "source": null, "toolchain": [], "inputs": [], "key": "" }""")]
    public async Task What_is_no_lock_is_an_error_until_it_is_written_anew(string content)
    {
        _setup.Write("kernel.lock.json", content);
        Assert.Equal("EVK5023", (await Assert.ThrowsAsync<KernelException>(() => UseAsync(LockUse.Update))).Code.Id);
        await UseAsync(LockUse.Renew);
        await UseAsync(LockUse.Require);
    }

    public void Dispose() => _setup.Dispose();

    private async Task UseAsync(LockUse use)
    {
        _setup.Request = _setup.Request with { LockFile = LockFile, LockUse = use };
        await _setup.PlanAsync();
    }
}

using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Tests.Processes;

public sealed class FilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_lock_waits_and_is_told_for_whom()
    {
        TaskCompletionSource<string> told = new();
        Task<FileLock> second;
        using (await FileLock.AcquireAsync(_folder["a/lock"], "first.csproj", null, CancellationToken.None))
        {
            second = FileLock.AcquireAsync(_folder["a/lock"], "second.csproj", told.SetResult, CancellationToken.None);
            Assert.Contains("first.csproj", await told.Task, StringComparison.Ordinal);
            Assert.False(second.IsCompleted);
        }

        (await second).Dispose();
    }

    [Fact]
    public async Task A_wait_for_a_lock_can_be_cancelled()
    {
        using FileLock held = await FileLock.AcquireAsync(_folder["lock"], "first", null, CancellationToken.None);
        using CancellationTokenSource source = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FileLock.AcquireAsync(_folder["lock"], "second", _ => source.Cancel(), source.Token));
    }

    [Fact]
    public void A_durable_file_is_whole_or_as_before()
    {
        DurableFile.WriteAllText(_folder["a/b"], "one");
        DurableFile.WriteAllText(_folder["a/b"], "two");
        Assert.Equal("two", File.ReadAllText(_folder["a/b"]));
        Assert.Throws<InvalidOperationException>(() => DurableFile.Write(_folder["a/b"], stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));
        Assert.Equal("two", File.ReadAllText(_folder["a/b"]));
        Assert.Single(Directory.GetFiles(_folder["a"]));
    }

    [Fact]
    public void A_program_is_found_on_the_commands_own_PATH()
    {
        _folder.Write("one/tool", "not executable");
        string tool = _folder.Write("two/tool", "#!/bin/sh\n");
        File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        ImmutableDictionary<string, string> environment = ImmutableDictionary<string, string>.Empty.Add("PATH", $"{_folder["one"]}:{_folder["two"]}");
        Assert.Equal(tool, ExecutableSearch.Find("tool", environment));
        Assert.Null(ExecutableSearch.TryFind("sh", environment));
        KernelException missing = Assert.Throws<KernelException>(() => ExecutableSearch.Find("flex", environment));
        Assert.Equal(ErrorCodes.ToolMissing, missing.Code);
        Assert.Contains("apt-get install flex", missing.Message, StringComparison.Ordinal);
    }
}

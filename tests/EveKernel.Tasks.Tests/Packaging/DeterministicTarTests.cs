using EveKernel.Core.Packaging;

namespace EveKernel.Tests.Packaging;

public sealed class DeterministicTarTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_file_is_closed_as_soon_as_it_is_written()
    {
        for (int i = 0; i < 5; i++)
            _folder.Write($"in/{i}", "content");
        DeterministicTar.Write(_folder["in"], new MemoryStream(), DateTimeOffset.UnixEpoch);
        Assert.DoesNotContain(
            Directory.EnumerateFiles("/proc/self/fd").Select(file => new FileInfo(file).LinkTarget ?? ""),
            target => target.StartsWith(_folder["in"], StringComparison.Ordinal));
    }
}

using EveKernel.Core.Packaging;

namespace EveKernel.Tests.Packaging;

public sealed class ManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_manifest_comes_back_as_it_was_written()
    {
        Manifest manifest = Create();
        Assert.Equal(manifest.ToJson(), Manifest.TryRead(_folder.Write("manifest.json", manifest.ToJson()))!.ToJson());
    }

    [Fact]
    public void A_half_written_manifest_is_none()
    {
        string json = Create().ToJson();
        Assert.Null(Manifest.TryRead(_folder.Write("manifest.json", json[..(json.Length / 2)])));
    }

    [Theory]
    [InlineData("CONTENT")]
    [InlineData("other")]
    [InlineData("content and more")]
    [InlineData(null)]
    public void A_file_that_changed_or_went_away_is_noticed(string? content)
    {
        Manifest manifest = Create();
        Assert.True(manifest.Matches(_folder.Path));
        DateTime time = File.GetLastWriteTimeUtc(_folder["kernel"]);
        File.Delete(_folder["kernel"]);
        if (content is not null)
            File.SetLastWriteTimeUtc(_folder.Write("kernel", content), time);
        Assert.False(manifest.Matches(_folder.Path));
    }

    [Fact]
    public void A_tarball_depends_on_names_modes_and_contents_only()
    {
        byte[] Pack(string folder, bool reversed)
        {
            IEnumerable<string> names = ["b", "a", "sub/c"];
            foreach (string name in reversed ? names.Reverse() : names)
                File.SetLastWriteTimeUtc(_folder.Write($"{folder}/{name}", name), reversed ? DateTime.UnixEpoch : DateTime.UtcNow);
            File.CreateSymbolicLink(_folder[$"{folder}/link"], "a");
            using MemoryStream stream = new();
            DeterministicTar.Write(_folder[folder], stream, DateTimeOffset.UnixEpoch);
            return stream.ToArray();
        }

        Assert.Equal(Pack("one", reversed: false), Pack("two", reversed: true));
    }

    [Fact]
    public void A_value_of_the_key_cannot_pretend_to_be_another_line() =>
        Assert.NotEqual(new BuildKey().Add("a", "1\nb 2").Value, new BuildKey().Add("a", "1").Add("b", "2").Value);

    public void Dispose() => _folder.Dispose();

    private Manifest Create() => new()
    {
        Key = new string('a', 64),
        Kind = "kernel",
        PackageId = "EveKernel.Amd64.Generic",
        PackageVersion = "6.12.49-rel.1",
        KernelVersion = "6.12.49",
        KernelRelease = "6.12.49-0123456789ab",
        SourceCommit = new string('b', 40),
        SourceTree = new string('c', 40),
        SourceTime = 1,
        SourceTimeFrom = "commit",
        Dirty = false,
        PatchDiffs = [],
        PatchedTree = new string('d', 40),
        ConfigSha256 = new string('e', 64),
        Toolchain = [new Tool("compiler", "gcc \"12\"", "f")],
        MakeArguments = ["ARCH=x86_64"],
        Proven = [],
        Files = [new ManifestFile("kernel", 7, "644", Digest.OfFile(_folder.Write("kernel", "content")))],
    };
}

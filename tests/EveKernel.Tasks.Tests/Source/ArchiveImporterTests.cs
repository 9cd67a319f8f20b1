using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Source;

namespace EveKernel.Tests.Source;

public sealed class ArchiveImporterTests : IDisposable
{
    private static readonly DateTimeOffset Newest = new(2024, 11, 5, 6, 7, 8, TimeSpan.Zero);

    private readonly SourceSetup _setup = new();

    public void Dispose() => _setup.Dispose();

    [Fact]
    public async Task The_same_archive_gives_the_same_commit_in_any_store_with_the_newest_members_time()
    {
        string archive = Tar("k.tar", Kernel());
        SourceRecord first = await FetchAsync(archive);
        Directory.Delete(_setup.Store, recursive: true);
        SourceRecord second = await FetchAsync(archive);
        string commit = first.Commit;
        File.Delete(archive);
        SourceRecord third = await _setup.Fetcher().FetchAsync(new ArchivePin(archive, _digest), "", "test", default);

        Assert.Equal(first, second);
        Assert.Equal(first, third);
        Assert.Equal(("archive", Newest, "newest member", "7.2.0-rc3"), (first.Kind, first.CommitTime, first.TimeSource, first.KernelVersion));
        string listing = _setup.Plain("/", $"--git-dir={_setup.Store}", "ls-tree", "-r", "-z", commit);
        Assert.Equal("100644 Makefile|100644 dir/a \"b\\c|120000 dir/link|100755 dir/run.sh|100644 hard|", Regex.Replace(listing, " blob [0-9a-f]+\t", " ").Replace('\0', '|'));
    }

    [Theory]
    [InlineData("gz")]
    [InlineData("xz")]
    [InlineData("zst")]
    public async Task A_compressed_archive_has_the_plain_ones_tree_whatever_its_name(string kind)
    {
        string plain = Tar("k.tar", Kernel());
        SourceRecord expected = await FetchAsync(plain);
        string compressed = Compress(plain, kind);
        Assert.Equal(expected.Tree, (await FetchAsync(compressed)).Tree);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("gz")]
    [InlineData("xz")]
    [InlineData("zst")]
    public async Task A_truncated_archive_leaves_nothing_behind(string kind)
    {
        string plain = Tar("k.tar", [.. Kernel(), Regular("k/big", Convert.ToBase64String(RandomNumberGenerator.GetBytes(100_000)))]);
        string whole = Compress(plain, kind);
        byte[] bytes = File.ReadAllBytes(whole);
        // A gzip file may lose only its trailer, a plain one all padding but the end mark.
        int late = kind switch
        {
            "plain" => (bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 512) / 512 * 512,
            "gz" => bytes.Length - 8,
            _ => bytes.Length - 6,
        };
        foreach (int length in (int[])[bytes.Length / 2, late])
        {
            string cut = _setup.Write($"cut-{length}", "");
            File.WriteAllBytes(cut, bytes[..length]);
            KernelException failure = await Assert.ThrowsAsync<KernelException>(() => FetchAsync(cut));
            Assert.Equal(ErrorCodes.ArchiveDamaged, failure.Code);
            Assert.Null(await _setup.Git.FindCommitAsync(_setup.Store, SourceFetcher.ArchiveRef(_digest), default));
        }

        Assert.Empty(Directory.EnumerateFiles(_setup.Store, "fast_import_crash_*"));
    }

    [Theory]
    [InlineData("name with dots", "k/../../evil")]
    [InlineData("absolute", "/etc/evil")]
    [InlineData("in .git", "k/.GIT/hooks/post-checkout")]
    [InlineData("device", "k/null")]
    [InlineData("absolute link", "k/link", "/etc/passwd")]
    [InlineData("link out", "k/link", "../outside")]
    [InlineData("link out of a folder", "k/dir/link", "../../outside")]
    [InlineData("link out by another link", "k/dir/link", "self/../../outside")]
    [InlineData("below a link", "k/dir/self/file")]
    [InlineData("hard link out", "k/hard", "hard:/etc/passwd")]
    public async Task An_unsafe_member_is_refused(string what, string name, string? link = null)
    {
        TarEntry bad = what == "device" ? new PaxTarEntry(TarEntryType.CharacterDevice, name)
            : link is null ? Regular(name, "x")
            : link.StartsWith("hard:", StringComparison.Ordinal) ? new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = link[5..] }
            : Link(name, link);
        string archive = Tar("k.tar", [.. Kernel(), Link("k/dir/self", "."), bad]);
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => FetchAsync(archive));
        Assert.Equal(ErrorCodes.ArchiveUnsafe, failure.Code);
        Assert.Null(await _setup.Git.FindCommitAsync(_setup.Store, SourceFetcher.ArchiveRef(_digest), default));
    }

    [Fact]
    public async Task A_wrong_digest_is_seen_before_anything_is_unpacked()
    {
        string archive = _setup.Write("not-even-a-tar", "x");
        KernelException failure = await Assert.ThrowsAsync<KernelException>(
            () => _setup.Fetcher().FetchAsync(new ArchivePin(archive, new string('0', 64)), "", "test", default));
        Assert.Equal(ErrorCodes.ArchiveDigestWrong, failure.Code);
        Assert.Equal(ErrorCodes.ArchiveDamaged, (await Assert.ThrowsAsync<KernelException>(() => FetchAsync(archive))).Code);
    }

    [Fact]
    public async Task An_ordinary_repository_can_be_made_of_an_archive()
    {
        string archive = Tar("k.tar", Kernel());
        _setup.Plain("/", "init", "-q", "--bare", "-b", "main", _setup["plain.git"]);
        CommitInfo commit = await new ArchiveImporter(_setup.Environment).ImportAsync(_setup["plain.git"], archive, "refs/heads/main", default);
        Assert.Equal(commit.Id, _setup.Plain(_setup["plain.git"], "rev-parse", "main").Trim());
        Assert.Equal(commit.Id + " refs/heads/main\n", _setup.Plain(_setup["plain.git"], "show-ref"));
    }

    [Fact]
    public async Task A_download_is_kept_only_when_it_is_the_pinned_one()
    {
        byte[] content = File.ReadAllBytes(Tar("k.tar", Kernel()));
        using HttpListener server = new();
        int port = Random.Shared.Next(20000, 60000);
        server.Prefixes.Add($"http://localhost:{port}/");
        server.Start();
        Task serve = Task.Run(async () =>
        {
            for (int i = 0; i < 3; i++)
            {
                HttpListenerContext context = await server.GetContextAsync();
                context.Response.StatusCode = context.Request.Url!.AbsolutePath == "/k.tar" ? 200 : 404;
                context.Response.Close(content, willBlock: true);
            }
        });
        string good = Convert.ToHexStringLower(SHA256.HashData(content));
        string address = $"http://localhost:{port}/k.tar";

        Assert.Equal(ErrorCodes.ArchiveDigestWrong, await FailAsync(new ArchivePin(address, new string('0', 64))));
        Assert.Equal(ErrorCodes.SourceNotFound, await FailAsync(new ArchivePin($"http://localhost:{port}/other", good)));
        Assert.Equal("7.2.0-rc3", (await _setup.Fetcher().FetchAsync(new ArchivePin(address, good), "", "test", default)).KernelVersion);
        await serve;
        server.Stop();
        Assert.Equal(ErrorCodes.SourceUnreachable, await FailAsync(new ArchivePin(address, new string('1', 64))));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_setup.Store + ".downloads"));
    }

    private string _digest = "";

    private Task<SourceRecord> FetchAsync(string archive)
    {
        _digest = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(archive)));
        return _setup.Fetcher().FetchAsync(new ArchivePin(archive, _digest), "", "test", default);
    }

    private async Task<ErrorCode> FailAsync(SourcePin pin) =>
        (await Assert.ThrowsAsync<KernelException>(() => _setup.Fetcher().FetchAsync(pin, "", "test", default))).Code;

    private static TarEntry[] Kernel() =>
    [
        new PaxGlobalExtendedAttributesTarEntry([new("comment", "as git archive writes")]),
        new PaxTarEntry(TarEntryType.Directory, "k/") { ModificationTime = Newest.AddYears(-1) },
        Regular("k/Makefile", SourceSetup.Makefile, time: Newest),
        Regular("k/dir/run.sh", "#!/bin/sh\n", (UnixFileMode)0b111_101_101),
        Regular("k/dir/a \"b\\c", "odd name\n"),
        Link("k/dir/link", "../Makefile"),
        new PaxTarEntry(TarEntryType.HardLink, "k/hard") { LinkName = "k/Makefile", ModificationTime = Newest.AddYears(-1) },
    ];

    private static PaxTarEntry Regular(string name, string content, UnixFileMode mode = (UnixFileMode)0b110_100_100, DateTimeOffset? time = null) =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), Mode = mode, ModificationTime = time ?? Newest.AddYears(-1) };

    private static PaxTarEntry Link(string name, string target) =>
        new(TarEntryType.SymbolicLink, name) { LinkName = target, ModificationTime = Newest.AddYears(-1) };

    private string Tar(string name, TarEntry[] entries)
    {
        string path = _setup[name];
        using FileStream stream = File.Create(path);
        using (TarWriter writer = new(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (TarEntry entry in entries)
                writer.WriteEntry(entry);
        }

        // As tar does: whole records of 10 KiB.
        stream.SetLength((stream.Length + 10239) / 10240 * 10240 + 10240);
        return path;
    }

    private string Compress(string plain, string kind)
    {
        switch (kind)
        {
            case "gz":
                using (FileStream target = File.Create(plain + ".z"))
                using (GZipStream zip = new(target, CompressionLevel.Fastest))
                using (FileStream source = File.OpenRead(plain))
                    source.CopyTo(zip);
                return plain + ".z";
            case "xz":
                _setup.Run("/", "xz", "-0", "-k", plain);
                return plain + ".xz";
            case "zst":
                _setup.Run("/", "zstd", "-q", "-1", plain);
                return plain + ".zst";
            default:
                return plain;
        }
    }
}

using EveKernel.Core.Diagnostics;
using EveKernel.Core.Feeds;
using EveKernel.Core.Packaging;

namespace EveKernel.Tests.Feeds;

/// <summary>The machine's cache of results.</summary>
public sealed class ResultCacheTests : IAsyncLifetime
{
    private PackageSetup _setup = null!;

    public async Task InitializeAsync() => _setup = await PackageSetup.CreateAsync();

    public Task DisposeAsync()
    {
        _setup.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task What_is_kept_comes_back_byte_for_byte_and_nothing_else_does()
    {
        ResultCache cache = Cache(long.MaxValue);
        string package = _setup.Pack();
        Assert.Null(await cache.OpenAsync(_setup.Plan.PackageId, _setup.Plan.PackageVersion, CancellationToken.None));
        Assert.Null(await cache.AddAsync(package, _setup.Manifest, CancellationToken.None));
        using CachedPackage? kept = await cache.OpenAsync(_setup.Plan.PackageId, _setup.Plan.PackageVersion, CancellationToken.None);
        Assert.Equal(await File.ReadAllBytesAsync(package), await File.ReadAllBytesAsync(kept!.Path));
        Assert.Equal(Digest.OfFile(package) + ".nupkg", Path.GetFileName(kept.Path));
        Assert.Null(await cache.OpenAsync(_setup.Plan.PackageId, "1.0.0", CancellationToken.None));
    }

    [Fact]
    public async Task What_was_used_least_recently_goes_and_what_is_in_use_does_not()
    {
        long size = new FileInfo(_setup.Pack()).Length;
        ResultCache cache = Cache((size * 2) + (size / 2));
        foreach (string version in (string[])["1.0.0", "2.0.0"])
            await AddAsync(cache, version);
        File.SetLastWriteTimeUtc(Record("2.0.0"), DateTime.UtcNow.AddHours(-1));
        // Used again, so it is the other's turn.
        File.SetLastWriteTimeUtc(Record("1.0.0"), DateTime.UtcNow.AddHours(-2));
        (await OpenAsync(cache, "1.0.0"))!.Dispose();
        await AddAsync(cache, "3.0.0");
        Assert.Equal(["1.0.0", "3.0.0"], await KeptAsync(cache));

        File.SetLastWriteTimeUtc(Record("1.0.0"), DateTime.UtcNow.AddHours(-2));
        using (CachedPackage? used = await OpenAsync(cache, "1.0.0"))
        {
            File.SetLastWriteTimeUtc(Record("1.0.0"), DateTime.UtcNow.AddHours(-2));
            await AddAsync(cache, "4.0.0");
            Assert.Equal(["1.0.0", "4.0.0"], await KeptAsync(cache));
            Assert.True(File.Exists(used!.Path));
        }

        Assert.Equal("it is larger than KernelCacheLimit", await Cache(size / 2).AddAsync(_setup.Pack(), _setup.Manifest, CancellationToken.None));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(-1)]
    public async Task A_flipped_bit_is_found_when_it_is_read_and_when_all_is_read_again(int place)
    {
        ResultCache cache = Cache(long.MaxValue);
        await AddAsync(cache, "1.0.0");
        await AddAsync(cache, "2.0.0");
        Flip("1.0.0", place);
        CacheFinding[] findings = [.. (await cache.VerifyAsync(CancellationToken.None)).OrderBy(finding => finding.Version)];
        Assert.Equal("it has changed since it was put there", findings[0].Damage);
        Assert.Null(findings[1].Damage);
        Assert.Equal(["2.0.0"], await KeptAsync(cache));

        Flip("2.0.0", place);
        FeedException refused = await Assert.ThrowsAsync<FeedException>(() => OpenAsync(cache, "2.0.0"));
        Assert.Equal(ErrorCodes.PackageRefused, refused.Code);
        Assert.Empty(Directory.EnumerateFiles(_setup["shared/results"], "*.nupkg"));
    }

    [Fact]
    public async Task Many_builds_at_once_keep_and_take_without_a_damaged_result()
    {
        long size = new FileInfo(_setup.Pack()).Length;
        string[] packages = [.. Enumerable.Range(0, 6).Select(i => PackVersion($"{i}.0.0"))];
        int taken = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 120), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, cancellation) =>
        {
            ResultCache cache = Cache(size * 3);
            string version = $"{i % 6}.0.0";
            Assert.Null(await cache.AddAsync(packages[i % 6], _setup.Manifest with { PackageVersion = version }, cancellation));
            using CachedPackage? kept = await OpenAsync(cache, $"{i % 5}.0.0");
            if (kept is null)
                return;
            Assert.Equal(Digest.OfFile(packages[i % 5]), Digest.OfFile(kept.Path));
            Interlocked.Increment(ref taken);
        });
        Assert.NotEqual(0, taken);
        Assert.All(await Cache(size * 3).VerifyAsync(CancellationToken.None), finding => Assert.Null(finding.Damage));
        Assert.InRange(Directory.EnumerateFiles(_setup["shared/results"], "*.nupkg").Sum(file => new FileInfo(file).Length), 1, size * 3);
    }

    [Fact]
    public async Task A_cache_that_cannot_be_written_keeps_nothing_and_fails_nothing()
    {
        _setup.Pack("shared/results/versions");
        Assert.NotNull(await Cache(long.MaxValue).AddAsync(_setup.Pack(), _setup.Manifest, CancellationToken.None));
    }

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("1000", 1000L)]
    [InlineData("20GB", 20_000_000_000L)]
    [InlineData("1.5 kb", 1500L)]
    [InlineData("2TB", 2_000_000_000_000L)]
    [InlineData("", null)]
    [InlineData("-1", null)]
    [InlineData("20 G", null)]
    [InlineData("99999999999TB", null)]
    public void A_limit_is_a_number_with_or_without_a_unit(string text, long? bytes) => Assert.Equal(bytes, CacheLimit.TryParse(text));

    private ResultCache Cache(long limit) => new(_setup["shared"], limit, _setup.Sink);

    private string Record(string version) => _setup[$"shared/results/versions/{_setup.Plan.PackageId}.{version}.json"];

    private Task<CachedPackage?> OpenAsync(ResultCache cache, string version) => cache.OpenAsync(_setup.Plan.PackageId, version, CancellationToken.None);

    private async Task AddAsync(ResultCache cache, string version) =>
        Assert.Null(await cache.AddAsync(PackVersion(version), _setup.Manifest with { PackageVersion = version }, CancellationToken.None));

    private string PackVersion(string version)
    {
        string nuspec = $"{_setup.Plan.PackageId}.nuspec";
        (byte[] manifest, byte[] description) = (_setup.Entries["kernel/manifest.json"], _setup.Entries[nuspec]);
        _setup.SetManifest(old => old with { PackageVersion = version });
        _setup.SetText(nuspec, _setup.Text(nuspec).Replace(_setup.Plan.PackageVersion, version, StringComparison.Ordinal));
        string package = _setup.Pack($"{version}.nupkg");
        (_setup.Entries["kernel/manifest.json"], _setup.Entries[nuspec]) = (manifest, description);
        return package;
    }

    private static async Task<string[]> KeptAsync(ResultCache cache) =>
        [.. (await cache.VerifyAsync(CancellationToken.None)).Where(finding => finding.Damage is null).Select(finding => finding.Version).Order(StringComparer.Ordinal)];

    private void Flip(string version, int place)
    {
        string sha256 = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Record(version))).RootElement.GetProperty("Sha256").GetString()!;
        string file = _setup[$"shared/results/{sha256}.nupkg"];
        byte[] bytes = File.ReadAllBytes(file);
        bytes[place < 0 ? bytes.Length + place : place] ^= 4;
        File.WriteAllBytes(file, bytes);
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Source;

namespace EveKernel.Tests.Source;

/// <summary>Downloads from a server that breaks connections off.</summary>
public sealed class ArchiveDownloadTests : IDisposable, IDiagnosticSink
{
    private readonly TemporaryFolder _folder = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> _ranges = new();
    private readonly ConcurrentQueue<Diagnostic> _told = new();
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(300_000);

    public ArchiveDownloadTests() => _listener.Start();

    private string Target => _folder["sub/k.tar"];

    void IDiagnosticSink.Report(Diagnostic diagnostic) => _told.Enqueue(diagnostic);

    public void Dispose()
    {
        _listener.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_broken_download_goes_on_where_it_broke()
    {
        _ = ServeAsync(answer => answer switch { 0 => 100_000, 1 => 50_000, _ => int.MaxValue }, honoursRanges: true);
        await DownloadAsync(_content);
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target));
        Assert.Equal(["", "bytes=100000- if \"x\"", "bytes=150000- if \"x\""], _ranges);
        Assert.Equal(2, _told.Count);
    }

    [Fact]
    public async Task A_server_that_knows_no_ranges_is_read_again_from_the_start()
    {
        _ = ServeAsync(answer => answer == 0 ? 100_000 : int.MaxValue, honoursRanges: false);
        await DownloadAsync(_content);
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task A_server_that_always_breaks_off_is_given_up_and_nothing_is_left()
    {
        _ = ServeAsync(_ => 10, honoursRanges: true);
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => DownloadAsync(_content));
        Assert.Equal(ErrorCodes.SourceUnreachable, failure.Code);
        Assert.Equal(5, _ranges.Count);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["sub"]));
    }

    [Fact]
    public async Task What_was_put_together_from_two_parts_must_have_the_digest_too()
    {
        _ = ServeAsync(answer => answer == 0 ? 100_000 : int.MaxValue, honoursRanges: true);
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => DownloadAsync([1]));
        Assert.Equal(ErrorCodes.ArchiveDigestWrong, failure.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["sub"]));
    }

    private Task DownloadAsync(byte[] expected) =>
        new ArchiveDownload(new Uri($"http://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}/k.tar"), this)
            .SaveAsync(Convert.ToHexStringLower(SHA256.HashData(expected)), Target, CancellationToken.None);

    // Each answer promises all that was asked for, sends so many bytes of it, and closes.
    private async Task ServeAsync(Func<int, int> bytesOfAnswer, bool honoursRanges)
    {
        for (int answer = 0; ; answer++)
        {
            using TcpClient client = await _listener.AcceptTcpClientAsync();
            await using NetworkStream stream = client.GetStream();
            string request = await ReadHeadersAsync(stream);
            string range = Regex.Match(request, "(?<=^Range: ).*(?=\r)", RegexOptions.Multiline).Value;
            string condition = Regex.Match(request, "(?<=^If-Range: ).*(?=\r)", RegexOptions.Multiline).Value;
            _ranges.Enqueue(condition.Length == 0 ? range : $"{range} if {condition}");
            int from = honoursRanges && range.Length > 0 ? int.Parse(Regex.Match(range, "\\d+").Value, CultureInfo.InvariantCulture) : 0;
            string head = from > 0
                ? $"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{_content.Length - 1}/{_content.Length}\r\n"
                : "HTTP/1.1 200 OK\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{head}ETag: \"x\"\r\nConnection: close\r\nContent-Length: {_content.Length - from}\r\n\r\n"));
            await stream.WriteAsync(_content.AsMemory(from, Math.Min(bytesOfAnswer(answer), _content.Length - from)));
        }
    }

    private static async Task<string> ReadHeadersAsync(NetworkStream stream)
    {
        StringBuilder text = new();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1)
            text.Append((char)one[0]);
        return text.ToString();
    }
}

using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Source;

/// <summary>Downloads an archive by http. A connection that breaks in the midst is taken up again where it broke, a few times.</summary>
/// <param name="address">http or https.</param>
/// <param name="sink">Is told of each break.</param>
public sealed class ArchiveDownload(Uri address, IDiagnosticSink sink)
{
    private const int MostRetries = 4;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    /// <summary>Downloads. The file is there only when it is whole and has the digest.</summary>
    /// <param name="sha256">The digest that it must have.</param>
    /// <param name="path">Where to.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK1003: broken or unreachable; EVK1004, EVK1005: refused or not there; EVK1011: another digest.</exception>
    public async Task SaveAsync(string sha256, string path, CancellationToken cancellation)
    {
        // A kernel's tarball takes longer than the usual limit on a slow line; the connection and each silence have their own.
        using SocketsHttpHandler handler = new() { ConnectTimeout = TimeSpan.FromSeconds(30) };
        using HttpClient client = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
        await DurableFile.WriteAsync(path, async file =>
        {
            await ReceiveAsync(client, file, cancellation).ConfigureAwait(false);
            file.Position = 0;
            ArchiveImporter.RequireDigest(address.ToString(), sha256, await Digest.OfStreamAsync(file, cancellation).ConfigureAwait(false));
        }).ConfigureAwait(false);
    }

    private async Task ReceiveAsync(HttpClient client, Stream file, CancellationToken cancellation)
    {
        EntityTagHeaderValue? tag = null;
        for (int retry = 0; ; retry++)
        {
            try
            {
                tag = await ReceivePartAsync(client, file, tag, cancellation).ConfigureAwait(false);
                return;
            }
            catch (BrokenException broken)
            {
                if (file.Length == 0 || retry == MostRetries)
                    throw new KernelException(ErrorCodes.SourceUnreachable, $"'{address}' could not be read: {broken.Message}", inner: broken);
                tag = broken.Tag ?? tag;
                sink.Report(new Diagnostic(Severity.Message, null, string.Create(
                    CultureInfo.InvariantCulture, $"The download of '{address}' broke off at byte {file.Length} ({broken.Message}); it goes on from there.")));
                await Task.Delay(FirstPause * (1 << retry), cancellation).ConfigureAwait(false);
            }
        }
    }

    // Appends to the file what it lacks, or writes it from its start where the server cannot go on or has another file by now.
    private async Task<EntityTagHeaderValue?> ReceivePartAsync(HttpClient client, Stream file, EntityTagHeaderValue? tag, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, address);
        if (file.Length > 0)
        {
            request.Headers.Range = new RangeHeaderValue(file.Length, null);
            request.Headers.IfRange = tag is { IsWeak: false } ? new RangeConditionHeaderValue(tag) : null;
        }

        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            RequireSuccess(response, resumes: file.Length > 0);
            tag = response.Headers.ETag;
            file.Position = response.Content.Headers.ContentRange?.From ?? 0;
            file.SetLength(file.Position);
            await using Stream content = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            await CopyAsync(content, file, cancellation).ConfigureAwait(false);
            return tag;
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutException)
        {
            throw new BrokenException(exception.Message, tag, exception);
        }
    }

    private static async Task CopyAsync(Stream content, Stream file, CancellationToken cancellation)
    {
        byte[] buffer = new byte[1 << 17];
        for (int count = 1; count > 0;)
        {
            try
            {
                count = await content.ReadAsync(buffer, cancellation).AsTask().WaitAsync(LongestSilence, cancellation).ConfigureAwait(false);
            }
            catch (IOException exception)
            {
                // To be told from what the file may throw.
                throw new HttpRequestException(exception.Message, exception);
            }

            await file.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
        }
    }

    private void RequireSuccess(HttpResponseMessage response, bool resumes)
    {
        if (response.IsSuccessStatusCode)
            return;
        string answer = $"'{address}' answers {(int)response.StatusCode} {response.ReasonPhrase}.";
        if (resumes && response.StatusCode >= HttpStatusCode.InternalServerError)
            throw new HttpRequestException(answer);
        throw new KernelException(
            response.StatusCode switch
            {
                HttpStatusCode.NotFound or HttpStatusCode.Gone => ErrorCodes.SourceNotFound,
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ErrorCodes.SourceAccessRefused,
                _ => ErrorCodes.SourceUnreachable,
            },
            answer);
    }

    private sealed class BrokenException(string message, EntityTagHeaderValue? tag, Exception inner) : Exception(message, inner)
    {
        public EntityTagHeaderValue? Tag => tag;
    }
}

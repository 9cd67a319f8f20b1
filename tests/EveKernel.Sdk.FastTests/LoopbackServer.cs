using System.Diagnostics;
using System.Net;
using System.Text;

namespace EveKernel.Tests;

/// <summary>An http server on loopback that gives a folder's files or, through <c>git http-backend</c>, its repositories, and counts the bytes.</summary>
public sealed class LoopbackServer : IDisposable
{
    private readonly LoopbackListener _listener;
    private readonly string _folder;
    private readonly Func<LoopbackServer, HttpListenerContext, Task> _answer;
    private long _bytesSent;

    private LoopbackServer(string folder, Func<LoopbackServer, HttpListenerContext, Task> answer)
    {
        _folder = folder;
        _answer = answer;
        _listener = new LoopbackListener(AnswerAsync);
    }

    /// <summary>Such as <c>http://127.0.0.1:12345/</c>.</summary>
    public string Address => _listener.Address;

    public long BytesSent => Interlocked.Read(ref _bytesSent);

    public static LoopbackServer Files(string folder) => new(folder, (server, context) => server.SendFileAsync(context));

    /// <summary>Serves repositories.</summary>
    /// <param name="folder">Where they are.</param>
    /// <param name="byId">Whether any commit may be asked for. Without it the server speaks the first protocol, in which only the refs' own commits may.</param>
    /// <returns>The server.</returns>
    public static LoopbackServer Git(string folder, bool byId) => new(folder, (server, context) => server.RunBackendAsync(context, byId));

    public void Dispose() => _listener.Dispose();

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            await _answer(this, context);
        }
        catch (Exception exception) when (exception is IOException or HttpListenerException or ObjectDisposedException)
        {
            // The client went away.
        }
        finally
        {
            context.Response.Abort();
        }
    }

    private async Task SendFileAsync(HttpListenerContext context)
    {
        string file = Path.Combine(_folder, context.Request.Url!.AbsolutePath.TrimStart('/'));
        if (File.Exists(file))
            await SendAsync(context, await File.ReadAllBytesAsync(file));
        else
            context.Response.StatusCode = 404;
        context.Response.Close();
    }

    private async Task RunBackendAsync(HttpListenerContext context, bool byId)
    {
        HttpListenerRequest request = context.Request;
        using MemoryStream body = new();
        await request.InputStream.CopyToAsync(body);
        ProcessStartInfo start = new("git", ["-c", "safe.directory=*", .. byId ? (string[])["-c", "uploadpack.allowAnySHA1InWant=true"] : [], "http-backend"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["GIT_PROJECT_ROOT"] = _folder;
        start.Environment["GIT_HTTP_EXPORT_ALL"] = "1";
        start.Environment["PATH_INFO"] = request.Url!.AbsolutePath;
        start.Environment["QUERY_STRING"] = request.Url.Query.TrimStart('?');
        start.Environment["REQUEST_METHOD"] = request.HttpMethod;
        start.Environment["CONTENT_TYPE"] = request.ContentType ?? "";
        start.Environment["CONTENT_LENGTH"] = $"{body.Length}";
        start.Environment["HTTP_CONTENT_ENCODING"] = request.Headers["Content-Encoding"] ?? "";
        if (byId)
            start.Environment["GIT_PROTOCOL"] = request.Headers["Git-Protocol"] ?? "";
        using Process backend = Process.Start(start)!;
        Task<byte[]> reading = ReadAllAsync(backend.StandardOutput.BaseStream);
        await backend.StandardInput.BaseStream.WriteAsync(body.ToArray());
        backend.StandardInput.Close();
        byte[] said = await reading;
        await backend.WaitForExitAsync();

        int end = said.AsSpan().IndexOf("\r\n\r\n"u8);
        foreach (string line in Encoding.ASCII.GetString(said, 0, end).Split("\r\n"))
        {
            (string name, string value) = (line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
            if (name == "Status")
                context.Response.StatusCode = int.Parse(value.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
            else
                context.Response.Headers[name] = value;
        }

        await SendAsync(context, said[(end + 4)..]);
        context.Response.Close();
    }

    private async Task SendAsync(HttpListenerContext context, byte[] bytes)
    {
        context.Response.ContentLength64 = bytes.Length;
        await context.Response.OutputStream.WriteAsync(bytes);
        Interlocked.Add(ref _bytesSent, bytes.Length);
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using MemoryStream all = new();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }
}

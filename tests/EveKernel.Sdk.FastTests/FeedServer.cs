using System.Net;
using System.Text;

namespace EveKernel.Tests;

/// <summary>How a feed behaves.</summary>
public enum FeedManner
{
    /// <summary>As it should.</summary>
    Good,

    /// <summary>Gives a package in small pieces, with pauses.</summary>
    Slow,

    /// <summary>Says nothing at all.</summary>
    Silent,

    /// <summary>Breaks off in the middle of a package.</summary>
    Broken,

    /// <summary>Says that a package is shorter than it is.</summary>
    Curtailed,

    /// <summary>Answers 500.</summary>
    Failing,
}

/// <summary>A NuGet feed of version 3 on loopback, over a folder of packages; with a password, if wanted, and open for pushes with a key.</summary>
public sealed class FeedServer : IDisposable
{
    private readonly LoopbackListener _listener;
    private readonly string _folder;
    private readonly FeedManner _manner;
    private readonly string? _password;
    private readonly CancellationTokenSource _ended = new();

    public FeedServer(string folder, FeedManner manner = FeedManner.Good, string? password = null)
    {
        (_folder, _manner, _password) = (folder, manner, password);
        Directory.CreateDirectory(folder);
        _listener = new LoopbackListener(AnswerAsync);
    }

    public string Address => _listener.Address.TrimEnd('/');

    public string Index => $"{Address}/v3/index.json";

    /// <summary>The key that came with each push.</summary>
    public List<string?> Keys { get; } = [];

    /// <summary>The paths that were asked for.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>A package that somebody else pushes just before the next push is taken.</summary>
    public string? Faster { get; set; }

    /// <summary>Whether it has no room for another package.</summary>
    public bool Full { get; set; }

    public void Dispose()
    {
        _ended.Cancel();
        _listener.Dispose();
        _ended.Dispose();
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            lock (Asked)
                Asked.Add(context.Request.Url!.AbsolutePath);
            await AnswerAsync(context, context.Request.Url!.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries));
            context.Response.Close();
        }
        catch (Exception exception) when (exception is IOException or HttpListenerException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            context.Response.Abort();
        }
    }

    private async Task AnswerAsync(HttpListenerContext context, string[] path)
    {
        if (_manner == FeedManner.Silent)
            await Task.Delay(Timeout.Infinite, _ended.Token);
        string expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"someone:{_password}"));
        if (_password is not null && context.Request.Headers["Authorization"] != expected)
        {
            context.Response.StatusCode = 401;
            context.Response.Headers["WWW-Authenticate"] = "Basic realm=\"kernels\"";
            return;
        }

        if (_manner == FeedManner.Failing)
        {
            context.Response.StatusCode = 500;
            return;
        }

        switch (path)
        {
            case ["v3", "index.json"]:
                await SendAsync(context, $$"""
                    {"version":"3.0.0","resources":[
                      {"@id":"{{Address}}/flat/","@type":"PackageBaseAddress/3.0.0"},
                      {"@id":"{{Address}}/push","@type":"PackagePublish/2.0.0"}]}
                    """);
                break;
            case ["flat", string id, "index.json"] when Versions(id) is { Length: > 0 } versions:
                await SendAsync(context, $$"""{"versions":[{{string.Join(',', versions.Select(version => $"\"{version}\""))}}]}""");
                break;
            case ["flat", _, _, string name] when Find(name) is { } file:
                await SendPackageAsync(context, await File.ReadAllBytesAsync(file));
                break;
            case ["push"] when Full:
                context.Response.StatusCode = 507;
                break;
            case ["push"] when context.Request.HttpMethod == "PUT":
                await TakeAsync(context);
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }

    private string[] Versions(string id) => [.. Directory.EnumerateFiles(_folder, "*.nupkg").Select(file => Path.GetFileNameWithoutExtension(file)!)
        .Where(name => name.StartsWith(id + ".", StringComparison.OrdinalIgnoreCase) && char.IsAsciiDigit(name[id.Length + 1])).Select(name => name[(id.Length + 1)..])];

    private string? Find(string name) =>
        Directory.EnumerateFiles(_folder).FirstOrDefault(file => string.Equals(Path.GetFileName(file), name, StringComparison.OrdinalIgnoreCase));

    private async Task SendPackageAsync(HttpListenerContext context, byte[] bytes)
    {
        Stream output = context.Response.OutputStream;
        context.Response.ContentLength64 = _manner == FeedManner.Curtailed ? bytes.Length - 1000 : bytes.Length;
        switch (_manner)
        {
            case FeedManner.Broken:
                await output.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
                await output.FlushAsync();
                context.Response.Abort();
                break;
            case FeedManner.Curtailed:
                await output.WriteAsync(bytes.AsMemory(0, bytes.Length - 1000));
                break;
            case FeedManner.Slow:
                foreach (byte[] part in bytes.Chunk(1 + (bytes.Length / 8)))
                {
                    await output.WriteAsync(part);
                    await output.FlushAsync();
                    await Task.Delay(50, _ended.Token);
                }

                break;
            default:
                await output.WriteAsync(bytes);
                break;
        }
    }

    private static async Task SendAsync(HttpListenerContext context, string json)
    {
        context.Response.ContentType = "application/json";
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(json));
    }

    // The package is the only part of a multipart body.
    private async Task TakeAsync(HttpListenerContext context)
    {
        Keys.Add(context.Request.Headers["X-NuGet-ApiKey"]);
        using MemoryStream body = new();
        await context.Request.InputStream.CopyToAsync(body);
        byte[] bytes = body.ToArray();
        int begin = bytes.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        int end = bytes.AsSpan().LastIndexOf("\r\n--"u8);
        byte[] package = bytes[begin..end];
        if (Faster is { } faster)
            File.Copy(faster, Path.Combine(_folder, Path.GetFileName(faster)));
        using System.IO.Compression.ZipArchive archive = new(new MemoryStream(package));
        using StreamReader nuspec = new(archive.Entries.First(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open());
        System.Xml.Linq.XElement metadata = System.Xml.Linq.XDocument.Parse(await nuspec.ReadToEndAsync()).Root!.Elements().First();
        string Read(string name) => metadata.Elements().First(element => element.Name.LocalName == name).Value;
        string to = Path.Combine(_folder, $"{Read("id")}.{Read("version")}.nupkg");
        context.Response.StatusCode = File.Exists(to) ? 409 : 201;
        if (!File.Exists(to))
            await File.WriteAllBytesAsync(to, package);
    }
}

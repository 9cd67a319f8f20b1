using System.Net;

namespace EveKernel.Tests;

/// <summary>Listens on a free port of loopback, and answers each request beside the others.</summary>
public sealed class LoopbackListener : IDisposable
{
    private readonly HttpListener _listener;

    /// <summary>Begins to listen.</summary>
    /// <param name="answer">Answers a request.</param>
    public LoopbackListener(Func<HttpListenerContext, Task> answer)
    {
        (_listener, Address) = Listen();
        _ = Task.Run(() => ServeAsync(answer));
    }

    /// <summary>Such as <c>http://127.0.0.1:12345/</c>.</summary>
    public string Address { get; }

    public void Dispose() => _listener.Close();

    private static (HttpListener Listener, string Address) Listen()
    {
        for (int tries = 0; ; tries++)
        {
            string address = $"http://127.0.0.1:{Random.Shared.Next(20_000, 60_000)}/";
            HttpListener listener = new();
            listener.Prefixes.Add(address);
            try
            {
                listener.Start();
                return (listener, address);
            }
            catch (HttpListenerException) when (tries < 100)
            {
                listener.Close();
            }
        }
    }

    private async Task ServeAsync(Func<HttpListenerContext, Task> answer)
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(() => answer(context));
        }
    }
}

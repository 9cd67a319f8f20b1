using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>What tests run in a .NET process of its own, so that it can be killed.</summary>
public static class Program
{
    public static async Task<int> Main(string[] arguments) => arguments is ["group", string script]
        ? (await new ProcessGroup(withoutNetwork: false).RunAsync(new Command("sh", "-c", script), Console.WriteLine, CancellationToken.None)).ExitCode
        : 2;
}

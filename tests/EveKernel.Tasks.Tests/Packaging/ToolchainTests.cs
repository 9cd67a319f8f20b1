using System.Collections.Immutable;
using EveKernel.Core.Packaging;

namespace EveKernel.Tests.Packaging;

public sealed class ToolchainTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_warm_probe_starts_no_program_and_a_replaced_one_is_noticed_with_its_time_kept()
    {
        ImmutableDictionary<string, string> environment = HostWith(_folder["bin"]);
        string compiler = WriteTool("gcc", "one");
        Tool before = await CompilerAsync(environment);
        string calls = _folder["calls"];
        long started = new FileInfo(calls).Length;
        Assert.Equal(before, await CompilerAsync(environment));
        Assert.Equal(started, new FileInfo(calls).Length);

        DateTime time = File.GetLastWriteTimeUtc(compiler);
        WriteTool("gcc", "two");
        File.SetLastWriteTimeUtc(compiler, time);
        Tool after = await CompilerAsync(environment);
        Assert.NotEqual(before.Sha256, after.Sha256);
        Assert.Equal("two", after.Version);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<Tool> CompilerAsync(ImmutableDictionary<string, string> environment)
    {
        Toolchain toolchain = new(_folder["toolchain.json"], environment);
        return (await toolchain.ProbeAsync("gcc", "", CancellationToken.None)).Single(tool => tool.Name == "compiler");
    }

    private static ImmutableDictionary<string, string> HostWith(string folder) =>
        ImmutableDictionary<string, string>.Empty.Add("PATH", $"{folder}:{Environment.GetEnvironmentVariable("PATH")}");

    // A stand-in that hands on to the real compiler's parts, and counts how often it is started.
    private string WriteTool(string name, string version) => _folder.WriteProgram($"bin/{name}", $"""
        #!/bin/sh
        echo x >> '{_folder["calls"]}'
        case $1 in -print-prog-name=*) exec /usr/bin/gcc "$1" ;; esac
        echo {version}
        """);
}

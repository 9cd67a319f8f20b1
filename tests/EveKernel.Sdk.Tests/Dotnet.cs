using System.Collections.Immutable;
using System.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Runs dotnet as a user does, whatever the environment of the tests (CI changes what a build may do), and keeps a binary log of what failed.</summary>
public static class Dotnet
{
    private static readonly ImmutableHashSet<string> Inherited = ["PATH", "HOME", "TMPDIR", "DOTNET_ROOT", "NUGET_PACKAGES", "NUGET_CERT_REVOCATION_MODE", "SSL_CERT_FILE"];

    /// <summary>What of this process's environment a build sees.</summary>
    public static ImmutableDictionary<string, string> Variables { get; } = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
        .Where(entry => Inherited.Contains((string)entry.Key))
        .ToImmutableDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "")
        .SetItem("DOTNET_CLI_TELEMETRY_OPTOUT", "1")
        .SetItem("DOTNET_NOLOGO", "1")
        // What a test says was compiled must not come from another test's result; the tests of the cache and the feeds say otherwise.
        .SetItem("KernelCacheMode", "ignore");

    public static Task<CommandResult> RunAsync(string folder, params string[] arguments) =>
        RunAsync(folder, ImmutableDictionary<string, string>.Empty, arguments);

    /// <summary>Runs dotnet.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="variables">The environment on top of what is inherited.</param>
    /// <param name="arguments">The arguments.</param>
    /// <returns>What came of it.</returns>
    public static async Task<CommandResult> RunAsync(string folder, ImmutableDictionary<string, string> variables, params string[] arguments)
    {
        bool builds = arguments[0] is "build" or "test" or "clean" or "publish" or "pack";
        string log = Path.Combine(RepositoryRoot.File("artifacts/test-results"), $"{Path.GetFileName(folder)}-{Guid.NewGuid():N}.binlog");
        IEnumerable<string> extra = builds ? [$"-bl:{log}", "-tl:off", "-nodeReuse:false"] : [];
        Command command = new("dotnet", [.. arguments, .. extra])
        {
            WorkingDirectory = folder,
            Environment = Variables.SetItems(variables),
        };
        // Only to stop a hang.
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(40));
        CommandResult result = await ProcessRunner.RunAsync(command, limit.Token);
        if (result.Succeeded && File.Exists(log))
            File.Delete(log);
        return result;
    }

    /// <summary>Starts a build that the test will end before its time.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="project">The project's file.</param>
    /// <param name="under">A program that starts dotnet, with its arguments.</param>
    /// <returns>The build, whose output and errors are to be read.</returns>
    public static Process StartBuild(string folder, string project, params string[] under)
    {
        string[] command = [.. under, "dotnet", "build", project, "-tl:off", "-nodeReuse:false"];
        ProcessStartInfo start = new(command[0], command[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        foreach ((string name, string value) in Variables)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public static async Task<string> PropertyAsync(string project, string name) =>
        (await RunAsync(Path.GetDirectoryName(project)!, "msbuild", project, "-t:KernelKey", $"-getProperty:{name}")).StandardOutput.Trim();
}

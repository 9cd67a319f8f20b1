using System.Collections.Immutable;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>A folder of a user's with a project that builds the fake kernel by the packed SDK.</summary>
public sealed class FakeProject : IDisposable
{
    public const string Fragment = """
        CONFIG_MODULES=y
        CONFIG_BUS=y
        CONFIG_DRIVER=m
        CONFIG_CPU=y
        # CONFIG_LOCALVERSION_AUTO is not set

        """;

    private readonly TemporaryFolder _folder = new();

    private FakeProject(FakeKernel kernel) => Kernel = kernel;

    public FakeKernel Kernel { get; }

    public string Folder => _folder.Path;

    /// <summary>The environment on top of this process's.</summary>
    public ImmutableDictionary<string, string> Variables { get; set; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The cache: one for all tests, unless a test wants one of its own.</summary>
    public string Cache { get; private set; } = RepositoryRoot.File("artifacts/fake-kernel/cache");

    public string this[string relative] => _folder[relative];

    /// <summary>Makes a project x.kernelproj.</summary>
    /// <param name="source">The properties of its source; null is the first commit of the fake kernel.</param>
    /// <param name="items">More items.</param>
    /// <param name="ownCache">Whether its cache is its own. The toolchain is known in it nevertheless.</param>
    /// <returns>The project.</returns>
    public static async Task<FakeProject> CreateAsync(string? source = null, string items = "", bool ownCache = false)
    {
        FakeProject project = new(await FakeKernel.GetAsync());
        if (ownCache)
            project.UseOwnCache();
        project.Write("global.json", await File.ReadAllTextAsync(RepositoryRoot.File("samples/global.json")));
        project.Write("NuGet.config", $"""
            <configuration>
              <packageSources>
                <clear />
                <add key="sdk" value="{RepositoryRoot.File("artifacts/feed")}" />
                <add key="kernels" value="{project["packages"]}" />
              </packageSources>
            </configuration>
            """);
        Directory.CreateDirectory(project["packages"]);
        project.Write("x.fragment", Fragment);
        project.WriteProject("x", source, items);
        return project;
    }

    public string GitSource(string? repository = null, string? commit = null) => $"""
        <KernelRepository>{repository ?? Kernel.Repository}</KernelRepository>
        <KernelBranch>{FakeKernel.Branch}</KernelBranch>
        <KernelCommit>{commit ?? Kernel.First}</KernelCommit>
        """;

    public string WriteProject(string name, string? source = null, string items = "", string fragment = "x.fragment") => Write($"{name}.kernelproj", $"""
        <Project Sdk="EveKernel.Sdk">
          <PropertyGroup>
            {source ?? GitSource()}
            <KernelDefconfig>allnoconfig</KernelDefconfig>
            <KernelCacheDirectory>{Cache}</KernelCacheDirectory>
            <PackageOutputPath Condition="'$(PackageOutputPath)' == '' and '$(ArtifactsPath)' == ''">packages/</PackageOutputPath>
          </PropertyGroup>
          <ItemGroup>
            <KernelConfigFragment Include="{fragment}" />
            {items}
          </ItemGroup>
        </Project>
        """);

    public string Write(string relative, string content) => _folder.Write(relative, content);

    public string WriteProgram(string relative, string content) => _folder.WriteProgram(relative, content);

    /// <summary>Writes a file and gives it the time that it had.</summary>
    /// <param name="relative">The file.</param>
    /// <param name="content">Its content.</param>
    public void EditKeepingTime(string relative, string content)
    {
        DateTime time = File.GetLastWriteTimeUtc(this[relative]);
        File.SetLastWriteTimeUtc(Write(relative, content), time);
    }

    /// <summary>Writes a series of patches that each replace a word in a file of the fake kernel.</summary>
    /// <param name="edits">File, word, and what to put in its place.</param>
    public void WriteSeries(params (string File, string Word, string New)[] edits)
    {
        for (int i = 0; i < edits.Length; i++)
            Write($"{i + 1:0000}.patch", Patch(edits[i].File, edits[i].Word, edits[i].New));
        Write("series", string.Concat(edits.Select((_, i) => $"{i + 1:0000}.patch\n")));
    }

    public string Patch(string file, string word, string replacement)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Kernel.Tree, file));
        int at = Array.FindIndex(lines, line => line.Contains(word, StringComparison.Ordinal));
        int from = Math.Max(0, at - 3);
        int to = Math.Min(lines.Length - 1, at + 3);
        IEnumerable<string> hunk = Enumerable.Range(from, to - from + 1)
            .SelectMany(i => i == at ? (string[])[$"-{lines[i]}", $"+{lines[i].Replace(word, replacement, StringComparison.Ordinal)}"] : [$" {lines[i]}"]);
        return $"""
            From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001
            From: Someone <someone@example.org>
            Date: Thu, 1 Jan 2026 00:00:00 +0000
            Subject: [PATCH] Change {file}

            A message.
            ---
            diff --git a/{file} b/{file}
            --- a/{file}
            +++ b/{file}
            @@ -{from + 1},{to - from + 1} +{from + 1},{to - from + 1} @@
            {string.Join('\n', hunk)}

            """;
    }

    public Task<CommandResult> DotnetAsync(params string[] arguments) => Dotnet.RunAsync(Folder, Variables, arguments);

    public Task<CommandResult> BuildAsync(params string[] arguments) => DotnetAsync(["build", "x.kernelproj", .. arguments]);

    /// <summary>Builds, and takes anything but success for a failed test.</summary>
    /// <param name="arguments">More arguments.</param>
    /// <returns>What the console showed.</returns>
    public async Task<string> MustBuildAsync(params string[] arguments)
    {
        CommandResult build = await BuildAsync(arguments);
        Assert.True(build.Succeeded, build.StandardOutput + build.StandardError);
        return build.StandardOutput;
    }

    /// <summary>Builds, and takes anything but a failure with a code and without a stack trace for a failed test.</summary>
    /// <param name="code">The code.</param>
    /// <param name="arguments">More arguments.</param>
    /// <returns>What the console showed.</returns>
    public async Task<string> MustFailAsync(string code, params string[] arguments) => MustFail(code, await BuildAsync(arguments));

    public static string MustFail(string code, CommandResult result)
    {
        string said = result.StandardOutput + result.StandardError;
        Assert.False(result.Succeeded, said);
        Assert.True(said.Contains($"error {code}: ", StringComparison.Ordinal), said);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", said, StringComparison.Ordinal);
        return said;
    }

    public Manifest Manifest(string output = "bin/x") => Core.Packaging.Manifest.TryRead(this[$"{output}/manifest.json"])!;

    /// <summary>What make said in the last build.</summary>
    /// <returns>The objects that were compiled, in the order of their names.</returns>
    public IReadOnlyList<string> Compiled() =>
    [
        .. File.ReadAllLines(this["bin/x/make.log"]).Where(line => line.StartsWith("  CC ", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[^1]).Order(StringComparer.Ordinal),
    ];

    /// <summary>A folder for the front of PATH with programs that log their name and then run the real ones.</summary>
    /// <param name="programs">Their names.</param>
    public void WatchPrograms(params IEnumerable<string> programs)
    {
        foreach (string program in programs)
            ReplaceProgram(program, $"echo {program} >> '{this["started"]}'\nexec REAL \"$@\"");
    }

    /// <summary>What the watched programs' log says, and empties it.</summary>
    /// <returns>The programs' names, each once.</returns>
    public ImmutableSortedSet<string> Started()
    {
        string log = this["started"];
        ImmutableSortedSet<string> names = File.Exists(log) ? [.. File.ReadAllLines(log)] : [];
        File.Delete(log);
        return names;
    }

    /// <summary>A PATH on which some programs are missing.</summary>
    /// <param name="programs">Their names.</param>
    public void HidePrograms(params string[] programs)
    {
        Directory.CreateDirectory(this["path"]);
        foreach (string folder in Environment.GetEnvironmentVariable("PATH")!.Split(':').Where(Directory.Exists))
        {
            foreach (string program in Directory.EnumerateFiles(folder).Where(path => !programs.Contains(Path.GetFileName(path))))
            {
                if (!File.Exists(this[$"path/{Path.GetFileName(program)}"]))
                    File.CreateSymbolicLink(this[$"path/{Path.GetFileName(program)}"], program);
            }
        }

        Variables = Variables.SetItem("PATH", this["path"]);
    }

    /// <summary>A program of the test's own at the front of PATH.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="script">The shell script; REAL stands for the real one.</param>
    public void ReplaceProgram(string name, string script)
    {
        string real = ExecutableSearch.Find(name);
        WriteProgram($"shims/{name}", "#!/bin/sh\n" + script.Replace("REAL", real, StringComparison.Ordinal) + "\n");
        Variables = Variables.SetItem("PATH", $"{this["shims"]}:{Environment.GetEnvironmentVariable("PATH")}");
    }

    /// <summary>Builds where something else is mounted: in a mount namespace of its own, for which nobody need be root.</summary>
    /// <param name="mount">The commands that mount.</param>
    /// <param name="after">What to run when the build has ended, before its mounts are gone.</param>
    /// <returns>What came of it.</returns>
    public Task<CommandResult> BuildWithMountsAsync(string mount, string after = "true")
    {
        string script = $"set -e; {mount}; status=0; dotnet build x.kernelproj -tl:off -nodeReuse:false || status=$?; {after}; exit $status";
        Command command = new("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script) { WorkingDirectory = Folder, Environment = Dotnet.Variables };
        return ProcessRunner.RunAsync(command, CancellationToken.None);
    }

    public void Dispose()
    {
        foreach (string folder in Directory.EnumerateDirectories(Folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _folder.Dispose();
    }

    private void UseOwnCache()
    {
        string known = Path.Combine(Cache, "toolchain.json");
        Cache = this["cache"];
        if (File.Exists(known))
            Write("cache/toolchain.json", File.ReadAllText(known));
    }
}

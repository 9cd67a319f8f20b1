using System.Diagnostics;
using System.Text;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>dotnet watch on a kernel.</summary>
public sealed class WatchTests
{
    private const string Waiting = "Waiting for a file to change";

    private const string Items = """<KernelPatchSeries Include="series" /><KernelGate Include="drivers/driver" />""";

    [Fact]
    public async Task A_source_that_is_saved_is_made_again_and_so_is_a_patch()
    {
        using FakeProject project = await CreateAsync();
        await project.MustBuildAsync("-t:KernelEdit");
        await WatchAsync(project, ["build", "--property:KernelEdited=true", "-tl:off"], async until =>
        {
            await until(Waiting);
            Assert.NotNull(project.Manifest("bin/x/edited"));
            foreach (string file in (string[])["drivers/driver/core.c", "bus/probe.c"])
            {
                // The gate's directory, and a file that a patch has.
                await File.AppendAllTextAsync(project[$"obj/x/edit/{file}"], "/* saved */\n");
                await until(Waiting);
                string log = await File.ReadAllTextAsync(project["bin/x/edited/make.log"]);
                Assert.Contains($"  {file[..^1]}o", log, StringComparison.Ordinal);
                Assert.DoesNotContain("lib/add.o", log, StringComparison.Ordinal);
            }
        });

        await WatchAsync(project, ["build", "-tl:off"], async until =>
        {
            await until(Waiting);
            string before = project.Manifest().Key;
            project.WriteSeries(("bus/probe.c", "value +", "2 * value +"));
            await until(Waiting);
            Assert.NotEqual(before, project.Manifest().Key);
        });
    }

    [Fact]
    public async Task It_lists_what_a_kernel_is_made_from_and_no_more_than_can_be_watched()
    {
        using FakeProject project = await CreateAsync();
        string pinned = await ListAsync(project);
        Assert.Equal(["0001.patch", "series", "x.fragment", "x.kernelproj"], Names(project.Folder, pinned));

        Assert.Contains("EVK2101", await ListAsync(project, "--property:KernelEdited=true"), StringComparison.Ordinal);
        await project.MustBuildAsync("-t:KernelEdit");
        project.Write("obj/x/edit/drivers/driver/.core.c.swp", "");
        project.Write("obj/x/edit/init/main.c", "/* changed */\n");
        string edited = await ListAsync(project, "--property:KernelEdited=true", "--property:KernelWatch=lib");
        Assert.Equal(
            ["bus/probe.c", "drivers/driver/Makefile", "drivers/driver/core.c", "drivers/driver/device.c", "init/main.c", "lib/Makefile", "lib/add.c"],
            Names(project["obj/x/edit"], edited));

        Assert.Contains("EVK4012", await ListAsync(project, "--property:KernelEdited=true", "--property:KernelWatch=no/such"), StringComparison.Ordinal);
        int allowed = int.Parse(await File.ReadAllTextAsync("/proc/sys/fs/inotify/max_user_instances"), System.Globalization.CultureInfo.InvariantCulture);
        for (int i = 0; i < allowed; i++)
            project.Write($"obj/x/edit/many/{i}/a.c", "");
        Assert.Contains("EVK9012", await ListAsync(project, "--property:KernelEdited=true", "--property:KernelWatch=many"), StringComparison.Ordinal);
        project.Variables = project.Variables.SetItem("DOTNET_USE_POLLING_FILE_WATCHER", "1");
        Assert.Contains($"many/{allowed - 1}/a.c", await ListAsync(project, "--property:KernelEdited=true", "--property:KernelWatch=many"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_command_it_says_what_to_type()
    {
        using FakeProject project = await CreateAsync();
        await WatchAsync(project, [], until => until("error EVK9011: "));
    }

    [Fact]
    public async Task A_program_that_refers_to_a_kernel_is_watched_as_any()
    {
        using FakeProject project = await CreateAsync();
        project.Write("program/program.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType></PropertyGroup>
              <ItemGroup>
                <PackageReference Include="EveKernel.Sdk" Version="{(await File.ReadAllTextAsync(RepositoryRoot.File("artifacts/sdk-version"))).Trim()}" />
                <ProjectReference Include="../x.kernelproj" />
              </ItemGroup>
            </Project>
            """);
        project.Write("program/program.cs", """System.Console.WriteLine("It runs.");""");
        await WatchAsync(project, ["--project", "program/program.csproj", "--framework", "net10.0"], until => until("It runs."));
        Assert.NotNull(project.Manifest());
    }

    private static async Task<FakeProject> CreateAsync()
    {
        FakeProject project = await FakeProject.CreateAsync(items: Items);
        project.WriteSeries(("bus/probe.c", "value +", "value -"));
        return project;
    }

    private static async Task<string> ListAsync(FakeProject project, params string[] arguments)
    {
        CommandResult result = await project.DotnetAsync(["watch", "--non-interactive", "--list", "build", .. arguments]);
        return result.StandardOutput + result.StandardError;
    }

    private static IEnumerable<string> Names(string folder, string listed) => listed.Split('\n').Select(line => line.Trim())
        .Where(line => line.StartsWith(folder + "/", StringComparison.Ordinal) && !line.Contains(' ', StringComparison.Ordinal))
        .Select(line => line[(folder.Length + 1)..]).Order(StringComparer.Ordinal);

    // Runs it in a session of its own, and ends that.
    private static async Task WatchAsync(FakeProject project, string[] arguments, Func<Func<string, Task>, Task> act)
    {
        ProcessStartInfo start = new("setsid", ["sh", "-c", "exec dotnet watch --non-interactive \"$@\" 2>&1", "sh", .. arguments])
        {
            WorkingDirectory = project.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in Dotnet.Variables.SetItem("MSBUILDDISABLENODEREUSE", "1"))
            start.Environment[name] = value;
        using Process watch = Process.Start(start)!;
        StringBuilder said = new();
        // Only to stop a hang.
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(5));
        try
        {
            await act(UntilAsync);
        }
        finally
        {
            watch.Kill(entireProcessTree: true);
            await watch.WaitForExitAsync();
        }

        async Task UntilAsync(string words)
        {
            try
            {
                while (await watch.StandardOutput.ReadLineAsync(limit.Token) is { } line)
                {
                    said.AppendLine(line);
                    if (line.Contains(words, StringComparison.Ordinal))
                        return;
                }
            }
            catch (OperationCanceledException)
            {
                // Told below.
            }

            Assert.Fail($"'{words}' did not come: {said}");
        }
    }
}

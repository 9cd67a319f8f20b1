using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>What changes the key and what does not, on a project of its own. Nothing is checked out or compiled.</summary>
[Collection("kernel trees")]
public sealed class KeyTests : IDisposable
{
    private const string Patch = """
        From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001
        From: Someone <someone@example.org>
        Date: Thu, 1 Jan 2026 00:00:00 +0000
        Subject: [PATCH] Say something

        The message.
        ---
        diff --git a/said b/said
        new file mode 100644
        --- /dev/null
        +++ b/said
        @@ -0,0 +1 @@
        +something

        """;

    private readonly TemporaryFolder _folder = new();

    public KeyTests()
    {
        _folder.Write("global.json", File.ReadAllText(RepositoryRoot.File("samples/global.json")));
        _folder.Write("NuGet.config", $"""<configuration><packageSources><add key="sdk" value="{RepositoryRoot.File("artifacts/feed")}" /></packageSources></configuration>""");
        _folder.Write("x.fragment", "CONFIG_PRINTK=y\n");
        _folder.Write("series", "0001.patch\n");
        _folder.Write("0001.patch", Patch);
        _folder.Write("x.kernelproj", $"""
            <Project Sdk="EveKernel.Sdk">
              <Import Project="{RepositoryRoot.File("samples/passthrough-v6.12.props")}" />
              <PropertyGroup>
                <KernelDefconfig>allnoconfig</KernelDefconfig>
              </PropertyGroup>
              <ItemGroup>
                <KernelConfigFragment Include="x.fragment" />
                <KernelPatchSeries Include="series" />
                <KernelCheck Include="$(TestedCheck)" />
              </ItemGroup>
            </Project>
            """);
    }

    [Fact]
    public async Task What_can_change_a_byte_changes_the_key_and_the_rest_does_not()
    {
        string key = await KeyAsync();
        Assert.Matches("^[0-9a-f]{64}$", key);

        EditKeepingTime("0001.patch", Patch.Replace("The message.", "Another message.", StringComparison.Ordinal));
        Assert.Equal(key, await KeyAsync());
        Assert.Equal(key, await KeyAsync("-p:KernelBranch=another"));
        Assert.Equal(key, await KeyAsync("-p:Configuration=Release"));

        Assert.NotEqual(key, await KeyAsync("-p:KernelRevision=1"));
        Assert.NotEqual(key, await KeyAsync("-p:KernelWarnings=1"));
        Assert.NotEqual(key, await KeyAsync("-p:KernelDefconfig=tinyconfig"));
        EditKeepingTime("0001.patch", Patch.Replace("+something", "+otherwise", StringComparison.Ordinal));
        Assert.NotEqual(key, await KeyAsync());
        EditKeepingTime("0001.patch", Patch);
        EditKeepingTime("x.fragment", "CONFIG_PRINTK=n\n");
        Assert.NotEqual(key, await KeyAsync());
    }

    [Fact]
    public async Task The_SDK_built_in_two_folders_gives_one_key_which_its_comments_do_not_change_but_its_code_does()
    {
        string first = await BuildTasksAsync("one");
        string second = await BuildTasksAsync("another/folder");
        Assert.Equal(await File.ReadAllBytesAsync(Core(first)), await File.ReadAllBytesAsync(Core(second)));
        string key = await KeyAsync($"-p:_KernelTasksAssembly={first}");
        Assert.Equal(key, await KeyAsync());
        Assert.Equal(key, await KeyAsync($"-p:_KernelTasksAssembly={second}"));

        const string stager = "one/src/Core/Packaging/Stager.cs";
        string code = await File.ReadAllTextAsync(_folder[stager]);
        _folder.Write(stager, "// Words.\n" + code);
        Assert.Equal(key, await KeyAsync($"-p:_KernelTasksAssembly={await BuildTasksAsync("one", copy: false)}"));
        _folder.Write(stager, code.Replace("\"644\"", "\"600\"", StringComparison.Ordinal));
        Assert.NotEqual(key, await KeyAsync($"-p:_KernelTasksAssembly={await BuildTasksAsync("one", copy: false)}"));

        static string Core(string tasks) => Path.Combine(Path.GetDirectoryName(tasks)!, "EveKernel.Core.dll");
    }

    [Fact]
    public async Task Evaluation_alone_leaves_the_key_empty()
    {
        CommandResult result = await Dotnet.RunAsync(_folder.Path, "msbuild", _folder["x.kernelproj"], "-getProperty:KernelKey");
        Assert.Equal("", result.StandardOutput.Trim());
    }

    [Theory]
    [InlineData("EVK5002", "-p:KernelDefconfig=")]
    [InlineData("EVK5002", "-p:KernelRevision=one")]
    [InlineData("EVK5002", "-p:KernelPatchAlreadyApplied=perhaps")]
    [InlineData("EVK5002", "-p:KernelArchive=x.tar")]
    [InlineData("EVK9005", "-p:KernelArch=vax")]
    [InlineData("EVK5002", "-p:KernelCompiler=no-such-compiler")]
    [InlineData("EVK9001", "-p:KernelCrossCompile=no-such-prefix-")]
    [InlineData("EVK5003", "-t:Publish")]
    [InlineData("EVK6001", "-t:VSTest")]
    [InlineData("EVK6002", "-t:VSTest", "-p:TestedCheck=disabled-barr")]
    [InlineData("EVK6004", "-t:VSTest", "-p:TestedCheck=disabled-bar", "-p:_KernelQemu=")]
    [InlineData("EVK9001", "-t:VSTest", "-p:TestedCheck=disabled-bar", "-p:_KernelQemu=no-such-qemu")]
    public async Task A_project_that_cannot_be_built_says_so_with_a_code(string code, params string[] arguments)
    {
        // Publish and VSTest come to their error before anything is compiled only when the build is left out.
        string[] target = arguments[0].StartsWith("-t:", StringComparison.Ordinal) ? [] : ["-t:KernelKey"];
        CommandResult result = await Dotnet.RunAsync(
            _folder.Path, ["msbuild", _folder["x.kernelproj"], .. target, .. arguments, "-p:BuildDependsOn=", "-nodeReuse:false"]);
        Assert.False(result.Succeeded);
        Assert.Contains($"error {code}: ", result.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.StandardOutput, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<string> BuildTasksAsync(string folder, bool copy = true)
    {
        string[] names = ["Directory.Build.props", "Directory.Packages.props", ".editorconfig"];
        IEnumerable<string> sources = names.Concat(Directory.EnumerateFiles(RepositoryRoot.File("src"), "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(RepositoryRoot.Folder, path))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj")));
        foreach (string name in copy ? sources : [])
            _folder.Write($"{folder}/{name}", await File.ReadAllTextAsync(RepositoryRoot.File(name)));
        CommandResult build = await Dotnet.RunAsync(_folder[folder], "build", "src/Tasks/EveKernel.Tasks.csproj", "-c", "Release");
        Assert.True(build.Succeeded, build.StandardOutput);
        return _folder[$"{folder}/src/Tasks/bin/Release/net10.0/EveKernel.Tasks.dll"];
    }

    private void EditKeepingTime(string name, string content)
    {
        DateTime time = File.GetLastWriteTimeUtc(_folder[name]);
        File.SetLastWriteTimeUtc(_folder.Write(name, content), time);
    }

    private async Task<string> KeyAsync(params string[] arguments)
    {
        CommandResult result = await Dotnet.RunAsync(_folder.Path, ["msbuild", _folder["x.kernelproj"], "-t:KernelKey", "-getProperty:KernelKey", .. arguments]);
        Assert.True(result.Succeeded, result.StandardOutput + result.StandardError);
        return result.StandardOutput.Trim();
    }
}

using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Signed kernels, from the builder to a project that takes only those of a key. The keys are made here, by the programs that use them.</summary>
public sealed class SignatureTests
{
    [Theory]
    [InlineData("minisign", ".minisig", "trusted.pub", "other.pub")]
    [InlineData("gpg", ".asc", "trusted.gpg", "other.gpg")]
    [InlineData("ssh", ".sig", "trusted", "other")]
    public async Task What_a_key_has_signed_is_taken_and_what_is_altered_or_of_another_key_is_not(string tool, string suffix, string trusted, string other)
    {
        using FakeProject project = await FakeProject.CreateAsync();
        string key = await MakeKeysAsync(project, tool);
        string[] signing = [$"-p:KernelSign={tool}", $"-p:KernelSignKey={key}"];
        await project.MustBuildAsync(signing);
        string signature = Provenance.FileName + suffix;
        Assert.True(File.Exists(project[$"bin/x/{signature}"]));
        // A signature is no input.
        Assert.Equal(await KeyAsync(project), project.Manifest().Key);
        Assert.Contains("nothing changed", await project.MustBuildAsync(signing), StringComparison.Ordinal);

        WriteConsumer(project);
        await ConsumeAsync(project, "-p:KernelTrust=" + trusted);
        await FailAsync(project, "EVK5133", "-p:KernelTrust=" + other);
        await FailAsync(project, "EVK5135", "-p:KernelTrust=nowhere.pub");
        await FailAsync(project, "EVK5135", "-p:KernelTrust=armored.asc");
        File.Copy(project[trusted], Path.Combine(Directory.CreateDirectory(project["who's $(keys) are"]).FullName, trusted));
        await ConsumeAsync(project, $"-p:KernelTrust=who's %24(keys) are/{trusted}");

        string folder = Path.Combine(project["restored"], "evekernel.amd64.generic", project.Manifest().PackageVersion, "kernel");
        foreach ((string file, string code) in ((string, string)[])[("kernel", "EVK5134"), ("manifest.json", "EVK5134"), (Provenance.FileName, "EVK5133"), (signature, "EVK5133")])
        {
            byte[] bytes = await File.ReadAllBytesAsync(Path.Combine(folder, file));
            byte[] altered = [.. bytes];
            altered[bytes.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(Path.Combine(folder, file), altered);
            await FailAsync(project, code, "-p:KernelTrust=" + trusted);
            await File.WriteAllBytesAsync(Path.Combine(folder, file), bytes);
        }

        File.Move(Path.Combine(folder, "config"), Path.Combine(folder, "config.moved"));
        await FailAsync(project, "EVK5134", "-p:KernelTrust=" + trusted);
        File.Delete(Path.Combine(folder, "config.moved"));
        await FailAsync(project, "EVK5134", "-p:KernelTrust=" + trusted);
        File.Delete(Path.Combine(folder, signature));
        await FailAsync(project, "EVK5132", "-p:KernelTrust=" + trusted);
    }

    [Fact]
    [Trait("Tier", "fast")]
    public async Task A_result_that_stands_unsigned_is_signed_and_packed_without_being_made_again()
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        string key = await MakeKeysAsync(project, "minisign");
        await project.MustBuildAsync("-p:KernelCacheMode=use");
        string manifest = await File.ReadAllTextAsync(project["bin/x/manifest.json"]);
        WriteConsumer(project);
        await FailAsync(project, "EVK5132", "-p:KernelTrust=trusted.pub");
        Directory.Delete(project["restored"], recursive: true);

        string[] signing = ["-p:KernelCacheMode=use", "-p:KernelSign=minisign", $"-p:KernelSignKey={key}"];
        Assert.Contains("nothing built", await project.MustBuildAsync(signing), StringComparison.Ordinal);
        Assert.Equal(manifest, await File.ReadAllTextAsync(project["bin/x/manifest.json"]));
        await ConsumeAsync(project, "-p:KernelTrust=trusted.pub");

        // Whoever gets it from a feed gets the signature too.
        Directory.CreateDirectory(project["feed"]);
        await project.MustBuildAsync(["-t:KernelPush", $"-p:KernelPushSource={project["feed"]}", .. signing]);
        foreach (string left in ((string[])["bin", "obj", "packages", "cache/results"]).Where(left => Directory.Exists(project[left])))
            Directory.Delete(project[left], recursive: true);
        Directory.CreateDirectory(project["packages"]);
        Assert.Contains("nothing built", await project.MustBuildAsync("-p:KernelCacheMode=use", $"-p:KernelFeeds={project["feed"]}"), StringComparison.Ordinal);
        Assert.True(File.Exists(project["bin/x/provenance.json.minisig"]));
    }

    [Theory]
    [InlineData("minisign", "trusted.key", "other.key", "other.pub")]
    [InlineData("gpg", "trusted@example.org", "other@example.org", "other.gpg")]
    [InlineData("ssh", "trusted.key", "other.key", "other")]
    public async Task What_another_key_has_signed_is_signed_anew_and_whoever_has_no_key_leaves_it(string tool, string first, string second, string trusted)
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        await MakeKeysAsync(project, tool);
        string[] signing = ["-p:KernelCacheMode=use", $"-p:KernelSign={tool}"];
        await project.MustBuildAsync([.. signing, $"-p:KernelSignKey={first}"]);
        string manifest = await File.ReadAllTextAsync(project["bin/x/manifest.json"]);

        Assert.Contains("nothing built", await project.MustBuildAsync([.. signing, $"-p:KernelSignKey={second}"]), StringComparison.Ordinal);
        Assert.Equal(manifest, await File.ReadAllTextAsync(project["bin/x/manifest.json"]));
        Assert.Contains("nothing changed", await project.MustBuildAsync([.. signing, $"-p:KernelSignKey={second}"]), StringComparison.Ordinal);
        Assert.Contains("nothing changed", await project.MustBuildAsync(signing), StringComparison.Ordinal);
        WriteConsumer(project);
        await ConsumeAsync(project, "-p:KernelTrust=" + trusted);
    }

    [Fact]
    public async Task An_earlier_kernel_in_place_of_the_one_that_is_named_is_refused_though_it_is_signed()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        string key = await MakeKeysAsync(project, "minisign");
        List<string> folders = [];
        foreach (string revision in (string[])["0", "1"])
        {
            await project.MustBuildAsync("-p:KernelSign=minisign", $"-p:KernelSignKey={key}", $"-p:KernelRevision={revision}");
            WriteConsumer(project);
            await ConsumeAsync(project, "-p:KernelTrust=trusted.pub");
            folders.Add(Path.Combine(project["restored"], "evekernel.amd64.generic", project.Manifest().PackageVersion, "kernel"));
        }

        Directory.Delete(folders[1], recursive: true);
        Directory.Move(folders[0], folders[1]);
        await FailAsync(project, "EVK5134", "-p:KernelTrust=trusted.pub");
    }

    [Fact]
    public async Task The_rebuild_check_of_a_signed_kernel_finds_the_same_package()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        string key = await MakeKeysAsync(project, "gpg");
        await project.MustBuildAsync("-t:KernelRebuildCheck", "-p:KernelSign=gpg", $"-p:KernelSignKey={key}");
    }

    [Fact]
    public async Task What_cannot_be_signed_is_an_error_and_nothing_unsigned_is_packed()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        Assert.Contains("minisign, gpg, ssh", await project.MustFailAsync("EVK5130", "-p:KernelSign=pgp"), StringComparison.Ordinal);
        await project.MustFailAsync("EVK5130", "-p:KernelSign=minisign");
        string said = await project.MustFailAsync("EVK5131", "-p:KernelSign=minisign", "-p:KernelSignKey=nowhere.key");
        Assert.Contains("nowhere.key", said, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(project["packages"]));
    }

    // Two keys, of which the second signs nothing; each public half in the form that KernelTrust takes.
    private static async Task<string> MakeKeysAsync(FakeProject project, string tool)
    {
        string script = tool switch
        {
            "minisign" => "for n in trusted other; do minisign -G -W -f -p $n.pub -s $n.key; done",
            "gpg" => "export GNUPGHOME=$PWD/gnupg; mkdir -m 700 gnupg; for n in trusted other; do gpg --batch --passphrase '' --quick-generate-key $n@example.org ed25519 sign never; gpg --export $n@example.org > $n.gpg; done",
            _ => "for n in trusted other; do ssh-keygen -q -t ed25519 -N '' -f $n.key; echo \"$n@example.org $(cat $n.key.pub)\" > $n; done",
        };
        CommandResult made = await ProcessRunner.RunAsync(new Command("sh", "-ec", script) { WorkingDirectory = project.Folder }, CancellationToken.None);
        Assert.True(made.Succeeded, made.StandardError);
        if (tool == "gpg")
            project.Variables = project.Variables.SetItem("GNUPGHOME", project["gnupg"]);
        return tool == "gpg" ? "trusted@example.org" : "trusted.key";
    }

    private static async Task<string> KeyAsync(FakeProject project) =>
        (await project.DotnetAsync("msbuild", "x.kernelproj", "-t:KernelKey", "-getProperty:KernelKey")).StandardOutput.Trim();

    private static void WriteConsumer(FakeProject project)
    {
        Manifest kernel = project.Manifest();
        project.Write("c.cs", "public static class C;\n");
        project.Write("c.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><EnableDefaultItems>false</EnableDefaultItems></PropertyGroup>
              <ItemGroup>
                <Compile Include="c.cs" />
                <PackageReference Include="{kernel.PackageId}" Version="[{kernel.PackageVersion}]" />
              </ItemGroup>
            </Project>
            """);
    }

    private static Task<CommandResult> BuildConsumerAsync(FakeProject project, string trust) =>
        project.DotnetAsync("build", "c.csproj", $"-p:RestorePackagesPath={project["restored"]}", $"-p:BaseIntermediateOutputPath={project["c-obj/"]}", "-p:OutputPath=c-bin/", trust);

    private static async Task ConsumeAsync(FakeProject project, string trust)
    {
        CommandResult build = await BuildConsumerAsync(project, trust);
        Assert.True(build.Succeeded, build.StandardOutput);
    }

    private static async Task FailAsync(FakeProject project, string code, string trust) => FakeProject.MustFail(code, await BuildConsumerAsync(project, trust));
}

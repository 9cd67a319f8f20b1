#:project ../src/Core/EveKernel.Core.csproj
#:property PublishAot=false
#:property EnforceCodeStyleInBuild=false
// import-source ARCHIVE SHA256 REPOSITORY PROPS: makes an ordinary bare repository of a distribution's kernel tarball, with a branch named as EVE's are, and
// writes the pin into a props file. The commit's id is the same wherever this runs.
using System.Collections;
using System.Collections.Immutable;
using EveKernel.Core.Source;

(string archive, string sha256, string repository, string props) = (args[0], args[1], args[2], args[3]);
ImmutableDictionary<string, string> environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
    .ToImmutableDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
GitCli git = new(environment);
await git.InitializeStoreAsync(repository, CancellationToken.None);
CommitInfo commit = await new ArchiveImporter(environment).ImportAsync(repository, archive, $"refs/archives/{sha256}", sha256, CancellationToken.None);

byte[] makefile = (await git.ReadFileAsync(repository, commit.Id, "Makefile", CancellationToken.None))!;
string branch = $"eve-kernel-amd64-v{KernelMakefile.ReadVersion(makefile)}-generic";
await git.UpdateRefAsync(repository, $"refs/heads/{branch}", commit.Id, CancellationToken.None);

File.WriteAllText(props, $"""
    <Project>
      <!-- Written by build.sh from the distribution's tarball, sha256 {sha256}. -->
      <PropertyGroup>
        <KernelRepository>$([MSBuild]::NormalizePath($(MSBuildThisFileDirectory), '{Path.GetRelativePath(Path.GetDirectoryName(props)!, repository)}'))</KernelRepository>
        <KernelBranch>{branch}</KernelBranch>
        <KernelCommit>{commit.Id}</KernelCommit>
      </PropertyGroup>
    </Project>

    """);
Console.WriteLine($"{branch} is {commit.Id}");

using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Builds samples/passthrough-v6.12 once for all tests that look at it.</summary>
public sealed class PassthroughSample : IAsyncLifetime
{
    public string Folder { get; } = RepositoryRoot.File("samples/passthrough-v6.12");

    public string Project => Path.Combine(Folder, "passthrough-v6.12.kernelproj");

    public string Output => Path.Combine(Folder, "bin", "passthrough-v6.12");

    public string Package => RepositoryRoot.File($"artifacts/packages/{Manifest.PackageId}.{Manifest.PackageVersion}.nupkg");

    public CommandResult FirstBuild { get; private set; } = null!;

    public Manifest Manifest { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(RepositoryRoot.File("artifacts/packages"));
        FirstBuild = await Dotnet.RunAsync(Folder, "build", Project);
        Assert.True(FirstBuild.Succeeded, FirstBuild.StandardOutput);
        Manifest = Manifest.TryRead(Path.Combine(Output, "manifest.json"))!;
    }

    public Task DisposeAsync() => Task.CompletedTask;
}

using EveKernel.Core.Packaging;

namespace EveKernel.Tests;

/// <summary>Every kind of source, by whole builds of the fake kernel.</summary>
public sealed class SourceTests
{
    [Fact]
    public async Task A_commit_of_a_repository_is_built()
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelGate Include="bus;shared" />""", ownCache: true);
        await project.MustBuildAsync();
        Manifest manifest = project.Manifest();
        Assert.Equal(project.Kernel.First, manifest.SourceCommit);
        Assert.False(manifest.Dirty);
        Assert.Equal(["System.map", "config", "kernel", "kernel.tar"], manifest.Files.Select(file => file.Path));
        Assert.Equal($"{manifest.KernelVersion}-{project.Kernel.First[..12]}", manifest.KernelRelease);
    }
}

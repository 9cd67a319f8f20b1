using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Verification;

namespace EveKernel.Tests.Verification;

public sealed class BaseKernelTests : IDisposable
{
    private readonly ProofProject _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public async Task The_base_is_made_of_what_differs_only_and_the_patched_objects_stay_fresh()
    {
        await _project.BuildAsync();
        DateTime time = File.GetLastWriteTimeUtc(_project["obj/tree/a.c"]);

        BaseKernelRecord built = await _project.BuildBaseAsync();
        Assert.Equal("base\nboth\n", await File.ReadAllTextAsync(_project["obj/base/kernel"]));
        Assert.Equal(Consoles.BaseRelease, built.Release);
        Assert.Equal(["a.c"], Compiled("obj/base/make.log"));

        Assert.Equal("patched\n", _project.ReadTree("a.c"));
        Assert.Equal(time, File.GetLastWriteTimeUtc(_project["obj/tree/a.c"]));
        File.Delete(_project.Plan.LogFile);
        await _project.BuildAsync();
        Assert.Empty(Compiled("bin/make.log"));
        Assert.Equal("patched\nboth\n", await File.ReadAllTextAsync(_project["bin/kernel"]));
    }

    [Fact]
    public async Task The_base_of_another_series_is_the_same_and_is_not_made_again()
    {
        await _project.BuildAsync();
        BaseKernelRecord built = await _project.BuildBaseAsync();
        File.Delete(_project["obj/base/make.log"]);
        _project.Plan = _project.Plan with { KeyText = _project.Plan.KeyText.Replace("abc", "def", StringComparison.Ordinal), Key = new string('b', 64) };
        Assert.Equal(built, await _project.BuildBaseAsync());
        Assert.False(File.Exists(_project["obj/base/make.log"]));

        // Another configuration's is another, and one whose bytes have changed is none.
        Assert.Null(BaseKernel.TryRead(_project.Plan with { KeyText = _project.Plan.KeyText + "fragment 1\n" }));
        File.AppendAllText(_project["obj/base/kernel"], "x");
        Assert.Null(BaseKernel.TryRead(_project.Plan));
    }

    [Fact]
    public async Task A_base_whose_make_fails_leaves_the_tree_as_it_was()
    {
        await _project.BuildAsync();
        DateTime time = File.GetLastWriteTimeUtc(_project["obj/tree/a.c"]);
        _project.Plan = _project.Plan with { ImageTarget = "no-such-target" };
        await Assert.ThrowsAsync<KernelException>(_project.BuildBaseAsync);
        Assert.Equal(("patched\n", time), (_project.ReadTree("a.c"), File.GetLastWriteTimeUtc(_project["obj/tree/a.c"])));
        Assert.Null(BaseKernel.TryRead(_project.Plan));
    }

    [Fact]
    public async Task A_tree_that_a_killed_proof_left_at_the_base_is_compiled_anew()
    {
        await _project.BuildAsync();
        // As a kill in the midst leaves it: the base's file, older than the objects.
        File.WriteAllText(_project["obj/tree/a.c"], "base\n");
        File.SetLastWriteTimeUtc(_project["obj/tree/a.c"], DateTime.UtcNow.AddDays(-1));
        await _project.BuildBaseAsync();
        Assert.Equal("base\nboth\n", await File.ReadAllTextAsync(_project["obj/base/kernel"]));
        await _project.BuildAsync();
        Assert.Equal("patched\nboth\n", await File.ReadAllTextAsync(_project["bin/kernel"]));
    }

    [Fact]
    public async Task Without_objects_the_base_is_made_from_the_packed_configuration()
    {
        await _project.BuildAsync();
        Directory.Delete(_project["obj"], recursive: true);
        await _project.BuildBaseAsync();
        Assert.Equal("base\nboth\n", await File.ReadAllTextAsync(_project["obj/base/kernel"]));
        Assert.Equal(["a.c", "b.c"], Compiled("obj/base/make.log").Order());
    }

    [Theory]
    [InlineData("no series")]
    [InlineData("directories")]
    [InlineData("an applied series")]
    public async Task Two_kernels_that_are_the_same_prove_nothing(string what)
    {
        using ProofProject project = new(what == "an applied series" ? "patched\n" : "base\n");
        await project.BuildAsync();
        project.Plan = what switch
        {
            "no series" => project.Plan with { Series = [] },
            "directories" => project.Plan with { Directories = ["drivers/vfio/pci"] },
            _ => project.Plan,
        };
        Assert.Equal(ErrorCodes.NothingToCompare, (await Assert.ThrowsAsync<KernelException>(project.BuildBaseAsync)).Code);
    }

    [Fact]
    public void The_bases_key_is_that_of_a_project_without_a_series() => Assert.Equal(
        new BuildKey().Add("source-commit", "1").Add("make", "ARCH=x86_64").Value,
        BaseKernel.KeyOf(new BuildKey().Add("source-commit", "1").Add("patch/p1", "abc").Add("patch/p0", "def").Add("make", "ARCH=x86_64").Text));

    private IEnumerable<string> Compiled(string log) => File.ReadLines(_project[log])
        .Where(line => line.StartsWith("compiled ", StringComparison.Ordinal))
        .Select(line => line.Split(' ')[1]);
}

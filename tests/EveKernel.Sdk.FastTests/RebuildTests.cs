using System.Collections.Immutable;
using EveKernel.Core.Processes;
using EveKernel.Core.Rebuild;

namespace EveKernel.Tests;

/// <summary>The rebuild check on the small kernel: clean, and with each leak planted.</summary>
public sealed class RebuildTests
{
    /// <summary>What is planted in an object each, as the text of a header that bus/Makefile has made; and what the check has to say of it.</summary>
    private static readonly ImmutableArray<(string Name, string Command, Leak Leak)> Planted =
    [
        ("date", "date", Leak.TimeStamp),
        ("seconds", "date +%s", Leak.TimeStamp),
        ("folder", "echo $(CURDIR)/here", Leak.Path),
        ("source", "cd $(srctree) && pwd", Leak.Path),
        ("home", "echo $$HOME", Leak.Path),
        ("user", "id -un", Leak.User),
        ("host", "uname -n", Leak.Host),
        ("kernel", "uname -r", Leak.HostKernel),
        ("random", "od -An -N16 -tx1 /dev/urandom | tr -d ' \\n'", Leak.RandomKey),
        ("files", "ls -U $(srctree)/bus | tr '\\n' ' '", Leak.Ordering),
        ("umask", "umask", Leak.Mode),
        ("jobs", "echo x $(filter -j%,$(MAKEFLAGS)) x", Leak.Jobs),
        ("counter", "n=$$(cat COUNTER) && echo $$((n + 1)) > COUNTER && echo \"#$$n SMP\"", Leak.VersionCounter),
    ];

    [Fact]
    [Trait("Tier", "fast")]
    public async Task A_clean_kernel_is_the_same_with_everything_varied_that_this_host_can_vary()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        string said = await project.MustBuildAsync("-t:KernelRebuildCheck", "-p:KernelRebuildCheckRequire=possible");
        RebuildReport report = RebuildReport.Read(project["bin/x/rebuild.json"]);
        Assert.True(report.Same);
        Assert.Equal(project.Manifest().Key, report.Key);
        Assert.Equal(
            ["System.map", "config", "kernel", "kernel.tar", "sbom.spdx.json", "manifest.json", "provenance.json", "key.txt", Path.GetFileName(Assert.Single(Directory.EnumerateFiles(project["packages"])))],
            report.Compared.AsEnumerable());
        Assert.Equal(14, report.Variations.Length);
        Assert.All(report.Variations, variation => Assert.Equal(variation.Varied, variation.Because is null));
        // What needs nothing of the host.
        Assert.All(
            ["folder", "clock", "time zone", "umask", "jobs", "environment", "home", "temporary folder"],
            name => Assert.True(report.Variations.Single(variation => variation.Name == name).Varied, name));
        Assert.Matches(@"clock\s+yes\s+20\d\d-\d\d-\d\d [0-9:]+ -> 20\d\d-", said);
        Assert.Contains("9 files compared, all the same, byte for byte", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(project["obj/x/rebuild/disk"]));
        // It stands beside the result and is no part of it: nothing has to be built again.
        Assert.Contains("nothing changed", await project.MustBuildAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_planted_leak_is_found_and_named_and_every_other_object_is_the_same()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        Plant(project, Planted);
        project.WriteProject("x", $"<KernelSourceDirectory>{project["tree"]}</KernelSourceDirectory>", """<KernelDirectory Include="bus" />""");
        string said = await project.MustFailAsync("EVK6101", "-t:KernelRebuildCheck");
        RebuildReport report = RebuildReport.Read(project["bin/x/rebuild.json"]);
        Assert.False(report.Same);
        bool reordered = report.Variations.Single(variation => variation.Name == "order of files").Varied;
        (string, Leak)[] expected =
        [
            .. Planted.Where(leak => reordered || leak.Leak != Leak.Ordering).Select(leak => ($"objects/bus/leak-{leak.Name}.o", leak.Leak)).Order(),
        ];
        Assert.Equal(expected, report.Differences.Select(difference => (difference.File, difference.Leak)).Order());
        foreach (Difference difference in report.Differences)
        {
            string header = difference.File["objects/".Length..^2] + ".h";
            Assert.Contains($"{project[$"bin/x/{difference.File}"]} : error EVK6101: {difference.File} is not the same in a second build: section .rodata", said, StringComparison.Ordinal);
            Assert.Contains(header, difference.Begins);
            Assert.Matches(@"byte \d+: (?:[0-9a-f]{2} )+'[^']+' and (?:[0-9a-f]{2} )+'[^']+'\. This is ", difference.Place);
            Assert.Contains(Leaks.Cure(difference.Leak), said, StringComparison.Ordinal);
        }

        // Both sides are there to look at.
        Assert.NotEmpty(Directory.EnumerateFiles(project["obj/x/rebuild"], "leak-host.o", SearchOption.AllDirectories));
    }

    [Fact]
    [Trait("Tier", "default")]
    public async Task In_a_module_the_leak_is_found_through_archive_module_and_section_and_without_it_all_is_well_again()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.Kernel.CopyTo(project["tree"]);
        string makefile = project["tree/drivers/driver/Makefile"];
        string clean = await File.ReadAllTextAsync(makefile);
        await File.AppendAllTextAsync(makefile, "CFLAGS_core.o += -DHOST=$(shell uname -n | tr -c 'a-z\\n' _)\n");
        await File.AppendAllTextAsync(project["tree/drivers/driver/core.c"], "#define TEXT2(x) #x\n#define TEXT(x) TEXT2(x)\nextern const char host[];\nconst char host[] = TEXT(HOST);\n");
        project.WriteProject("x", $"<KernelSourceDirectory>{project["tree"]}</KernelSourceDirectory>");
        // As diffoscope is called and ends; the real one takes seconds a file.
        project.WriteProgram("shims/diffoscope", "#!/bin/sh\n[ \"$1 $2\" = '--no-progress --text' ] && cmp -- \"$4\" \"$5\" > \"$3\"\nexit 1\n");
        project.Variables = project.Variables.SetItem("PATH", $"{project["shims"]}:{Environment.GetEnvironmentVariable("PATH")}");
        string said = await project.MustFailAsync("EVK6101", "-t:KernelRebuildCheck");
        Assert.Contains($"diffoscope's report: {project["obj/x/rebuild/diffoscope/kernel.tar.txt"]}", said, StringComparison.Ordinal);
        Assert.Contains("differ: ", await File.ReadAllTextAsync(project["obj/x/rebuild/diffoscope/kernel.tar.txt"]), StringComparison.Ordinal);
        Difference difference = Assert.Single(RebuildReport.Read(project["bin/x/rebuild.json"]).Differences);
        Assert.Equal("kernel.tar", difference.File);
        Assert.Matches(@"^lib/modules/\S+/driver\.ko > section \.rodata\S* > host\+\d, byte \d+: ", difference.Place);
        Assert.Contains("drivers/driver/core.o", said, StringComparison.Ordinal);

        await File.WriteAllTextAsync(makefile, clean + "CFLAGS_core.o += -DHOST=eve\n");
        await project.MustBuildAsync("-t:KernelRebuildCheck");
        Assert.True(RebuildReport.Read(project["bin/x/rebuild.json"]).Same);
    }

    [Fact]
    [Trait("Tier", "default")]
    public async Task The_order_in_which_objects_are_linked_is_found_in_the_image_and_in_its_table()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.Kernel.CopyTo(project["tree"]);
        await File.WriteAllTextAsync(project["tree/bus/bus.c"], "int bus_bus(int value);\nint bus_bus(int value)\n{\n\treturn value * 12345 + 678;\n}\n");
        await File.WriteAllTextAsync(project["tree/bus/Makefile"], "obj-y += $(patsubst %.c,%.o,$(filter %.c,$(shell ls -U $(srctree)/bus)))\n");
        project.WriteProject("x", $"<KernelSourceDirectory>{project["tree"]}</KernelSourceDirectory>");
        CommandResult build = await project.BuildAsync("-t:KernelRebuildCheck");
        RebuildReport report = RebuildReport.Read(project["bin/x/rebuild.json"]);
        bool reordered = report.Variations.Single(variation => variation.Name == "order of files").Varied;
        Assert.Equal(!reordered, build.Succeeded);
        if (reordered)
            Assert.Equal([("System.map", Leak.Ordering), ("kernel", Leak.Ordering)], report.Differences.Select(difference => (difference.File, difference.Leak)));
    }

    [Fact]
    [Trait("Tier", "default")]
    public async Task What_is_not_varied_is_told_and_is_an_error_only_for_who_asks()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.HidePrograms("faketime");
        string said = await project.MustBuildAsync("-t:KernelRebuildCheck");
        Assert.Matches(@"clock\s+no\s+not varied, because 'faketime' is not on PATH; install it \(Debian: apt-get install faketime\)", said);
        said = await project.MustFailAsync("EVK6102", "-t:KernelRebuildCheck", "-p:KernelRebuildCheckRequire=possible");
        Assert.Contains("EVK6102: The second build had the same clock as the first, because 'faketime' is not on PATH", said, StringComparison.Ordinal);
        await project.MustFailAsync("EVK5002", "-t:KernelRebuildCheck", "-p:KernelRebuildCheckRequire=much");
    }

    [Fact]
    [Trait("Tier", "default")]
    public async Task A_build_that_fails_elsewhere_says_how_and_where_its_log_is()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.Kernel.CopyTo(project["tree"]);
        await File.AppendAllTextAsync(project["tree/bus/Makefile"], "$(if $(findstring rebuild,$(CURDIR)),$(error not in this folder))\n");
        project.WriteProject("x", $"<KernelSourceDirectory>{project["tree"]}</KernelSourceDirectory>");
        string said = await project.MustFailAsync("EVK6103", "-t:KernelRebuildCheck");
        Assert.Contains("not in this folder", said, StringComparison.Ordinal);
        Assert.Contains(project["obj/x/rebuild/second-build.log"], said, StringComparison.Ordinal);
        Assert.False(File.Exists(project["bin/x/rebuild.json"]));
    }

    private static void Plant(FakeProject project, ImmutableArray<(string Name, string Command, Leak Leak)> leaks)
    {
        project.Kernel.CopyTo(project["tree"]);
        string counter = project.Write("counter", "1\n");
        string makefile = "ccflags-y += -I$(obj)\n";
        foreach ((string name, string command, _) in leaks)
        {
            project.Write($"tree/bus/leak-{name}.c", $"#include \"leak-{name}.h\"\nextern const char leak_{name}[];\nconst char leak_{name}[] = LEAK;\n");
            makefile += $"obj-y += leak-{name}.o\n$(obj)/leak-{name}.o: $(obj)/leak-{name}.h\n$(obj)/leak-{name}.h:\n"
                + $"\tprintf '#define LEAK \"%s\"\\n' \"$$({command.Replace("COUNTER", counter, StringComparison.Ordinal)})\" > $@\n";
        }

        File.AppendAllText(project["tree/bus/Makefile"], makefile);
    }
}

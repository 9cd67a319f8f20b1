using System.Formats.Tar;
using System.Text;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Whole builds that cannot succeed: each ends with its code, without a stack trace, and leaves nothing where nothing of it belongs.</summary>
public sealed class BadInputTests
{
    private const string Series = """<KernelPatchSeries Include="series" />""";

    private static readonly Dictionary<string, (string Code, string Says, Func<FakeProject, Task> Prepare)> Cases = new()
    {
        ["no git"] = ("EVK9001", "apt-get install git", Sync(project => project.HidePrograms("git"))),
        ["git too old"] = ("EVK1001", "2.20.1", Sync(project => project.ReplaceProgram("git", "[ \"$1\" = version ] && echo git version 2.20.1 || exec REAL \"$@\""))),
        ["unknown host"] = ("EVK1003", "no-such-host.invalid", Sync(project => project.WriteProject("x", project.GitSource("https://no-such-host.invalid/x.git")))),
        ["no such repository"] = ("EVK1005", "/nowhere.git", Sync(project => project.WriteProject("x", project.GitSource("nowhere.git")))),
        ["no such commit"] = ("EVK1006", new string('1', 40), Sync(project => project.WriteProject("x", project.GitSource(commit: new string('1', 40))))),
        ["branch without commit"] = ("EVK1007", "<KernelCommit>", Sync(project => project.WriteProject("x", project.GitSource(commit: " ").Replace(" ", "", StringComparison.Ordinal)))),
        ["short commit"] = ("EVK1009", "40 hex digits", Sync(project => project.WriteProject("x", project.GitSource(commit: "abc")))),
        ["password in address"] = ("EVK1010", "credential helper", Sync(project => project.WriteProject("x", project.GitSource("https://me:secret@example.org/x.git")))),
        ["wrong digest"] = ("EVK1011", new string('0', 64), async project => await WriteArchiveAsync(project, [], digest: new string('0', 64))),
        ["truncated archive"] = ("EVK1012", "linux.tar", async project => await WriteArchiveAsync(project, [], keep: 0.5)),
        ["archive with .."] = ("EVK1013", "../../evil", async project => await WriteArchiveAsync(project, [File("linux/../../evil")])),
        ["archive with absolute path"] = ("EVK1013", "/evil", async project => await WriteArchiveAsync(project, [File("/evil")])),
        ["archive with link out"] = ("EVK1013", "'out'", async project => await WriteArchiveAsync(project, [Link("linux/out", "../../..")])),
        ["built in place"] = ("EVK1014", "mrproper", Sync(project =>
        {
            project.Kernel.CopyTo(project["linux"]);
            project.Write("linux/.config", "");
            project.WriteProject("x", "<KernelSourceDirectory>linux</KernelSourceDirectory>");
        })),
        ["not a kernel tree"] = ("EVK1015", "Makefile", Sync(project =>
        {
            project.Write("linux/README", "");
            project.WriteProject("x", "<KernelSourceDirectory>linux</KernelSourceDirectory>");
        })),
        ["two sources"] = ("EVK5002", "exactly one source", Sync(project => project.WriteProject("x", project.GitSource() + "<KernelSourceDirectory>.</KernelSourceDirectory>"))),
        ["empty series"] = ("EVK2002", "series", Sync(project => WriteSeries(project, "# nothing\n"))),
        ["missing patch"] = ("EVK2004", "9999.patch", Sync(project => WriteSeries(project, "9999.patch\n"))),
        ["CRLF patch"] = ("EVK2007", "1.patch", Sync(project => WriteSeries(project, "1.patch\n", project.Patch("bus/bus.c", "value +", "value -").Replace("\n", "\r\n", StringComparison.Ordinal)))),
        ["patch with .."] = ("EVK2008", "../evil", Sync(project => WriteSeries(project, "1.patch\n", NewFile("../evil")))),
        ["patch with absolute path"] = ("EVK2008", "/evil", Sync(project => WriteSeries(project, "1.patch\n", NewFile("/evil")))),
        ["patch with link out"] = ("EVK2008", "out", Sync(project => WriteSeries(project, "1.patch\n", NewFile("out", "120000", "../..")))),
        ["patch that does not fit"] = ("EVK2009", "bus.c", Sync(project => WriteSeries(project, "1.patch\n", project.Patch("bus/bus.c", "value +", "value -").Replace(" {", " [", StringComparison.Ordinal)))),
        ["missing series"] = ("EVK5001", "series", Sync(project => project.WriteProject("x", items: Series))),
        ["missing fragment"] = ("EVK5001", "y.fragment", Sync(project => project.WriteProject("x", fragment: "y.fragment"))),
        ["dropped option"] = ("EVK3004", "BUS", Sync(project => project.Write("x.fragment", "# CONFIG_LOCALVERSION_AUTO is not set\nCONFIG_EXTRA=y\n"))),
        ["unknown option"] = ("EVK3003", "EXTRA", Sync(project => project.Write("x.fragment", FakeProject.Fragment + "CONFIG_EXTRAS=y\n"))),
        ["no flex"] = ("EVK9001", "apt-get install flex", Sync(project => project.HidePrograms("flex"))),
        ["no bison"] = ("EVK9001", "apt-get install bison", Sync(project => project.HidePrograms("bison"))),
        ["no bc"] = ("EVK9001", "apt-get install bc", Sync(project => project.HidePrograms("bc"))),
        ["no libelf"] = ("EVK3009", "libelf-dev", Sync(project =>
        {
            project.Write("hidden/libelf.h", "#error hidden\n");
            project.ReplaceProgram("gcc", $"exec REAL -I'{project["hidden"]}' \"$@\"");
            project.Write("x.fragment", FakeProject.Fragment + "CONFIG_OBJTOOL=y\n");
        })),
        ["compiler killed"] = ("EVK4010", "memory", Sync(project =>
        {
            project.ReplaceProgram("gcc", $"case \"$*\" in *bus/probe.c) exec REAL -B'{project["killed"]}/' \"$@\";; esac; exec REAL \"$@\"");
            string cc1 = project.Write("killed/cc1", "#!/bin/sh\nkill -9 $$\n");
            System.IO.File.SetUnixFileMode(cc1, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        })),
        ["compiler error"] = ("EVK4002", "bus.c", Sync(project => WriteSeries(project, "1.patch\n", project.Patch("bus/bus.c", "return value", "return valeu")))),
        ["gate with a warning"] = ("EVK4014", "bus.c", Sync(project =>
        {
            WriteSeries(project, "1.patch\n", project.Patch("bus/bus.c", "return value", "int unused; return value"));
            project.WriteProject("x", items: Series + """<KernelGate Include="bus" />""");
        })),
        ["gate that is not there"] = ("EVK4012", "nowhere", Sync(project => project.WriteProject("x", items: """<KernelGate Include="nowhere" />"""))),
        ["gate without objects"] = ("EVK4013", "include", Sync(project => project.WriteProject("x", items: """<KernelGate Include="include" />"""))),
        ["too old for a development package"] = ("EVK5005", "install-extmod-build", Sync(project =>
            project.WriteProject("x", project.GitSource() + "<KernelDevelPackage>true</KernelDevelPackage>"))),
        ["development package of directories"] = ("EVK5002", "KernelDirectory", Sync(project =>
            project.WriteProject("x", project.GitSource() + "<KernelDevelPackage>true</KernelDevelPackage>", """<KernelDirectory Include="bus" />"""))),
        ["no image"] = ("EVK5004", "bzImage", Sync(project =>
        {
            project.Kernel.CopyTo(project["linux"]);
            project.Write("linux/arch/x86/boot/Makefile", "$(obj)/bzImage: ;\n");
            project.WriteProject("x", "<KernelSourceDirectory>linux</KernelSourceDirectory>");
        })),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_bad_input_ends_with_its_code(string name)
    {
        (string code, string says, Func<FakeProject, Task> prepare) = Cases[name];
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        await prepare(project);
        string before = FolderState.Of(project.Folder, "kernel.lock.json", "obj", "bin", "cache");
        string said = await project.MustFailAsync(code);
        Assert.True(said.Split('\n').First(line => line.Contains($"error {code}", StringComparison.Ordinal)).Contains(says, StringComparison.Ordinal), said);
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
        // Its own folders hold what is on the way; nothing stands where results stand, nor anywhere else.
        Assert.Equal(before, FolderState.Of(project.Folder, "kernel.lock.json", "obj", "bin", "cache"));
        Assert.Null(project.Manifest());
        Assert.Empty(Directory.EnumerateFiles(project["packages"]));
        Assert.False(Path.Exists("/evil"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(project.Folder, "evil", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Too_little_disk_is_told_before_anything_starts()
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        Directory.CreateDirectory(project.Cache);
        FakeProject.MustFail("EVK9007", await project.BuildWithMountsAsync($"mount -t tmpfs -o size=9m tmpfs '{project.Cache}'"));
        Assert.Null(project.Manifest());
    }

    [Fact]
    public async Task A_read_only_cache_has_a_code_whatever_it_holds()
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        Directory.CreateDirectory(project.Cache);
        string readOnly = $"mount --bind '{project.Cache}' '{project.Cache}'; mount -o remount,bind,ro '{project.Cache}'";
        string said = FakeProject.MustFail("EVK9006", await project.BuildWithMountsAsync(readOnly));
        Assert.Contains(project.Cache, said, StringComparison.Ordinal);
        Assert.Contains("KernelCacheDirectory", said, StringComparison.Ordinal);
        Assert.Null(project.Manifest());

        // With the source in it there is nothing to write.
        await project.MustBuildAsync();
        System.IO.File.Delete(project["bin/x/manifest.json"]);
        CommandResult full = await project.BuildWithMountsAsync(readOnly);
        Assert.True(full.Succeeded, full.StandardOutput);
    }

    [Theory]
    [InlineData("EVK9003", "-p:_KernelHostIsLinux=false")]
    [InlineData("EVK9004", "-p:_KernelMSBuildVersion=18.0.11")]
    [InlineData("EVK9005", "-p:KernelArch=vax")]
    [InlineData("EVK5003", "-t:Publish")]
    [InlineData("EVK5002", "-p:KernelRevision=one")]
    [InlineData("EVK5002", "-p:KernelPatchAlreadyApplied=perhaps")]
    [InlineData("EVK5002", "-p:KernelAllowFloating=perhaps")]
    [InlineData("EVK5002", "-p:KernelNetwork=perhaps")]
    [InlineData("EVK5002", "-p:KernelDevelPackage=perhaps")]
    [InlineData("EVK5002", "-p:KernelFlavor=a/b")]
    [InlineData("EVK5002", "-p:KernelCompiler=tcc")]
    [InlineData("EVK9001", "-p:KernelCompiler=gcc-1.0")]
    [InlineData("EVK5002", "-p:KernelWarnings=a b")]
    [InlineData("EVK6001", "-t:VSTest")]
    public async Task What_the_targets_refuse_has_a_code(string code, string argument)
    {
        using FakeProject project = await FakeProject.CreateAsync();
        string[] before = argument == "-t:Publish" ? ["-p:BuildDependsOn="] : [];
        FakeProject.MustFail(code, await project.DotnetAsync(["msbuild", "x.kernelproj", argument.StartsWith("-t:", StringComparison.Ordinal) ? argument : "-t:KernelKey", argument, .. before]));
        Assert.False(Directory.Exists(project["bin"]));
    }

    private static Func<FakeProject, Task> Sync(Action<FakeProject> prepare) => project =>
    {
        prepare(project);
        return Task.CompletedTask;
    };

    private static void WriteSeries(FakeProject project, string series, string patch = "")
    {
        project.Write("series", series);
        project.Write("1.patch", patch);
        project.WriteProject("x", items: Series);
    }

    private static string NewFile(string path, string mode = "100644", string content = "evil") => $"""
        From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001
        From: Someone <someone@example.org>
        Date: Thu, 1 Jan 2026 00:00:00 +0000
        Subject: [PATCH] A file

        A message.
        ---
        diff --git a/{path} b/{path}
        new file mode {mode}
        --- /dev/null
        +++ b/{path}
        @@ -0,0 +1 @@
        +{content}
        {(mode == "120000" ? "\\ No newline at end of file\n" : "")}
        """;

    private static PaxTarEntry File(string name) => new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream("evil"u8.ToArray()) };

    private static PaxTarEntry Link(string name, string target) => new(TarEntryType.SymbolicLink, name) { LinkName = target };

    private static async Task WriteArchiveAsync(FakeProject project, PaxTarEntry[] more, string? digest = null, double keep = 1)
    {
        using (TarWriter tar = new(System.IO.File.Create(project["linux.tar"])))
        {
            PaxTarEntry makefile = new(TarEntryType.RegularFile, "linux/Makefile")
            {
                DataStream = new MemoryStream(Encoding.ASCII.GetBytes($"VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\n{new string('#', 100_000)}")),
            };
            foreach (PaxTarEntry entry in (PaxTarEntry[])[makefile, .. more])
                await tar.WriteEntryAsync(entry);
        }

        byte[] all = await System.IO.File.ReadAllBytesAsync(project["linux.tar"]);
        await System.IO.File.WriteAllBytesAsync(project["linux.tar"], all[..(int)(all.Length * keep)]);
        project.WriteProject("x", $"<KernelArchive>linux.tar</KernelArchive><KernelArchiveSha256>{digest ?? Digest.OfFile(project["linux.tar"])}</KernelArchiveSha256>");
    }
}

using System.Collections.Immutable;
using EveKernel.Core;
using EveKernel.Tests.Source;

namespace EveKernel.Tests.Key;

/// <summary>A small project over a small repository, with stand-ins for every program of the toolchain, so that a plan takes milliseconds.</summary>
internal sealed class KeySetup : IDisposable
{
    internal const string Patch = """
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

    internal static readonly ImmutableArray<string> Programs =
        ["gcc", "cc1", "as", "ld", "objcopy", "strip", "ar", "pahole", "gzip", "bzip2", "xz", "lz4", "lzop", "zstd", "openssl", "kmod"];

    private readonly SourceSetup _source = new();
    private readonly TemporaryFolder _folder = new();

    internal KeySetup()
    {
        string commit = _source.Commit(("init/main.c", "int main;\n"));
        foreach (string program in Programs)
            WriteTool(program, $"{program} (Stand-in 1.2-3) 1.2");
        Write("x.fragment", "CONFIG_PRINTK=y\nCONFIG_BUG=y\n");
        Write("y.fragment", "CONFIG_TTY=y\n");
        Write("series", "0001.patch\n");
        Write("0001.patch", Patch);
        Write("file.config", "CONFIG_SMP=y\n");
        Request = new PlanRequest
        {
            ProjectFile = Write("x.kernelproj", "<Project />"),
            IntermediateFolder = this["obj"],
            OutputFolder = this["bin"],
            CacheFolder = this["cache"],
            SdkFolder = this["sdk"],
            Repository = _source.Repository,
            Commit = commit,
            Series = [this["series"]],
            Arch = "amd64",
            MakeArch = "x86_64",
            SourceArch = "x86",
            ImageTarget = "bzImage",
            ImagePath = "arch/x86/boot/bzImage",
            Flavor = "generic",
            Defconfig = "allnoconfig",
            Fragments = [this["x.fragment"], this["y.fragment"]],
        };
        Environment = _source.Environment.SetItem("PATH", $"{this["tools"]}:{_source.Environment["PATH"]}");
    }

    internal PlanRequest Request { get; set; }

    internal ImmutableDictionary<string, string> Environment { get; set; }

    internal ListSink Sink { get; } = new();

    internal SourceSetup Source => _source;

    internal string this[string relative] => _folder[relative];

    internal string Write(string relative, string content) => _folder.Write(relative, content);

    /// <summary>Replaces a file by one of the same size and time.</summary>
    internal void EditKeepingTime(string relative, string before, string after)
    {
        string content = File.ReadAllText(this[relative]);
        Assert.Contains(before, content, StringComparison.Ordinal);
        DateTime time = File.GetLastWriteTimeUtc(this[relative]);
        string edited = content.Replace(before, after, StringComparison.Ordinal);
        _ = relative.StartsWith("tools/", StringComparison.Ordinal) ? _folder.WriteProgram(relative, edited) : _folder.Write(relative, edited);
        File.SetLastWriteTimeUtc(this[relative], time);
    }

    internal void WriteTool(string program, string version) => WriteToolIn("tools", program, version);

    // The compiler's driver knows where its parts are: beside it.
    internal void WriteToolIn(string folder, string program, string version) => _folder.WriteProgram($"{folder}/{program}", $"""
        #!/bin/sh
        echo {program} >> '{this["calls"]}'
        case $1 in -print-prog-name=*) echo "$(dirname "$0")/$(echo "$1" | cut -d= -f2)"; exit ;; esac
        case $1 in -print-search-dirs) echo "install: $(dirname "$0")/"; exit ;; esac
        echo '{version}'

        """);

    internal Task<BuildPlan> PlanAsync() => new Planner(Request, Environment, Sink).PlanAsync(CancellationToken.None);

    internal async Task<string> KeyAsync() => (await PlanAsync()).Key;

    public void Dispose()
    {
        _source.Dispose();
        _folder.Dispose();
    }
}

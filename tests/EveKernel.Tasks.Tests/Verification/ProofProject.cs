using System.Collections.Immutable;
using EveKernel.Core;
using EveKernel.Core.Packaging;
using EveKernel.Core.Source;
using EveKernel.Core.Verification;
using EveKernel.Tests.Source;

namespace EveKernel.Tests.Verification;

/// <summary>A project over a tree whose "kernel" is two files put together by a real make, with a series that changes one of them.</summary>
internal sealed class ProofProject : IDisposable
{
    // The recipe's file names are relative to O=, as kbuild's are; what is compiled is told in the log.
    private const string Makefile = """

        all: image
        image: $(O)/arch/image $(O)/System.map $(O)/vmlinux include/config/kernel.release
        include/config/kernel.release:
        	@mkdir -p $(O)/include/config; echo 7.2.0-rc3$(LOCALVERSION) > $(O)/include/config/kernel.release
        olddefconfig: ;
        $(O)/%.o: %.c
        	@mkdir -p $(O); echo compiled $< for $(KCFLAGS); cp $< $@
        $(O)/arch/image: $(O)/a.o $(O)/b.o
        	@mkdir -p $(@D); cat $^ > $@
        $(O)/System.map $(O)/vmlinux: $(O)/a.o
        	@cp $< $@

        """;

    private const string Patch = """
        From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001
        From: Someone <someone@example.org>
        Date: Thu, 1 Jan 2026 00:00:00 +0000
        Subject: [PATCH] Change a

        The message.
        ---
        diff --git a/a.c b/a.c
        --- a/a.c
        +++ b/a.c
        @@ -1 +1 @@
        -base
        +patched

        """;

    private readonly SourceSetup _setup = new();

    internal ProofProject(string a = "base\n")
    {
        _setup.Commit(("a.c", a), ("b.c", "both\n"));
        // SourceSetup writes its own Makefile last, which says the version.
        File.AppendAllText(Path.Combine(_setup.Repository, "Makefile"), Makefile);
        _setup.Plain(_setup.Repository, "-c", "commit.gpgSign=false", "-c", "core.autocrlf=false", "commit", "-q", "-a", "-m", "Rules");
        string commit = _setup.Plain(_setup.Repository, "rev-parse", "HEAD").Trim();
        _setup.Write("series", "a.patch\n");
        _setup.Write("a.patch", Patch);
        Plan = CreatePlan(commit, _setup.Plain(_setup.Repository, "rev-parse", "HEAD^{tree}").Trim());
        Directory.CreateDirectory(Plan.OutputFolder);
    }

    internal BuildPlan Plan { get; set; }

    internal ListSink Sink { get; } = new();

    internal ImmutableDictionary<string, string> Environment => _setup.Environment;

    internal string this[string relative] => _setup[relative];

    internal string ReadTree(string name) => File.ReadAllText(Path.Combine(Plan.WorkTree, name));

    internal string Write(string relative, string content) => _setup.Write(relative, content);

    /// <summary>Fetches, patches, makes and "stages" as a build does.</summary>
    internal async Task BuildAsync()
    {
        await InitializeAsync();
        KernelBuild build = new(Plan, Environment, Sink);
        await build.FetchAsync(CancellationToken.None);
        await build.PatchAsync(CancellationToken.None);
        await build.MakeAsync(2, withoutNetwork: false, CancellationToken.None);
        File.Copy(Path.Combine(Plan.ObjectTree, Plan.ImagePath), Path.Combine(Plan.OutputFolder, "kernel"), overwrite: true);
        File.Copy(Path.Combine(Plan.ObjectTree, "System.map"), Path.Combine(Plan.OutputFolder, "System.map"), overwrite: true);
    }

    internal Task<BaseKernelRecord> BuildBaseAsync() => new BaseKernel(Plan, Environment, Sink).BuildAsync(2, withoutNetwork: false, CancellationToken.None);

    public void Dispose() => _setup.Dispose();

    private async Task InitializeAsync()
    {
        await _setup.Git.InitializeStoreAsync(_setup.Store, CancellationToken.None);
        Directory.CreateDirectory(Plan.ObjectTree);
        foreach (string config in (string[])[Path.Combine(Plan.ObjectTree, ".config"), Path.Combine(Plan.OutputFolder, "config")])
        {
            if (!File.Exists(config))
                await File.WriteAllTextAsync(config, "CONFIG_KVM=y\n");
        }
    }

    private BuildPlan CreatePlan(string commit, string tree) => new()
    {
        ProjectFile = _setup["x.kernelproj"],
        IntermediateFolder = _setup["obj"],
        OutputFolder = _setup["bin"],
        Store = _setup.Store,
        Repository = _setup.Repository,
        Branch = "main",
        Source = new SourceRecord("git", commit, tree, DateTimeOffset.UnixEpoch, "commit", "7.2.0-rc3"),
        Series = [_setup["series"]],
        AlreadyAppliedIsError = false,
        Arch = "amd64",
        MakeArch = "x86_64",
        SourceArch = "x86",
        ImageTarget = "image",
        ImagePath = "arch/image",
        Defconfig = "allnoconfig",
        Fragments = [],
        AllowLocalVersionAuto = false,
        Compiler = "gcc",
        CompilerLauncher = "",
        CrossCompile = "",
        Warnings = "",
        Directories = [],
        Gates = [],
        LocalVersion = "-0123456789ab-kaaaaaaaaaaaa",
        Toolchain = [new Tool("compiler", "gcc", "f")],
        KeyText = "evekernel-key 2\nsource-commit 1\npatch/p1 abc\nmake/ARCH x86_64\n",
        Key = new string('a', 64),
        PackageId = "EveKernel.Amd64.Generic",
        PackageVersion = "7.2.0-rc.3.1",
        KconfigHelper = "",
        CacheFolder = "",
    };
}

using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Gates;
using EveKernel.Core.Source;
using EveKernel.Tests.Source;

namespace EveKernel.Tests.Gates;

/// <summary>The gates that compile, on a tree of three files whose Makefile says and does what kbuild does, with the real compiler and sparse.</summary>
public sealed class SeriesGatesTests : IDisposable
{
    private const string Makefile = """
        VERSION = 7
        PATCHLEVEL = 2
        SUBLEVEL = 0
        EXTRAVERSION =
        OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard drivers/x/*.c))
        allnoconfig:
        	@touch $(O)/.config
        prepare:
        	@:
        drivers/x/: $(OBJECTS)
        	@cd $(O) && rm -f drivers/x/built-in.a && ar cDPrST drivers/x/built-in.a drivers/x/*.o
        $(O)/drivers/x/%.o: drivers/x/%.c
        	@mkdir -p $(@D); echo '  CC      drivers/x/$*.o'; gcc -O2 -c $(if $(W),-Wall) $(KCFLAGS) $(CURDIR)/$< -o $@
        	@$(if $(C),echo '  CHECK   $(CURDIR)/$<'; sparse $(CURDIR)/$<)

        """;

    private const string Header = """
        #ifdef __CHECKER__
        #define __iomem __attribute__((noderef, address_space(__iomem)))
        #define __force __attribute__((force))
        #else
        #define __iomem
        #define __force
        #endif
        static inline void *ERR_PTR(long error) { return (void *)error; }
        #define IOMEM_ERR_PTR(error) ((__force void __iomem *)ERR_PTR(error))

        """;

    private const string Map = "#include \"x.h\"\nvoid __iomem *map(long error);\nvoid __iomem *map(long error)\n{\n\tint unused;\n\treturn IOMEM_ERR_PTR(error);\n}\n";

    private readonly SourceSetup _setup = new();
    private readonly ListSink _sink = new();
    private readonly BuildPlan _plan;

    public SeriesGatesTests()
    {
        _setup.Commit(
            ("drivers/x/x.h", Header),
            ("drivers/x/map.c", Map),
            ("drivers/x/other.c", "int other(void);\nint other(void)\n{\n\tint unused;\n\treturn 3;\n}\n"));
        // SourceSetup's own Makefile has no targets.
        SourceRecord source = CommitMakefileAsync(Makefile).GetAwaiter().GetResult();
        _plan = new BuildPlan
        {
            ProjectFile = _setup["p.kernelproj"],
            IntermediateFolder = _setup["obj"],
            OutputFolder = _setup["bin"],
            Store = _setup.Store,
            CacheFolder = _setup["cache"],
            Repository = _setup.Repository,
            Source = source,
            Series = [_setup["series/series"]],
            AlreadyAppliedIsError = false,
            Arch = "amd64",
            MakeArch = "x86_64",
            SourceArch = "x86",
            ImageTarget = "bzImage",
            ImagePath = "bzImage",
            Defconfig = "allnoconfig",
            Fragments = [],
            AllowLocalVersionAuto = false,
            Compiler = "gcc",
            CompilerLauncher = "",
            CrossCompile = "",
            Warnings = "",
            Directories = [],
            Gates = ["drivers/x"],
            LocalVersion = "-x",
            Toolchain = [],
            KeyText = "",
            Key = "",
            PackageId = "",
            PackageVersion = "",
            KconfigHelper = RepositoryRoot.File("sdk/kconfig/evk-kconfig.c"),
        };
    }

    public void Dispose() => _setup.Dispose();

    [Fact]
    public async Task An_address_space_that_a_series_mixes_up_is_an_error_at_its_line_and_a_warning_that_it_only_moves_is_none()
    {
        Series(("map.c", "\n\n" + Map.Replace("IOMEM_ERR_PTR", "ERR_PTR", StringComparison.Ordinal)));
        KernelException failure = await Assert.ThrowsAsync<KernelException>(Warnings);
        Diagnostic found = Assert.Single(failure.Diagnostics);
        Assert.Equal((Severity.Error, ErrorCodes.NewWarning), (found.Severity, found.Code));
        Assert.Equal(new SourceLocation(_setup["obj/tree/drivers/x/map.c"], 8, 23), found.Location);
        Assert.StartsWith(
            "incorrect type in return expression (different address spaces) expected void [noderef] __iomem * got void * (in map)",
            found.Message,
            StringComparison.Ordinal);

        // Mended: one file is compiled, and what the others were warned of before still counts.
        Series(("map.c", "\n" + Map));
        await Warnings();
        Assert.Equal("W=1 and sparse: no new warning in 2 objects (2 without the series, 2 with it)", _sink.Seen[^1].Message);
        Assert.Equal(["map"], Compiled("patched"));
        Assert.Equal(["map", "other"], Compiled("base"));
    }

    [Fact]
    public async Task What_make_compiled_before_it_failed_is_remembered_and_what_was_cut_off_is_not_trusted()
    {
        Series(("map.c", Map + "\n"), ("worse.c", "int worse(void);\nint worse(void)\n{\n\tint unused;\n\treturn x;\n}\n"));
        Assert.Equal(ErrorCodes.CompilerError, (await Assert.ThrowsAsync<KernelException>(Warnings)).Code);

        Series(("map.c", Map + "\n"), ("worse.c", "int worse(void);\nint worse(void)\n{\n\tint unused;\n\treturn 1;\n}\n"));
        Diagnostic found = Assert.Single((await Assert.ThrowsAsync<KernelException>(Warnings)).Diagnostics);
        Assert.Equal(new SourceLocation(_setup["obj/tree/drivers/x/worse.c"], 4, 13), found.Location);
        Assert.Contains("unused variable", found.Message, StringComparison.Ordinal);

        // As after kill -9: objects, and nobody knows what was warned of.
        File.Delete(_setup["obj/gates/patched-out/.evekernel-gate.json"]);
        Assert.Equal(found, Assert.Single((await Assert.ThrowsAsync<KernelException>(Warnings)).Diagnostics));
        Assert.Equal(["map", "other", "worse"], Compiled("patched"));
    }

    [Fact]
    public async Task Functions_that_a_series_changes_are_shown_and_both_gates_share_their_objects()
    {
        Series(("map.c", "\n" + Map.Replace("(error);\n}", "(error + 1);\n}", StringComparison.Ordinal)));
        await Warnings();
        DateTime before = File.GetLastWriteTimeUtc(_setup["obj/gates/patched.make.log"]);
        SymbolDiff difference = await Gates.CompareSymbolsAsync([], 2, withoutNetwork: false, default);
        SymbolChange change = Assert.Single(difference.Changes);
        Assert.Equal(("drivers/x/map.o", "map", ChangeKind.Changed), (change.File, change.Symbol, change.Change));
        Assert.Contains("\"symbol\": \"map\"", File.ReadAllText(_setup["obj/symbol-diff.json"]), StringComparison.Ordinal);
        Assert.Contains(_sink.Seen, said => said.Message.StartsWith("  drivers/x/map.o  map", StringComparison.Ordinal));
        Assert.Equal(before, File.GetLastWriteTimeUtc(_setup["obj/gates/patched.make.log"]));
    }

    [Fact]
    public async Task A_make_that_goes_on_without_sparse_passes_for_no_check_but_compares_functions()
    {
        const string LeftOut = "$(if $(C),$(info $(CURDIR)/Makefile:1305: C=1 specified, but sparse is not available or not up to date))\n";
        BuildPlan plan = _plan with { Source = await CommitMakefileAsync(LeftOut + Makefile) };
        SeriesGates gates = new(plan, _setup.Environment, _sink);
        Series(("map.c", Map.Replace("(error);\n}", "(error + 1);\n}", StringComparison.Ordinal)));
        Assert.Equal("map", Assert.Single((await gates.CompareSymbolsAsync([], 2, withoutNetwork: false, default)).Changes).Symbol);
        // By what stands since then; no make is run for it.
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => gates.CompareWarningsAsync([], 2, withoutNetwork: false, default));
        Assert.Equal(ErrorCodes.ToolMissing, failure.Code);
        Assert.Contains("Install a newer sparse", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_is_named()
    {
        SeriesGates none = new(_plan with { Series = [] }, _setup.Environment, _sink);
        Assert.Equal(ErrorCodes.GateWithoutSeries, (await Assert.ThrowsAsync<KernelException>(() => none.CheckPatchesAsync(default))).Code);
        Assert.Equal(ErrorCodes.GateWithoutSeries, (await Assert.ThrowsAsync<KernelException>(() => none.CompareWarningsAsync([], 1, false, default))).Code);

        Series(("map.c", Map + "\n"));
        SeriesGates nowhere = new(_plan with { Gates = [] }, _setup.Environment, _sink);
        Assert.Equal(ErrorCodes.GateWithoutDirectories, (await Assert.ThrowsAsync<KernelException>(() => nowhere.CompareSymbolsAsync([], 1, false, default))).Code);
        Assert.Equal(ErrorCodes.InputMissing, (await Assert.ThrowsAsync<KernelException>(() => Gates.CompareSymbolsAsync(["/no/fragment"], 1, false, default))).Code);

        SeriesGates bare = new(_plan, _setup.Environment.SetItem("PATH", _setup["nothing"]), _sink);
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => bare.CompareWarningsAsync([], 1, false, default));
        Assert.Equal(ErrorCodes.ToolMissing, failure.Code);
        Assert.Contains("apt-get install sparse", failure.Message, StringComparison.Ordinal);
    }

    private Task<SourceRecord> CommitMakefileAsync(string makefile)
    {
        File.WriteAllText(Path.Combine(_setup.Repository, "Makefile"), makefile);
        _setup.Plain(_setup.Repository, "-c", "commit.gpgSign=false", "-c", "core.autocrlf=false", "commit", "-q", "-a", "-m", "Makefile");
        string commit = _setup.Plain(_setup.Repository, "rev-parse", "HEAD").Trim();
        return _setup.Fetcher().FetchAsync(new GitPin(_setup.Repository, null, commit), "", "a test", default);
    }

    private SeriesGates Gates => new(_plan, _setup.Environment, _sink);

    private Task Warnings() => Gates.CompareWarningsAsync([], 2, withoutNetwork: false, default);

    private IEnumerable<string> Compiled(string side) => File.ReadLines(_setup[$"obj/gates/{side}.make.log"])
        .Where(line => line.StartsWith("  CC ", StringComparison.Ordinal))
        .Select(line => Path.GetFileNameWithoutExtension(line.Split('/')[^1]))
        .Order(StringComparer.Ordinal);

    /// <summary>A series of one patch that gives files of drivers/x a new content.</summary>
    private void Series(params (string Name, string Content)[] files)
    {
        foreach ((string name, string content) in files)
            _setup.Write($"kernel/drivers/x/{name}", content);
        _setup.Plain(_setup.Repository, "-c", "core.autocrlf=false", "add", "-A");
        _setup.Write("series/one.patch", _setup.Plain(_setup.Repository, "diff", "--cached", "HEAD"));
        _setup.Write("series/series", "one.patch\n");
        _setup.Plain(_setup.Repository, "-c", "core.autocrlf=false", "reset", "-q", "--hard");
    }
}

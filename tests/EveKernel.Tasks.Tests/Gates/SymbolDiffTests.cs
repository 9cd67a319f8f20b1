using System.Collections;
using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Gates;
using EveKernel.Core.Processes;

namespace EveKernel.Tests.Gates;

/// <summary>Compares what gcc makes of two small sources.</summary>
public sealed class SymbolDiffTests : IDisposable
{
    // A little of each: strings, a jump table, static functions, numbered locals, tables as BUG() has them, and a call that is given its line.
    private const string Source = """
        extern int printk(const char *text, ...);
        extern void __might_sleep(const char *file, int line);
        extern int outside(int);
        struct ops { int (*run)(int); const char *name; };
        #define BUG() asm volatile("1: ud2\n.pushsection __bug_table,\"aw\"\n.long 1b - .\n.short %c0\n.popsection" : : "i" (__LINE__))
        static int counter;
        /*BEFORE*/
        static __attribute__((noinline)) int helper(int x) { static int calls; calls += x; return outside(calls) + /*HELPER*/ 1; }
        int switched(int x)
        {
        	switch (x) {
        	case 0: return outside(3);
        	case 1: return outside(5) + 1;
        	case 2: return helper(7);
        	case 3: return outside(11) - 1;
        	case 4: return helper(13) * /*SWITCH*/ 3;
        	case 5: return outside(17) ^ 5;
        	}
        	return -1;
        }
        int speaking(int x)
        {
        	static int said;
        	if (!said++)
        		printk("x is %d /*STRING*/\n", x);
        	__might_sleep("here.c", __LINE__);
        	if (x > 100)
        		BUG();
        	return x + counter++;
        }
        int looked_up(int x)
        {
        	static const int table[] = { 5, 8, 13, /*TABLE*/ 21, 34, 55, 89 };
        	return table[x & 3];
        }
        struct nothing { };
        extern int lock(struct nothing *key, int *count);
        int locking(void) { static struct nothing key; static int count; return lock(&key, &count); }
        double halved(double x) { return x * /*CONSTANT*/ 0.5; }
        const struct ops exported = { .run = helper, .name = /*DATA*/ "one" };
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly ImmutableDictionary<string, string> _environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToImmutableDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string, string> Edits => new()
    {
        // Lines, and functions and strings in between, move all that lies below and change none of it.
        { "/*BEFORE*/", "\n\n\n", "" },
        { "/*BEFORE*/", "int added(int x) { static int n; n += x; printk(\"added %d\\n\", n); return outside(x + 9) + n; }", "added function Added" },
        { "return lock(&key, &count);", "return lock(&key, &counter);", "locking function Changed" },
        { "return -1;", "\n\n\n\treturn -1;", "" },
        { "/*HELPER*/ 1", "2", "helper function Changed" },
        { "/*SWITCH*/ 3", "5", "switched function Changed" },
        { "case 1:", "case 6: case 1:", "switched function Changed" },
        { "return outside(11) - 1", "return helper(11) - 1", "switched function Changed" },
        { "/*STRING*/", "or so", "speaking function Changed" },
        { "\t\tBUG();", "\t\toutside(1);", "speaking function Changed" },
        { "/*TABLE*/ 21", "22", "looked_up function Changed" },
        { "/*CONSTANT*/ 0.5", "0.25", "halved function Changed" },
        { "/*DATA*/ \"one\"", "\"two\"", "exported data Changed" },
        { ".run = helper", ".run = looked_up", "exported data Changed" },
        { "int looked_up(int x)", "int renamed(int x)", "looked_up function Removed,renamed function Added" },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public async Task What_differs_is_named_and_nothing_else(string old, string edited, string expected)
    {
        Assert.Contains(old, Source, StringComparison.Ordinal);
        await Compile("before", Source, "-O2");
        await Compile("after", Source.Replace(old, edited, StringComparison.Ordinal), "-O2");
        SymbolDiff difference = await Compare();
        Assert.Equal(expected, string.Join(',', difference.Changes.Select(change => $"{change.Symbol} {change.Kind.ToString().ToLowerInvariant()} {change.Change}")));
    }

    [Theory]
    [InlineData("-O2", "-fno-pic", "-mcmodel=kernel")]
    [InlineData("-O2", "-fPIC")]
    [InlineData("-O2", "-ffunction-sections")]
    [InlineData("-O1", "-fno-jump-tables")]
    [InlineData("-Os", "-g")]
    public async Task Lines_change_nothing_however_it_is_compiled(params string[] options)
    {
        await Compile("before", Source, options);
        await Compile("after", Source.Replace("/*BEFORE*/", "\n\nint added(int x) { static int n; return n += outside(x) + 4; }\n", StringComparison.Ordinal), options);
        Assert.Equal("added", Assert.Single((await Compare()).Changes).Symbol);
    }

    [Fact]
    public async Task The_table_and_the_document_have_names_and_sizes()
    {
        await Compile("before", Source, "-O2");
        await Compile("after", Source.Replace("/*HELPER*/ 1", "outside(2)", StringComparison.Ordinal), "-O2");
        SymbolDiff difference = await Compare();
        SymbolChange change = Assert.Single(difference.Changes);
        Assert.True(change.SizeAfter > change.SizeBefore);
        Assert.Equal(
            [
                "The series changes 1 functions and 0 objects of data, in 1 of 1 compiled files.",
                "  object    symbol  kind      change   before  after",
                $"  dir/it.o  helper  function  changed  {change.SizeBefore,6}  {change.SizeAfter,5}",
            ],
            difference.ToTable());
        string document = difference.ToJson("tree1", "tree2");
        foreach (string part in (string[])
            ["\"baseTree\": \"tree1\"", "\"file\": \"dir/it.o\"", "\"symbol\": \"helper\"", "\"change\": \"changed\"", $"\"sizeAfter\": {change.SizeAfter}"])
            Assert.Contains(part, document, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_that_only_one_side_has_is_added_or_removed_as_a_whole()
    {
        await Compile("before", "int f(void) { return 1; }", "-O2");
        SymbolDiff difference = await SymbolDiff.CompareAsync(Reader, _folder["before"], ["dir/it.o"], _folder["after"], [], 2, default);
        Assert.Equal(new SymbolChange("dir/it.o", "f", SymbolKind.Function, ChangeKind.Removed, 6, null), Assert.Single(difference.Changes));
    }

    [Fact]
    public async Task A_file_that_is_no_object_is_told()
    {
        string file = _folder.Write("x.o", "no object");
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => Reader.ReadAsync(file, default));
        Assert.Equal(ErrorCodes.ObjectUnreadable, failure.Code);
        Assert.Equal(file, failure.Location!.File);
    }

    private ObjectReader Reader => new("", _environment);

    private Task<SymbolDiff> Compare() => SymbolDiff.CompareAsync(Reader, _folder["before"], ["dir/it.o"], _folder["after"], ["dir/it.o"], 2, default);

    private async Task Compile(string side, string source, params string[] options)
    {
        _folder.Write($"{side}/dir/it.c", source);
        Command gcc = new("gcc", ["-c", "-w", .. options, "it.c", "-o", "it.o"]) { WorkingDirectory = _folder[$"{side}/dir"], Environment = _environment };
        CommandResult result = await ProcessRunner.RunAsync(gcc, default);
        Assert.True(result.Succeeded, result.StandardError);
    }
}

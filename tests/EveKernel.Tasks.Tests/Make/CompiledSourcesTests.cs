using EveKernel.Core.Make;

namespace EveKernel.Tests.Make;

/// <summary>What kbuild's .cmd files say of the files that a result was made from.</summary>
public sealed class CompiledSourcesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CompiledSourcesTests()
    {
        foreach (string file in (string[])["a/a.c", "a/m1.c", "a/m2.c", "a/stale.c", "boot/header.S", "boot/rm.S", "include/a.h", "include/b.h", "offsets.c", "lds.S"])
            _folder.Write($"tree/{file}", file is "boot/header.S" ? "\t.incbin \"boot/rm.bin\"\n" : "");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Sources_are_found_through_archives_modules_lists_and_what_the_assembler_takes_in_and_stale_ones_are_not()
    {
        Keep("vmlinux.a", "rm -f vmlinux.a; ar cDPrST vmlinux.a ./built-in.a");
        Keep("built-in.a", "rm -f built-in.a;  printf \"./%s \" a/built-in.a | xargs ar cDPrST built-in.a");
        Keep("a/built-in.a", "rm -f a/built-in.a;  printf \"a/%s \" a.o ../offsets.o | xargs ar cDPrST a/built-in.a");
        Compile("a/a.o", "TREE/a/a.c", "TREE/include/a.h", "$(wildcard include/config/X)", "include/generated/offsets.h");
        Compile("offsets.s", "TREE/offsets.c", "TREE/include/b.h");
        Compile("a/stale.o", "TREE/a/stale.c", "TREE/include/b.h");
        Keep("boot/image", "cat boot/header.o > boot/image");
        // As a compiler launcher leaves them: relative to O=.
        Compile("boot/header.o", "../tree/boot/header.S");
        Keep("boot/rm.bin", "objcopy -O binary boot/rm.o boot/rm.bin");
        Compile("boot/rm.o", "TREE/boot/rm.S");
        _folder.Write("out/modules.order", "a/m.o\n");
        Keep("a/m.ko", "ld -r -o a/m.ko a/m.o a/m.mod.o");
        Keep("a/m.o", "ld -m elf_x86_64 -r -o a/m.o @a/m.mod");
        _folder.Write("out/a/m.mod", "a/m1.o\na/m2.o\n");
        Compile("a/m1.o", "TREE/a/m1.c", "TREE/include/a.h");
        Compile("a/m2.o", "TREE/a/m2.c");
        Compile("arch/x86/kernel/vmlinux.lds", "TREE/lds.S");

        SourceFiles files = new CompiledSources(_folder["tree"], _folder["out"]).OfKernel("boot/image", "x86");
        Assert.Equal(["a/a.c", "a/m1.c", "a/m2.c", "boot/header.S", "boot/rm.S", "lds.S", "offsets.c"], files.Compiled.AsEnumerable());
        Assert.Equal(["include/a.h", "include/b.h"], files.Included.AsEnumerable());
    }

    // Estonian sorts z before u, which reprotest has found out; test runs may have no languages, so the comparer is looked at.
    [Fact]
    public void The_order_is_the_same_whatever_language_the_builder_speaks()
    {
        Compile("a/a.o", "TREE/a/a.c", "TREE/include/a.h");
        SourceFiles files = new CompiledSources(_folder["tree"], _folder["out"]).Of(["a/a.o"]);
        Assert.Same(StringComparer.Ordinal, files.Included.KeyComparer);
        Assert.Same(StringComparer.Ordinal, files.Compiled.Union(files.Included).KeyComparer);
    }

    [Fact]
    public void Of_single_objects_only_theirs_count_and_of_what_was_not_made_nothing()
    {
        Compile("a/a.o", "TREE/a/a.c", "TREE/include/a.h", "/usr/include/stdio.h", "TREE/include/gone.h");
        Compile("a/m1.o", "TREE/a/m1.c", "TREE/include/b.h");
        SourceFiles files = new CompiledSources(_folder["tree"], _folder["out"]).Of(["a/a.o", "a/none.o"]);
        Assert.Equal(["a/a.c"], files.Compiled.AsEnumerable());
        Assert.Equal(["include/a.h"], files.Included.AsEnumerable());
    }

    private void Keep(string target, string command) =>
        _folder.Write($"out/{Path.GetDirectoryName(target)}/.{Path.GetFileName(target)}.cmd", $"savedcmd_{target} := {command}\n");

    private void Compile(string target, string source, params string[] dependencies) => _folder.Write(
        $"out/{Path.GetDirectoryName(target)}/.{Path.GetFileName(target)}.cmd",
        $"savedcmd_{target} := gcc -Wp,-MMD,x.d -c -o {target} {source}\n\nsource_{target} := {source}\n\ndeps_{target} := \\\n"
            .Replace("TREE", _folder["tree"], StringComparison.Ordinal)
        + string.Concat(dependencies.Select(dependency => $"  {dependency.Replace("TREE", _folder["tree"], StringComparison.Ordinal)} \\\n"))
        + $"\n{target}: $(deps_{target})\n\n$(deps_{target}):\n");
}

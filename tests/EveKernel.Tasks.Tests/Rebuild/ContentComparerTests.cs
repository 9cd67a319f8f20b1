using System.Buffers.Binary;
using System.Collections;
using System.Collections.Immutable;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using EveKernel.Core.Processes;
using EveKernel.Core.Rebuild;

namespace EveKernel.Tests.Rebuild;

/// <summary>Files made by the programs that make them in a build, and taken apart again.</summary>
public sealed class ContentComparerTests : IDisposable
{
    private static readonly ImmutableDictionary<string, string> Variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToImmutableDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_same_bytes_have_no_mismatch() => Assert.Empty(await CompareAsync([1, 2, 3], [1, 2, 3]));

    [Fact]
    public async Task A_file_that_ends_early_says_nothing_for_the_other_side()
    {
        Mismatch found = Assert.Single(await CompareAsync([1, 2, 0], [1, 2, 0, 9]));
        Assert.Equal("byte 3: nothing and 09 '.'. This is no known leak.", found.Describe());
    }

    [Theory]
    [InlineData("gzip -n -c")]
    [InlineData("xz -c")]
    [InlineData("zstd -q -c")]
    public async Task Compressed_files_are_compared_inside(string program)
    {
        Mismatch found = Assert.Single(await CompareAsync(await ThroughAsync(program, "abc\nby ada\n"), await ThroughAsync(program, "abc\nby daemon\n")));
        Assert.Equal([program.Split(' ')[0], "line 2"], found.Inside.ToArray());
        Assert.Equal((7L, Leak.User, "by ada"), (found.Offset, found.Leak, found.FirstText));
    }

    [Fact]
    public async Task The_time_in_a_header_of_gzip_is_one_of_its_own()
    {
        byte[] one = await ThroughAsync("gzip -n -c", "text");
        byte[] other = [.. one];
        BinaryPrimitives.WriteUInt32LittleEndian(other.AsSpan(4), 1_700_000_001);
        Mismatch found = Assert.Single(await CompareAsync(one, other));
        Assert.Equal((Leak.TimeStamp, 4L), (found.Leak, found.Offset));
    }

    [Fact]
    public async Task Of_a_tar_order_time_mode_owner_and_content_are_told_apart()
    {
        (string Name, string Text)[] files = [("a", "one"), ("b", "two")];
        Assert.Equal([Leak.Ordering], await LeaksAsync(Tar(files), Tar([.. files.Reverse()])));
        Assert.Equal([Leak.TimeStamp, Leak.TimeStamp], await LeaksAsync(Tar(files), Tar(files, time: 7)));
        Assert.Equal([Leak.Mode, Leak.Mode], await LeaksAsync(Tar(files), Tar(files, mode: UnixFileMode.UserRead)));
        Assert.Equal([Leak.User, Leak.User], await LeaksAsync(Tar(files), Tar(files, user: "daemon")));
        Mismatch content = Assert.Single(await CompareAsync(Tar(files), Tar([("a", "one"), ("b", "twi")])));
        Assert.Equal(["b", "line 1"], content.Inside.ToArray());
    }

    [Fact]
    public async Task A_zip_is_compared_by_entries()
    {
        Mismatch found = Assert.Single(await CompareAsync(Zip("on tower"), Zip("on evk-rebuild-on-another-host")));
        Assert.Equal((Leak.Host, "kernel/file"), (found.Leak, found.Inside[0]));
    }

    [Fact]
    public async Task An_object_is_compared_by_section_and_symbol_in_an_archive_too()
    {
        byte[] one = await CompileAsync("one", "const char release[] = \"on tower\";");
        byte[] other = await CompileAsync("other", "const char release[] = \"on evk-rebuild-on-another-host\";");
        ImmutableArray<Mismatch> found = await CompareAsync(one, other);
        Assert.Equal(Leak.Host, found[0].Leak);
        Assert.Equal(["section .rodata", "release+3"], found[0].Inside.ToArray());

        found = await CompareAsync(await ArchiveAsync(one), await ArchiveAsync(other));
        Assert.Equal(["member.o", "section .rodata", "release+3"], found[0].Inside.ToArray());
    }

    [Fact]
    public async Task The_configuration_in_a_kernel_is_compared_by_its_lines()
    {
        byte[] one = await CarryAsync("IKCFG_ST", "gzip -n -c", "CONFIG_A=y\nCONFIG_RUSTC_VERSION=109500\n", "IKCFG_ED");
        byte[] other = await CarryAsync("IKCFG_ST", "gzip -n -c", "CONFIG_A=y\nCONFIG_RUSTC_VERSION=0\n", "IKCFG_ED");
        Mismatch found = Assert.Single(await CompareAsync(one, other));
        Assert.Equal(["section .rodata", "the configuration (IKCONFIG)", "gzip", "line 2"], found.Inside.ToArray());
        Assert.Equal(Leak.HostTool, found.Leak);
    }

    [Fact]
    public async Task The_archive_of_headers_in_a_kernel_is_compared_by_members()
    {
        byte[] one = await CarryAsync("", "xz -c", Tar([("./include/a.h", "by ada"), ("./include/b.h", "same")]), "");
        byte[] other = await CarryAsync("", "xz -c", Tar([("./include/a.h", "by daemon"), ("./include/b.h", "same")]), "");
        Mismatch found = Assert.Single(await CompareAsync(one, other));
        Assert.Equal(["section .rodata", "the headers (IKHEADERS)", "xz", "./include/a.h", "line 1"], found.Inside.ToArray());
        Assert.Equal(Leak.User, found.Leak);
    }

    [Fact]
    public async Task A_vDSO_in_a_kernel_is_compared_by_its_own_sections_and_what_is_beside_it_too()
    {
        byte[] vdso = await LinkAsync("on tower ");
        byte[] other = await LinkAsync("on evk-rebuild-on-another-host ");
        Mismatch found = (await CompareAsync(await CarryAsync("", "cat", vdso, ""), await CarryAsync("", "cat", other, "")))[0];
        Assert.Equal(["section .rodata", "the vDSO", "section .rodata"], found.Inside.Take(3).ToArray());
        Assert.Equal(Leak.Host, found.Leak);

        // In the same place, what is beside differs as well, and neither hides the other.
        byte[] counted = await LinkAsync("on towed ");
        ImmutableArray<Mismatch> both = await CompareAsync(await CarryAsync("#1 SMP", "cat", vdso, ""), await CarryAsync("#2 SMP", "cat", counted, ""));
        Assert.Equal((Leak.VersionCounter, 1), (both[0].Leak, both[0].Inside.Length));
        Assert.Contains(both, mismatch => mismatch.Inside.Contains("the vDSO"));
    }

    [Theory]
    [InlineData(".BTF", Leak.Btf)]
    [InlineData(".note.gnu.build-id", Leak.BuildId)]
    [InlineData(".note.other", Leak.Unknown)]
    public async Task Some_sections_tell_the_leak_by_their_name(string section, Leak leak)
    {
        byte[] plain = await CompileAsync("plain", "int x;");
        Mismatch found = Assert.Single(await CompareAsync(await AddSectionAsync(plain, section, "abcd"), await AddSectionAsync(plain, section, "abqd")));
        Assert.Equal((leak, 2L, $"section {section}"), (found.Leak, found.Offset, found.Inside[0]));
    }

    [Fact]
    public async Task A_build_id_says_least_where_something_else_differs()
    {
        // It stands before the text that tells more, as in a kernel.
        byte[] one = await CompileAsync("one", BuildId("abcd") + "const char t[] = \"1790000000\";");
        byte[] other = await CompileAsync("other", BuildId("abqd") + "const char t[] = \"1824560000\";");
        Assert.Equal([Leak.TimeStamp, Leak.BuildId], (await CompareAsync(one, other)).Select(found => found.Leak));
    }

    private static string BuildId(string id) =>
        $"__asm__(\".section .note.gnu.build-id,\\\"a\\\"\\n.ascii \\\"{id}\\\"\\n.previous\\n\");";

    [Fact]
    public async Task A_signature_after_a_module_is_a_random_key()
    {
        byte[] module = await CompileAsync("module", "int x;");
        Mismatch found = Assert.Single(await CompareAsync(Sign(module, "signature one"), Sign(module, "signature two")));
        Assert.Equal((Leak.RandomKey, "the module's signature", 10L), (found.Leak, found.Inside[0], found.Offset));
    }

    [Fact]
    public async Task A_boot_image_is_compared_in_its_compressed_kernel_and_in_its_setup_code()
    {
        byte[] payload = await ThroughAsync("gzip -n -c", "by ada");
        byte[] other = await ThroughAsync("gzip -n -c", "by daemon");
        Mismatch kernel = Assert.Single(await CompareAsync(BootImage(payload), BootImage(other)));
        Assert.Equal((Leak.User, "the compressed kernel > gzip > line 1"), (kernel.Leak, string.Join(" > ", kernel.Inside)));

        byte[] setup = BootImage(payload);
        "#2 SMP"u8.CopyTo(setup.AsSpan(0x300));
        byte[] first = BootImage(payload);
        "#1 SMP"u8.CopyTo(first.AsSpan(0x300));
        Mismatch counter = Assert.Single(await CompareAsync(first, setup));
        Assert.Equal((Leak.VersionCounter, "the setup code", 0x301L), (counter.Leak, counter.Inside[0], counter.Offset));
    }

    [Fact]
    public async Task A_table_of_symbols_in_another_order_is_an_order_though_each_address_differs()
    {
        byte[] one = Encoding.ASCII.GetBytes("0000000000000010 T a\n0000000000000020 T b\n0000000000000030 T c\n");
        byte[] other = Encoding.ASCII.GetBytes("0000000000000010 T c\n0000000000000018 T b\n0000000000000028 T a\n");
        Assert.Equal([Leak.Ordering], await LeaksAsync(one, other));
        byte[] moved = Encoding.ASCII.GetBytes("0000000000000011 T a\n0000000000000021 T b\n0000000000000031 T c\n");
        Assert.NotEqual([Leak.Ordering], await LeaksAsync(one, moved));
    }

    [Fact]
    public async Task What_only_begins_like_an_archive_is_compared_as_bytes()
    {
        byte[] one = [0x1f, 0x8b, 1, 2, 3, 4, 5, 6];
        byte[] other = [0x1f, 0x8b, 1, 2, 3, 4, 5, 7];
        Mismatch found = Assert.Single(await CompareAsync(one, other));
        Assert.Equal((7L, 0), (found.Offset, found.Inside.Length));
    }

    private Task<ImmutableArray<Mismatch>> CompareAsync(byte[] one, byte[] other) =>
        new ContentComparer(RebuildSides.Classifier, new ElfReader(_folder["elf"], Variables), Variables).CompareAsync(one, other, CancellationToken.None);

    private async Task<IEnumerable<Leak>> LeaksAsync(byte[] one, byte[] other) => (await CompareAsync(one, other)).Select(found => found.Leak);

    private static Task<byte[]> ThroughAsync(string program, string text) => ThroughAsync(program, Encoding.ASCII.GetBytes(text));

    private static async Task<byte[]> ThroughAsync(string program, byte[] content)
    {
        using MemoryStream output = new();
        string[] words = program.Split(' ');
        CommandResult result = await ProcessRunner.RunAsync(
            new Command(words[0], words[1..]),
            CancellationToken.None,
            (input, token) => input.WriteAsync(content, token).AsTask(),
            (stream, token) => stream.CopyToAsync(output, token));
        Assert.True(result.Succeeded, result.StandardError);
        return output.ToArray();
    }

    private static byte[] Tar((string Name, string Text)[] files, int time = 0, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, string user = "root")
    {
        using MemoryStream output = new();
        using (TarWriter writer = new(output, TarEntryFormat.Gnu, leaveOpen: true))
        {
            foreach ((string name, string text) in files)
            {
                writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, name)
                {
                    ModificationTime = DateTimeOffset.FromUnixTimeSeconds(time),
                    Mode = mode,
                    UserName = user,
                    DataStream = new MemoryStream(Encoding.ASCII.GetBytes(text)),
                });
            }
        }

        return output.ToArray();
    }

    private static byte[] Zip(string text)
    {
        using MemoryStream output = new();
        using (ZipArchive zip = new(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            ZipArchiveEntry entry = zip.CreateEntry("kernel/file");
            entry.LastWriteTime = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
            using Stream content = entry.Open();
            content.Write(Encoding.ASCII.GetBytes(text));
        }

        return output.ToArray();
    }

    private async Task<byte[]> CompileAsync(string name, string source)
    {
        await RunAsync("gcc", "-c", "-x", "c", "-o", _folder[name + ".o"], _folder.Write(name + ".c", source + "\n"));
        // The file's name is a symbol.
        await RunAsync("strip", "--strip-unneeded", "--keep-symbol=release", _folder[name + ".o"]);
        return await File.ReadAllBytesAsync(_folder[name + ".o"]);
    }

    private Task<byte[]> CarryAsync(string before, string program, string text, string after) => CarryAsync(before, program, Encoding.ASCII.GetBytes(text), after);

    // As kernel/configs.c and kernel/kheaders.c do it.
    private async Task<byte[]> CarryAsync(string before, string program, byte[] content, string after)
    {
        await File.WriteAllBytesAsync(_folder["carried"], await ThroughAsync(program, content));
        return await CompileAsync(
            "carrier", $"__asm__(\".section .rodata,\\\"a\\\"\\n.ascii \\\"{before}\\\"\\n.incbin \\\"{_folder["carried"]}\\\"\\n.ascii \\\"{after} end\\\"\\n.previous\");");
    }

    private async Task<byte[]> LinkAsync(string text)
    {
        string source = _folder.Write("vdso.c", $"extern const char text[];\nconst char text[] = \"{text}\";\n");
        await RunAsync("gcc", "-shared", "-fPIC", "-nostdlib", "-Wl,-soname,linux-vdso.so.1", "-Wl,--build-id=none", "-s", "-o", _folder["vdso.so"], source);
        return await File.ReadAllBytesAsync(_folder["vdso.so"]);
    }

    private async Task<byte[]> ArchiveAsync(byte[] member)
    {
        await File.WriteAllBytesAsync(_folder["member.o"], member);
        File.Delete(_folder["a.a"]);
        await RunAsync("ar", "rcD", _folder["a.a"], _folder["member.o"]);
        return await File.ReadAllBytesAsync(_folder["a.a"]);
    }

    private async Task<byte[]> AddSectionAsync(byte[] file, string section, string content)
    {
        await File.WriteAllBytesAsync(_folder["section.o"], file);
        await RunAsync("objcopy", "--add-section", $"{section}={_folder.Write("content", content)}", _folder["section.o"]);
        return await File.ReadAllBytesAsync(_folder["section.o"]);
    }

    // scripts/sign-file: the signature, twelve bytes that end with its length, and the mark.
    private static byte[] Sign(byte[] module, string signature)
    {
        byte[] trailer = new byte[12];
        BinaryPrimitives.WriteInt32BigEndian(trailer.AsSpan(8), signature.Length);
        return [.. module, .. Encoding.ASCII.GetBytes(signature), .. trailer, .. "~Module signature appended~\n"u8];
    }

    private static byte[] BootImage(byte[] payload)
    {
        byte[] image = new byte[0x600 + payload.Length];
        image[0x1f1] = 1;
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(0x248), 0x200);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(0x24c), payload.Length);
        payload.CopyTo(image.AsSpan(0x600));
        return image;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        CommandResult result = await ProcessRunner.RunAsync(new Command(program, arguments), CancellationToken.None);
        Assert.True(result.Succeeded, result.StandardError);
    }
}

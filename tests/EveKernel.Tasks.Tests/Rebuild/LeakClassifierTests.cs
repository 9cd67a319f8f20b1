using System.Buffers.Binary;
using System.Text;
using EveKernel.Core.Rebuild;

namespace EveKernel.Tests.Rebuild;

public sealed class LeakClassifierTests
{
    [Theory]
    [InlineData("built Tue Sep 21 2026", "built Tue Oct 26 2027", Leak.TimeStamp)]
    [InlineData("2026-09-21", "2027-10-26", Leak.TimeStamp)]
    [InlineData("at 10:11:12", "at 10:11:15", Leak.TimeStamp)]
    [InlineData("t=1790000000", "t=1824560000", Leak.TimeStamp)]
    // Ten digits, and no time of either build.
    [InlineData("n=1111111111", "n=2222222222", Leak.Unknown)]
    [InlineData("/home/ada/k/obj/x/out/a.h", "/home/ada/k/obj/x/rebuild/a/out/a.h", Leak.Path)]
    [InlineData("/home/ada/k/obj/x/tree", "somewhere", Leak.Path)]
    [InlineData("/tmp/ccXyz.s", "/home/ada/k/obj/x/rebuild/tmp/ccXyz.s", Leak.Path)]
    [InlineData("by ada", "by daemon", Leak.User)]
    // Parts of words are no names.
    [InlineData("adapter", "daemonic", Leak.Unknown)]
    [InlineData("on tower", "on evk-rebuild-on-another-host", Leak.Host)]
    [InlineData("ada@tower", "daemon@evk-rebuild-on-another-host", Leak.Host)]
    [InlineData("6.1.0-18-amd64", "2.6.61-18-amd64", Leak.HostKernel)]
    [InlineData("CONFIG_RUSTC_VERSION=109500", "CONFIG_RUSTC_VERSION=0", Leak.HostTool)]
    [InlineData("(C) evk", "(C) evk-rebuild-noise", Leak.Environment)]
    [InlineData("#1 SMP", "#2 SMP", Leak.VersionCounter)]
    [InlineData("zone +0100", "zone +1400", Leak.Locale)]
    [InlineData("LANG=en_GB.UTF-8", "LANG=tr_TR.utf8", Leak.Locale)]
    [InlineData("make -j8 all", "make -j9 all", Leak.Jobs)]
    [InlineData("8", "9", Leak.Jobs)]
    [InlineData("mode 0022", "mode 0077", Leak.Mode)]
    [InlineData("a.o b.o c.o", "c.o b.o a.o", Leak.Ordering)]
    [InlineData("seed 9f8e7d6c5b4a39281706", "seed 01f2e3d4c5b6a7988960", Leak.RandomKey)]
    [InlineData("one text", "another", Leak.Unknown)]
    public void A_text_is_told_by_what_each_build_saw(string one, string other, Leak leak)
    {
        Assert.Equal(leak, RebuildSides.Classifier.ClassifyText(one, other));
        // The same inside of a blob, in which all that follows has moved.
        byte[] tail = Encoding.ASCII.GetBytes("the same end of both");
        (Leak found, _, _) = RebuildSides.Classifier.ClassifyBytes([1, 2, 0, .. Encoding.ASCII.GetBytes(one), 0, 3, .. tail], [1, 2, 0, .. Encoding.ASCII.GetBytes(other), 0, 3, .. tail]);
        Assert.Equal(leak, found);
    }

    [Fact]
    public void A_text_is_found_though_an_address_differs_before_it()
    {
        byte[] one = [0x10, 0, 0, 0, .. "before\0/home/ada/k/obj/x/out/file\0after\0"u8];
        byte[] other = [0x20, 0, 0, 0, .. "before\0/home/ada/k/obj/x/rebuild/a/out/file\0after\0"u8];
        Assert.Equal((Leak.Path, "/home/ada/k/obj/x/out/file", "/home/ada/k/obj/x/rebuild/a/out/file"), RebuildSides.Classifier.ClassifyBytes(one, other));
    }

    [Fact]
    public void Seconds_in_four_bytes_are_a_time_in_either_order_of_bytes()
    {
        byte[] one = new byte[16];
        byte[] other = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(one.AsSpan(5), (uint)RebuildSides.Clock);
        BinaryPrimitives.WriteUInt32LittleEndian(other.AsSpan(5), (uint)RebuildSides.OtherClock);
        Assert.Equal(Leak.TimeStamp, RebuildSides.Classifier.ClassifyBytes(one, other).Leak);
        one.AsSpan(5, 4).Reverse();
        other.AsSpan(5, 4).Reverse();
        Assert.Equal(Leak.TimeStamp, RebuildSides.Classifier.ClassifyBytes(one, other).Leak);
        one[5] = 1;
        Assert.Equal(Leak.Unknown, RebuildSides.Classifier.ClassifyBytes(one, other).Leak);
    }

    [Fact]
    public void Pieces_that_have_changed_places_are_an_order_and_random_bytes_are_none()
    {
        Random random = new(1);
        byte[] pieces = new byte[64 * 16];
        random.NextBytes(pieces);
        byte[] moved = [.. pieces.Chunk(16).Reverse().SelectMany(piece => piece)];
        Assert.Equal(Leak.Ordering, RebuildSides.Classifier.ClassifyBytes(pieces, moved).Leak);

        byte[] seeded = [.. pieces];
        random.NextBytes(seeded.AsSpan(100, 32));
        Assert.Equal(Leak.RandomKey, RebuildSides.Classifier.ClassifyBytes(pieces, seeded).Leak);
        byte[] flipped = [.. pieces];
        flipped[100] ^= 1;
        Assert.Equal(Leak.Unknown, RebuildSides.Classifier.ClassifyBytes(pieces, flipped).Leak);
    }
}

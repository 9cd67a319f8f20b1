using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using FsCheck.Xunit;

namespace EveKernel.Tests.Patches;

public sealed class PatchFileTests
{
    private const string Diff = "diff --git a/f.c b/f.c\nindex 1..2 100644\n--- a/f.c\n+++ b/f.c\n@@ -3,2 +3,2 @@ int main(void)\n a\n--- b\n+++ c\n";

    [Fact]
    public void A_mail_gives_author_subject_message_and_diff_without_signature()
    {
        PatchFile patch = Parse(PatchStore.Mail("f: say c", Diff));

        Assert.Equal("Ada Lovelace", patch.Author!.Name);
        Assert.Equal("ada@example.org", patch.Author.Email);
        Assert.Equal(new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)), patch.Author.Time);
        Assert.Equal("f: say c", patch.Subject);
        Assert.Equal("f: say c\n\nWhy it is so.\n", patch.Message);
        Assert.Equal(Diff, Encoding.UTF8.GetString(patch.Diff.Span));
        PatchedFile file = Assert.Single(patch.Files);
        Assert.Equal(("f.c", "f.c"), (file.OldPath, file.NewPath));
        PatchHunk hunk = Assert.Single(file.Hunks);
        Assert.Equal((3, 15), (hunk.OldStart, hunk.Line));
        Assert.Equal(["a", "-- b"], hunk.Expected.AsEnumerable());
    }

    [Fact]
    public void The_digest_is_of_the_diff_alone()
    {
        string digest = Parse(PatchStore.Mail("one", Diff)).DiffSha256;

        Assert.Equal(digest, Parse(PatchStore.Mail("two", Diff)).DiffSha256);
        Assert.Equal(digest, Parse(Diff).DiffSha256);
        Assert.NotEqual(digest, Parse(Diff.Replace("+++ c", "+++ d", StringComparison.Ordinal)).DiffSha256);
    }

    [Theory]
    [InlineData("", "p")]
    [InlineData("Make it so\n\nBecause.\n\n", "Make it so")]
    [InlineData("Description: dep3\nForwarded: no\n\n", "dep3")]
    [InlineData("From: A <a@b>\nSubject: Re: [PATCH v2 1/2] [net] x: y\n\n", "x: y")]
    [InlineData("From: A <a@b>\nSubject: long\n subject\n\n", "long subject")]
    [InlineData("From: A <a@b>\nSubject: =?UTF-8?q?Gr=C3=BC=C3=9Fe_an?= =?UTF-8?B?IGFsbGU=?=\n\n", "Grüße an alle")]
    [InlineData("From: A <a@b>\nSubject: =?UTF-8?q?fold?=\n =?UTF-8?q?ed?=\n\n", "folded")]
    public void The_subject_is_read(string before, string subject) => Assert.Equal(subject, Parse(before + Diff).Subject);

    [Theory]
    [InlineData("From: =?ISO-8859-1?Q?J=F6rg?= <j@x>\n\n", "Jörg", "j@x")]
    [InlineData("From: \"Last, First\" <l@x>\n\n", "Last, First", "l@x")]
    [InlineData("From: a@x\n\n", "a@x", "a@x")]
    [InlineData("From: Sender <s@x>\nSubject: s\n\nFrom: Author <a@x>\n\ntext\n", "Author", "a@x")]
    public void The_author_is_read(string before, string name, string mail)
    {
        PatchFile patch = Parse(before + Diff);

        Assert.Equal((name, mail), (patch.Author!.Name, patch.Author.Email));
    }

    [Theory]
    [InlineData("diff --git a/x y b/x y\nold mode 100644\nnew mode 100755\n", "x y", "x y")]
    [InlineData("diff --git \"a/\\303\\244\" \"b/\\303\\244\"\nold mode 100644\nnew mode 100755\n", "ä", "ä")]
    [InlineData("diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n", "x", "y")]
    [InlineData("diff --git a/x b/x\nnew file mode 100644\nindex 0000000..e69de29\n", null, "x")]
    [InlineData("diff --git a/x b/x\ndeleted file mode 100644\nindex e69de29..0000000\n", "x", null)]
    [InlineData("--- a/x\t2024-01-01\n+++ b/x\t2024-01-02\n@@ -1 +1 @@\n-a\n+b\n", "x", "x")]
    [InlineData("--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n\\ No newline at end of file\n", null, "x")]
    [InlineData("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+other\n\\ No newline at end of file\n", null, "l")]
    public void Names_are_read(string diff, string? old, string? @new)
    {
        PatchedFile file = Assert.Single(Parse(diff).Files);

        Assert.Equal((old, @new), (file.OldPath, file.NewPath));
    }

    [Theory]
    [InlineData("", "EVK2006", 1)]
    [InlineData("only words\n", "EVK2006", 1)]
    [InlineData("--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n a\n", "EVK2006", 4)]
    [InlineData("--- a/x\n+++ b/x\n@@ -1 +1 @@\n a\n b\n@@ -9 +9\n", "EVK2006", 6)]
    [InlineData("--- a/x\n+++ b/x\n@@ -1,99999999999 +1 @@\n a\n", "EVK2006", 3)]
    [InlineData("diff --git a/x b/x\nindex 1..2\nBinary files a/x and b/x differ\n", "EVK2006", 3)]
    [InlineData("diff --git a/x b/x\nindex 1..2\nGIT binary patch\n", "EVK2006", 3)]
    [InlineData("diff --git a/s b/s\nnew file mode 160000\n--- /dev/null\n+++ b/s\n@@ -0,0 +1 @@\n+Subproject commit 1\n", "EVK2006", 1)]
    [InlineData("Content-Transfer-Encoding: base64\n\nZGlmZg==\n", "EVK2006", 1)]
    [InlineData("diff --git a/x b/x\r\n--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n", "EVK2007", 1)]
    [InlineData("Subject: x\r\n\r\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "EVK2007", 1)]
    [InlineData("--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n", "EVK2008", 1)]
    [InlineData("\n--- /etc/x\n+++ /etc/x\n@@ -1 +1 @@\n-a\n+b\n", "EVK2008", 2, 0)]
    [InlineData("--- a/.git/config\n+++ b/.git/config\n@@ -1 +1 @@\n-a\n+b\n", "EVK2008", 1)]
    [InlineData("diff --git a/x b/x\nrename from x\nrename to ../y\n", "EVK2008", 1)]
    [InlineData("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+../x\n", "EVK2008", 1)]
    [InlineData("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n", "EVK2008", 1)]
    [InlineData("diff --git a/d/l b/d/l\nindex 1..2 120000\n--- a/d/l\n+++ b/d/l\n@@ -1 +1 @@\n-x\n+../../x\n", "EVK2008", 1)]
    public void A_bad_patch_is_told_with_its_place(string content, string code, int line, int strip = 1)
    {
        KernelException error = Assert.Throws<KernelException>(() => Parse(content, strip));

        Assert.Equal(code, error.Code.Id);
        Assert.Equal(new SourceLocation("/p.patch", line), error.Location);
    }

    [Fact]
    public void A_patch_of_a_file_with_CRLF_is_fine() =>
        Assert.Equal(["a\r"], Parse("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\r\n+b\r\n").Files[0].Hunks[0].Expected.AsEnumerable());

    [Fact]
    public void A_second_mail_is_refused()
    {
        string mail = PatchStore.Mail("x", Diff);

        Assert.Equal("EVK2006", Assert.Throws<KernelException>(() => Parse(mail + mail)).Code.Id);
    }

    [Property(MaxTest = 200)]
    public void Damage_is_told_and_never_anything_else(ushort cut, ushort at, byte value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(PatchStore.Mail("f: say c", Diff));
        bytes[at % bytes.Length] = value;
        try
        {
            PatchFile.Parse("/p.patch", bytes.AsMemory(0, cut % (bytes.Length + 1)));
        }
        catch (KernelException)
        {
            // Any other exception fails the test.
        }
    }

    private static PatchFile Parse(string content, int strip = 1) => PatchFile.Parse("/p.patch", Encoding.UTF8.GetBytes(content), strip);
}

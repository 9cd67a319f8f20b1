using EveKernel.Core.Pins;

namespace EveKernel.Tests.Pins;

/// <summary>Files that change together or not at all.</summary>
public sealed class FileSetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void All_get_their_content_and_keep_their_modes_and_links()
    {
        string one = _folder.Write("one", "1");
        File.SetUnixFileMode(one, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.UserExecute);
        string two = _folder["two"];
        File.CreateSymbolicLink(two, _folder.Write("real/two", "2"));
        FileSet.Replace([(one, "1"u8.ToArray(), "11"u8.ToArray()), (two, "2"u8.ToArray(), "22"u8.ToArray())]);
        Assert.Equal(("11", "22"), (File.ReadAllText(one), File.ReadAllText(_folder["real/two"])));
        Assert.NotNull(new FileInfo(two).LinkTarget);
        Assert.True(File.GetUnixFileMode(one).HasFlag(UnixFileMode.UserExecute));
        Assert.Equal(["one", "real", "two"], Names());
    }

    [Fact]
    public void A_file_that_somebody_changed_meanwhile_keeps_all_as_they_are()
    {
        string one = _folder.Write("one", "1");
        string two = _folder.Write("two", "somebody's");
        IOException failure = Assert.Throws<IOException>(() => FileSet.Replace([(one, "1"u8.ToArray(), "11"u8.ToArray()), (two, "2"u8.ToArray(), "22"u8.ToArray())]));
        Assert.Contains("changed by somebody else", failure.Message, StringComparison.Ordinal);
        Assert.Equal(("1", "somebody's"), (File.ReadAllText(one), File.ReadAllText(two)));
        Assert.Equal(["one", "two"], Names());
    }

    [Fact]
    public void A_file_that_is_gone_keeps_the_others_as_they_are()
    {
        string one = _folder.Write("one", "1");
        Assert.ThrowsAny<IOException>(() => FileSet.Replace([(one, "1"u8.ToArray(), "11"u8.ToArray()), (_folder["two"], [], "22"u8.ToArray())]));
        Assert.Equal("1", File.ReadAllText(one));
        Assert.Equal(["one"], Names());
    }

    private IEnumerable<string> Names() => Directory.EnumerateFileSystemEntries(_folder.Path).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);
}

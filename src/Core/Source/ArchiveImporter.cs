using System.Buffers;
using System.Collections.Immutable;
using System.Formats.Tar;
using System.Globalization;
using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Source;

/// <summary>Makes one commit of a source tarball by <c>git fast-import</c>, without a work tree: the same archive gives the same commit everywhere.</summary>
public sealed class ArchiveImporter
{
    private const string Identity = "EveKernel.Sdk <evekernel-sdk@localhost>";

    private readonly ImmutableDictionary<string, string> _environment;
    private readonly GitCli _git;

    /// <summary>Makes an importer.</summary>
    /// <param name="environment">The environment for git, xz and zstd.</param>
    public ArchiveImporter(ImmutableDictionary<string, string> environment)
    {
        _environment = environment;
        _git = new GitCli(environment);
    }

    /// <summary>Refuses a file of another digest.</summary>
    /// <param name="archivePath">The archive.</param>
    /// <param name="sha256">The digest that it must have.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK1011: it has another. EVK1005: it is not there.</exception>
    public static async Task VerifyAsync(string archivePath, string sha256, CancellationToken cancellation)
    {
        await using FileStream archive = Open(archivePath);
        RequireDigest(archivePath, sha256, await Digest.OfStreamAsync(archive, cancellation).ConfigureAwait(false));
    }

    /// <summary>Makes a commit of an archive and points a ref at it.</summary>
    /// <param name="store">A repository. Nothing of it is changed if the archive is refused.</param>
    /// <param name="archivePath">The archive, plain or compressed by gzip, xz or zstd.</param>
    /// <param name="refName">The ref's full name; <c>refs/heads/main</c> makes an ordinary branch.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The commit, whose time is the newest member's.</returns>
    public Task<CommitInfo> ImportAsync(string store, string archivePath, string refName, CancellationToken cancellation) =>
        ImportAsync(store, archivePath, refName, null, cancellation);

    /// <summary>Makes a commit of an archive of a known digest and points a ref at it. Nothing is unpacked before the digest is seen to be right.</summary>
    /// <param name="store">A repository. Nothing of it is changed if the archive is refused.</param>
    /// <param name="archivePath">The archive, plain or compressed by gzip, xz or zstd.</param>
    /// <param name="refName">The ref's full name.</param>
    /// <param name="sha256">The digest that it must have, or null.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The commit, whose time is the newest member's.</returns>
    public async Task<CommitInfo> ImportAsync(string store, string archivePath, string refName, string? sha256, CancellationToken cancellation)
    {
        // One open file from the digest to the last byte: a file that is replaced meanwhile does not matter.
        await using FileStream archive = Open(archivePath);
        string digest = await Digest.OfStreamAsync(archive, cancellation).ConfigureAwait(false);
        if (sha256 is not null)
            RequireDigest(archivePath, sha256, digest);
        archive.Position = 0;

        string aside = $"refs/evekernel/importing/{digest}";
        try
        {
            await UnpackAsync(archive, tar => ImportTarAsync(store, tar, digest, aside, cancellation), cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is EndOfStreamException or InvalidDataException or FormatException)
        {
            throw new KernelException(ErrorCodes.ArchiveDamaged,
                $"'{archivePath}' is truncated, damaged or no tar archive: {exception.Message}", inner: exception);
        }

        // Only now has the decompressor said that all was whole.
        CommitInfo commit = await _git.FindCommitAsync(store, aside, cancellation).ConfigureAwait(false)
            ?? throw new KernelException(ErrorCodes.GitFailed, $"git fast-import ended well, but left no commit of '{archivePath}'.");
        await _git.UpdateRefAsync(store, refName, commit.Id, cancellation).ConfigureAwait(false);
        await _git.GitAsync(store, ["update-ref", "-d", aside], cancellation).ConfigureAwait(false);
        return commit;
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 17);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KernelException(ErrorCodes.SourceNotFound, $"There is no archive '{path}'.", inner: exception);
        }
    }

    /// <summary>Refuses another digest than the pinned one.</summary>
    /// <param name="name">What has it.</param>
    /// <param name="wanted">The pinned one.</param>
    /// <param name="found">That of the content.</param>
    internal static void RequireDigest(string name, string wanted, string found)
    {
        if (!string.Equals(wanted, found, StringComparison.OrdinalIgnoreCase))
            throw new KernelException(ErrorCodes.ArchiveDigestWrong, $"'{name}' has the SHA-256 {found}, but {wanted} is pinned. Nothing of it was unpacked.");
    }

    private async Task UnpackAsync(FileStream archive, Func<Stream, Task> read, CancellationToken cancellation)
    {
        byte[] magic = new byte[6];
        int length = await archive.ReadAtLeastAsync(magic, magic.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        archive.Position = 0;
        switch (magic.AsSpan(0, length))
        {
            case [0x1f, 0x8b, ..]:
                // Not GZipStream: it takes a file without its trailer, and so without a checksum, for whole.
                await PipeAsync(new Command("gzip", "-dc") { Environment = _environment }).ConfigureAwait(false);
                break;
            case [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]:
                await PipeAsync(new Command("xz", "-dc") { Environment = _environment }).ConfigureAwait(false);
                break;
            case [0x28, 0xb5, 0x2f, 0xfd, ..]:
                await PipeAsync(new Command("zstd", "-dcq", "--long=31") { Environment = _environment }).ConfigureAwait(false);
                break;
            default:
                await read(archive).ConfigureAwait(false);
                break;
        }

        async Task PipeAsync(Command decompressor)
        {
            CommandResult result = await ProcessRunner.RunAsync(
                decompressor, cancellation, (input, token) => archive.CopyToAsync(input, token), (output, _) => read(output)).ConfigureAwait(false);
            if (!result.Succeeded)
                throw new InvalidDataException($"{decompressor.Executable} says: {result.StandardError.Trim()}");
        }
    }

    private async Task ImportTarAsync(string store, Stream tar, string digest, string refName, CancellationToken cancellation)
    {
        // Deltas are left out: they would take most of the time, and the store is a cache.
        Command import = new(
            "git", $"--git-dir={store}", "-c", "core.compression=1", "-c", "fastimport.unpackLimit=0", "fast-import",
            "--quiet", "--done", "--force", "--depth=0",
            "--date-format=raw")
        {
            Environment = GitCli.Isolate(_environment),
        };
        Exception? failure = null;
        CommandResult result = await ProcessRunner.RunAsync(import, cancellation, async (input, token) =>
        {
            try
            {
                // Not disposed: the pipe is the runner's to close.
                BufferedStream buffered = new(input, 1 << 17);
                await WriteImportAsync(tar, buffered, digest, refName, token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not IOException || exception is EndOfStreamException)
            {
                // git sees an end without "done", and keeps nothing.
                failure = exception;
            }
        }).ConfigureAwait(false);
        foreach (string report in result.Succeeded ? [] : Directory.EnumerateFiles(store, "fast_import_crash_*"))
            File.Delete(report);
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        if (!result.Succeeded)
            throw new KernelException(ErrorCodes.GitFailed, $"'git fast-import' failed with exit code {result.ExitCode}: {result.StandardError.Trim()}");
    }

    private static async Task WriteImportAsync(Stream tar, Stream output, string digest, string refName, CancellationToken cancellation)
    {
        ArchiveTree tree = new();
        DateTimeOffset newest = DateTimeOffset.UnixEpoch;
        int mark = 0;
        EndWatcher watcher = new(tar);
        await using (TarReader reader = new(watcher, leaveOpen: true))
        {
            while (await reader.GetNextEntryAsync(copyData: false, cancellation).ConfigureAwait(false) is { } entry)
            {
                if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
                    continue;
                string path = ArchiveTree.Normalize(entry.Name);
                newest = entry.ModificationTime > newest ? entry.ModificationTime : newest;
                switch (entry.EntryType)
                {
                    case TarEntryType.Directory:
                        tree.AddFolder(path);
                        break;
                    case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                        bool executable = (entry.Mode & UnixFileMode.UserExecute) != 0;
                        await WriteBlobAsync(output, ++mark, entry.Length, entry.DataStream, cancellation).ConfigureAwait(false);
                        tree.Add(path, new ArchiveTree.Member(executable ? "100755" : "100644", mark, null));
                        break;
                    case TarEntryType.SymbolicLink:
                        byte[] target = Encoding.UTF8.GetBytes(entry.LinkName);
                        await WriteBlobAsync(output, ++mark, target.Length, new MemoryStream(target), cancellation).ConfigureAwait(false);
                        tree.Add(path, new ArchiveTree.Member("120000", mark, entry.LinkName));
                        break;
                    case TarEntryType.HardLink:
                        tree.Add(path, tree.Find(ArchiveTree.Normalize(entry.LinkName))
                            ?? throw ArchiveTree.Unsafe(path, "it is a hard link to no earlier member"));
                        break;
                    default:
                        throw ArchiveTree.Unsafe(path, $"it is neither file, folder nor link, but a {entry.EntryType}");
                }
            }
        }

        // The rest is read so that a decompressor comes to its end and checks its sums.
        await watcher.CopyToAsync(Stream.Null, cancellation).ConfigureAwait(false);
        if (!watcher.EndsWithMarker)
            throw new EndOfStreamException("the archive's end mark is missing");

        IReadOnlyList<KeyValuePair<string, ArchiveTree.Member>> members = tree.Finish();
        string time = newest.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        string message = $"{tree.TopFolder ?? "A tree"} from an archive\n\nsha256: {digest}\n";
        StringBuilder commit = new();
        commit.Append(CultureInfo.InvariantCulture, $"commit {refName}\nauthor {Identity} {time} +0000\ncommitter {Identity} {time} +0000\n");
        commit.Append(CultureInfo.InvariantCulture, $"data {Encoding.UTF8.GetByteCount(message)}\n{message}\n");
        foreach ((string path, ArchiveTree.Member member) in members)
            commit.Append(CultureInfo.InvariantCulture, $"M {member.Mode} :{member.Mark} {Quote(path)}\n");
        commit.Append("\ndone\n");
        await output.WriteAsync(Encoding.UTF8.GetBytes(commit.ToString()), cancellation).ConfigureAwait(false);
        await output.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task WriteBlobAsync(Stream output, int mark, long length, Stream? content, CancellationToken cancellation)
    {
        await output.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob\nmark :{mark}\ndata {length}\n")), cancellation)
            .ConfigureAwait(false);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        long left = length;
        for (int count; left > 0; left -= count)
        {
            count = content is null ? 0 : await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellation).ConfigureAwait(false);
            if (count == 0)
                throw new EndOfStreamException("the archive ends within a member");
            await output.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
        }

        ArrayPool<byte>.Shared.Return(buffer);
        output.WriteByte((byte)'\n');
    }

    private static string Quote(string path) =>
        '"' + path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal) + '"';

    /// <summary>Sees whether what was read ends with zeros, as every whole tar archive does: the reader itself takes an early end between members for the end.</summary>
    private sealed class EndWatcher(Stream inner) : Stream
    {
        private long _zeros;

        public bool EndsWithMarker => _zeros >= 1024;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer) => Watch(buffer, inner.Read(buffer));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            return Watch(buffer.Span, count);
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Watch(ReadOnlySpan<byte> buffer, int count)
        {
            int last = buffer[..count].LastIndexOfAnyExcept((byte)0);
            _zeros = last < 0 ? _zeros + count : count - last - 1;
            return count;
        }
    }
}

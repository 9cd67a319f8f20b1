using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>The host's cores, shared by all makes that run at the same time, of one solution or of several builds: one that begins has an even share, one
/// that runs gives up what it does not use just then, and the last one has all. Each make gets a jobserver of its own, in GNU make's protocol (a byte in a pipe for each job beyond the first), and what is in it follows the number of
/// makes. A make is one as long as it holds a lock, which the system lets go at its death, so that no core is ever lost.</summary>
public sealed class JobPool : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private static int _made;

    private readonly string _folder;
    private readonly FileStream _lock;
    private readonly string _pipe;
    private readonly int _descriptor;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _balancing;

    private JobPool(string folder, FileStream member, string pipe, int descriptor, int cores)
    {
        (_folder, _lock, _pipe, _descriptor, Cores) = (folder, member, pipe, descriptor, cores);
        Balance();
        _balancing = BalanceAsync(_ended.Token);
    }

    /// <summary>How many jobs all makes together may run.</summary>
    public int Cores { get; }

    /// <summary>How many jobs this make may run now.</summary>
    public int Share { get; private set; } = 1;

    /// <summary>Joins the makes that share a folder.</summary>
    /// <param name="folder">The folder, which is made.</param>
    /// <param name="cores">How many jobs all together may run.</param>
    /// <returns>The membership, or null where the folder cannot be written to or has no pipes: make then gets a number of jobs of its own.</returns>
    public static JobPool? TryJoin(string folder, int cores)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string name = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
            string file = Path.Combine(folder, name + ".make");
            string pipe = Path.Combine(folder, name + ".jobs");
            // Of a process that had this id before.
            File.Delete(pipe);
            int descriptor = Posix.CreatePipe(pipe);
            if (descriptor < 0)
                return null;
            return new JobPool(folder, new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None), pipe, descriptor, cores);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The same call of make, with the jobserver in place of a number of jobs.</summary>
    /// <param name="make">The call, whose first argument is -j with a number.</param>
    /// <returns>The command.</returns>
    public Command Wrap(Command make)
    {
        ArgumentNullException.ThrowIfNull(make);
        // The words are those with which a make starts another one.
        // A pipe with a name can be opened from here; one without can only be inherited, which .NET lets no child do.
        return make with
        {
            Executable = "sh",
            Arguments = ["-c", "exec 7<>\"$1\"; shift; exec \"$@\"", "sh", _pipe, ExecutableSearch.Find(make.Executable, make.Environment), .. make.Arguments[1..]],
            Environment = (make.Environment ?? ImmutableDictionary<string, string>.Empty).SetItem("MAKEFLAGS", string.Create(CultureInfo.InvariantCulture, $" -j{Cores} --jobserver-auth=7,7")),
        };
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _balancing.ConfigureAwait(false);
        _ended.Dispose();
        Posix.CloseDescriptor(_descriptor);
        File.Delete(_pipe);
        File.Delete(_lock.Name);
        await _lock.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Gives jobs, or takes back those that make has no use for just then: one that has ended make takes for its next before anybody else can. So a make that began
    /// alone keeps more than its share until it links or configures; the others have theirs all the same, and the system shares the processors.</summary>
    internal void Balance()
    {
        int members = CountMembers();
        int share = Math.Max(1, (Cores + members - 1) / members);
        while (Share < share && Posix.WriteByte(_descriptor, (byte)'+'))
            Share++;
        while (Share > share && Posix.TryReadByte(_descriptor))
            Share--;
    }

    private async Task BalanceAsync(CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false))
                Balance();
        }
        catch (OperationCanceledException)
        {
            // make has ended.
        }
    }

    private int CountMembers() => 1 + Directory.EnumerateFiles(_folder, "*.make").Count(file => file != _lock.Name && IsHeld(file));

    // What nobody holds is left over from a process that was killed.
    private static bool IsHeld(string file)
    {
        try
        {
            using (new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.None))
                File.Delete(file);
            File.Delete(Path.ChangeExtension(file, ".jobs"));
            return false;
        }
        catch (Exception exception) when (exception is FileNotFoundException or UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}

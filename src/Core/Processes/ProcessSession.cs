using System.Globalization;

namespace EveKernel.Core.Processes;

/// <summary>The processes of one session, as /proc tells them. A kill only sends a signal: a process that was sent SIGKILL may write its file for a moment more.</summary>
/// <param name="leader">The id of the process that leads, or led, the session and its first group.</param>
internal sealed class ProcessSession(int leader)
{
    // What sleeps where no signal reaches it, on a dead file server for instance, would hold the build for ever.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Kills all that is left, and comes back when none of it is alive any more, or at the latest after 15 seconds.</summary>
    /// <returns>The ids of those that would not end; nearly always none.</returns>
    public async Task<IReadOnlyList<int>> EndAsync()
    {
        Posix.KillGroup(leader);
        long start = Environment.TickCount64;
        for (int pause = 1; ; pause = Math.Min(pause * 2, 50))
        {
            List<int> alive = [.. Alive()];
            if (alive.Count == 0 || Environment.TickCount64 - start > Patience.TotalMilliseconds)
                return alive;
            // One may have been born between the look and the kill, or stand in another group of the session.
            alive.ForEach(Posix.KillProcess);
            await Task.Delay(pause, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private IEnumerable<int> Alive()
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int process) && Belongs(folder))
                yield return process;
        }
    }

    // stat: id (name) state parent group session …; a name may hold blanks and brackets. A zombie has ended, whoever adopted it may take its time to notice.
    private bool Belongs(string folder)
    {
        try
        {
            string stat = File.ReadAllText(Path.Combine(folder, "stat"));
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ', 5);
            string id = leader.ToString(CultureInfo.InvariantCulture);
            return fields[0] is not ("Z" or "X") && (fields[2] == id || fields[3] == id);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

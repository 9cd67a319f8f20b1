using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Verification;

/// <summary>Turns a panic's addresses into functions and, where the kernel has debug information, files and lines. The tree's decode_stacktrace.sh wants kallsyms'
/// names, which a small configuration does not have; System.map knows them all the same.</summary>
/// <param name="symbols">Names and addresses, in the order of the addresses.</param>
public sealed partial class StackDecoder(ImmutableArray<(ulong Address, string Name)> symbols)
{
    private const int MostFrames = 40;

    /// <summary>Reads System.map.</summary>
    /// <param name="lines">Its lines.</param>
    /// <returns>A decoder.</returns>
    public static StackDecoder FromSystemMap(IEnumerable<string> lines) => new(
    [
        .. lines.Select(line => line.Split(' '))
            .Where(words => words is [_, "t" or "T", _])
            .Select(words => (ulong.Parse(words[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), words[2])),
    ]);

    /// <summary>The frames of the console's last stack.</summary>
    /// <param name="console">The console.</param>
    /// <returns>Addresses with function and offset, innermost first.</returns>
    public ImmutableArray<StackFrame> FindFrames(IEnumerable<string> console)
    {
        ImmutableArray<StackFrame>.Builder frames = ImmutableArray.CreateBuilder<StackFrame>();
        foreach (string line in console.SkipWhile(line => !StackBegins().IsMatch(line)))
        {
            if (Frame().Match(line) is { Success: true } match && Resolve(match) is { } frame && frames.Count < MostFrames)
                frames.Add(frame);
        }

        return frames.ToImmutable();
    }

    /// <summary>Adds file and line to frames.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="vmlinux">The kernel with its debug information.</param>
    /// <param name="cancellation">Ends addr2line.</param>
    /// <returns>A line a frame; without <c>(file:line)</c> where there is no debug information.</returns>
    public static async Task<ImmutableArray<string>> DescribeAsync(ImmutableArray<StackFrame> frames, string vmlinux, CancellationToken cancellation)
    {
        if (frames.IsEmpty || !File.Exists(vmlinux) || ExecutableSearch.TryFind("addr2line") is null)
            return [.. frames.Select(frame => frame.ToString())];
        Command command = new("addr2line", ["-e", vmlinux, .. frames.Select(frame => frame.Address.ToString("x", CultureInfo.InvariantCulture))]);
        CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
        string[] places = result.StandardOutput.Split('\n');
        return [.. frames.Select((frame, i) => i < places.Length && !places[i].StartsWith("??", StringComparison.Ordinal) ? $"{frame} ({places[i]})" : frame.ToString())];
    }

    private StackFrame? Resolve(Match match)
    {
        if (match.Groups["name"].Success)
        {
            string name = match.Groups["name"].Value;
            ulong offset = Hex(match.Groups["offset"].Value);
            int at = symbols.IndexOf(symbols.FirstOrDefault(symbol => symbol.Name == name));
            return at < 0 ? null : new StackFrame(symbols[at].Address + offset, name, offset);
        }

        ulong address = Hex(match.Groups["address"].Value);
        int next = symbols.BinarySearch((address, "\uffff"), Comparer<(ulong Address, string Name)>.Create((a, b) =>
            a.Address != b.Address ? a.Address.CompareTo(b.Address) : string.CompareOrdinal(a.Name, b.Name)));
        int found = (next < 0 ? ~next : next) - 1;
        return found < 0 || found == symbols.Length - 1 ? null : new StackFrame(address, symbols[found].Name, address - symbols[found].Address);
    }

    private static ulong Hex(string digits) => ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"RIP: |Call Trace:|Oops:|BUG: |Kernel panic")]
    private static partial Regex StackBegins();

    // With kallsyms "name+0x1/0x2", without it a bare address; lines with "?" are guesses of the unwinder and are left out.
    [GeneratedRegex(@"^(?!.*\? )(?:.*RIP: \w+:|(?:\[[^\]]*\])?\s+)(?:(?<name>[A-Za-z_][\w.]*)\+0x(?<offset>[0-9a-f]+)/0x|(?:0x)?(?<address>ffffffff[0-9a-f]{8})\b)")]
    private static partial Regex Frame();
}

/// <summary>A frame of a stack.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Function">The function.</param>
/// <param name="Offset">How many bytes into it.</param>
public sealed record StackFrame(ulong Address, string Function, ulong Offset)
{
    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Function}+0x{Offset:x}");
}

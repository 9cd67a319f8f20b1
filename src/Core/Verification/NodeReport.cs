using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Verification;

/// <summary>What one machine has shown of a patched kernel: a document of vfio-bar-check from real hardware, or a machine of a soak.</summary>
/// <param name="File">The file that it is from.</param>
/// <param name="Node">The machine's name.</param>
/// <param name="Kernel">Its <c>uname -r</c>.</param>
/// <param name="Cycles">How many cycles it has run.</param>
/// <param name="Complaint">What speaks against it, or null.</param>
public sealed record NodeReport(string File, string Node, string Kernel, long Cycles, string? Complaint)
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">vfio-bar-check's document, or soak.json.</param>
    /// <returns>A report for each machine in it.</returns>
    /// <exception cref="KernelException">EVK6018: it is neither, or not whole.</exception>
    public static ImmutableArray<NodeReport> Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllText(path));
            return document.RootElement.ValueKind == JsonValueKind.Array ? [ReadCheck(path, document.RootElement)] : ReadSoak(path, document.RootElement);
        }
        catch (Exception exception) when (exception is IOException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new KernelException(
                ErrorCodes.NodeReportUnreadable,
                $"This is neither a whole document of vfio-bar-check nor a soak.json: {exception.Message}",
                new SourceLocation(path));
        }
    }

    /// <summary>Sums reports, a line a kernel.</summary>
    /// <param name="reports">The reports.</param>
    /// <returns>The lines.</returns>
    public static ImmutableArray<string> Sum(IEnumerable<NodeReport> reports) =>
    [
        .. reports.GroupBy(report => report.Kernel).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => string.Create(
            CultureInfo.InvariantCulture,
            $"{group.Key}: {group.Count()} machines, {group.Sum(report => report.Cycles):N0} cycles, {group.Count(report => report.Complaint is not null)} failures")),
    ];

    private static NodeReport ReadCheck(string path, JsonElement array)
    {
        ImmutableArray<ProtocolLine> lines = [.. array.EnumerateArray().Select(element => ProtocolLine.TryParse(element.GetRawText()) ?? throw new JsonException("a member is not flat"))];
        ProtocolLine begin = lines.FirstOrDefault(line => line.Event == "begin") ?? throw new JsonException("it has no beginning");
        ImmutableArray<ProtocolLine> results = [.. lines.Where(line => line.Event == "result")];
        if (lines[^1] is not { Event: "end" } end || end.Count("results") != results.Length || results.IsEmpty)
            throw new JsonException("it has no end, or not all results");
        int cycles = (int)Math.Min(begin.Count("cycles"), int.MaxValue);
        IEnumerable<string> complaints = results
            .Select(result => VerdictEngine.Judge(result.Text("check"), KernelRole.Patched, result, cycles))
            .Where(verdict => !verdict.Passed)
            .Select(verdict => $"{verdict.Check}: {verdict.Seen}");
        string complaint = string.Join("; ", complaints);
        long done = results.Where(result => result.Text("check") == KernelChecks.DisabledBar).Sum(result => result.Count("cycles"));
        return new NodeReport(path, $"{begin.Text("node")} {begin.Text("device")}", begin.Text("kernel"), done, complaint.Length == 0 ? null : complaint);
    }

    private static ImmutableArray<NodeReport> ReadSoak(string path, JsonElement soak) =>
    [
        .. soak.GetProperty("machines").EnumerateArray().Select(machine => new NodeReport(
            path,
            $"machine {machine.GetProperty("number").GetInt32()}",
            soak.GetProperty("kernel").GetString()!,
            machine.GetProperty("cycles").GetInt64(),
            machine.GetProperty("outcome").GetString() == SoakMachine.Died ? machine.GetProperty("detail").GetString() ?? SoakMachine.Died : null)),
    ];
}

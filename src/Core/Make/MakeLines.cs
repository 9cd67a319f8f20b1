using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Make;

/// <summary>Collects what make's lines tell, within bounds.</summary>
/// <param name="parser">Understands a line.</param>
/// <param name="sink">Takes warnings at once.</param>
internal sealed class MakeLines(LogParser parser, IDiagnosticSink sink)
{
    private const int MostDiagnostics = 2000;
    private const int MostFiles = 100_000;
    private const int LongestMessage = 2000;
    private const int LastLines = 15;

    private readonly HashSet<Diagnostic> _seen = [];
    private readonly List<Diagnostic> _warnings = [];
    private readonly List<Diagnostic> _errors = [];
    private readonly Queue<string> _last = new();
    private readonly HashSet<string> _files = new(StringComparer.Ordinal);

    /// <summary>How many objects make has compiled from C or assembler, host programs not counted.</summary>
    public int ObjectsCompiled { get; private set; }

    /// <summary>The files that lines have complained about, absolute.</summary>
    public IReadOnlyCollection<string> WarnedFiles => _files;

    /// <summary>Takes a line.</summary>
    /// <param name="line">The line.</param>
    public void Take(string line)
    {
        if (_last.Count == LastLines)
            _last.Dequeue();
        _last.Enqueue(line.Length > 500 ? line[..500] + "…" : line);

        if (line.StartsWith("  CC ", StringComparison.Ordinal) || line.StartsWith("  AS ", StringComparison.Ordinal))
            ObjectsCompiled++;

        // A warning in a header comes with each file that includes it; once is enough.
        if (parser.Parse(line) is not { } parsed || !IsWanted(parsed))
            return;
        Diagnostic diagnostic = parsed.Message.Length > LongestMessage ? parsed with { Message = parsed.Message[..LongestMessage] + "…" } : parsed;
        if (!_seen.Add(diagnostic))
            return;
        if (diagnostic.Severity == Severity.Error)
        {
            // Not told yet: whether it is an error is decided by how make ends, since Makefiles also try things that may fail.
            _errors.Add(diagnostic);
            return;
        }

        _warnings.Add(diagnostic);
        sink.Report(diagnostic);
    }

    // Of too many diagnostics each file's first is still wanted: a gate's file may come late.
    private bool IsWanted(Diagnostic diagnostic)
    {
        bool firstOfFile = diagnostic is { Location: { } place } && diagnostic.Code != ErrorCodes.MakeFailed && _files.Count < MostFiles && _files.Add(place.File);
        return firstOfFile || _seen.Count < MostDiagnostics;
    }

    /// <summary>The warnings of a make that succeeded.</summary>
    /// <returns>Each once.</returns>
    public ImmutableArray<Diagnostic> Finish()
    {
        foreach (Diagnostic error in _errors)
        {
            Diagnostic warning = error with { Severity = Severity.Warning };
            _warnings.Add(warning);
            sink.Report(warning);
        }

        return [.. _warnings];
    }

    /// <summary>The failure of a make that failed.</summary>
    /// <param name="exitCode">Its exit code.</param>
    /// <param name="logFile">The log's path.</param>
    /// <returns>The first real error first.</returns>
    public KernelException Failure(int exitCode, string logFile)
    {
        // A full disk or a killed compiler is the cause of much that compilers complain about then, and arrives after it.
        List<Diagnostic> errors =
        [
            .. _errors.Where(error => error.Code != ErrorCodes.MakeFailed).OrderBy(error => error.Code?.Kind == ErrorKind.Infrastructure ? 0 : 1),
        ];
        if (errors.Count == 0)
        {
            bool killed = exitCode == 128 + 9;
            string reason = _errors.Count > 0 ? _errors[0].Message
                : killed ? "make was killed. Memory has probably run out: use fewer jobs, or more memory"
                : string.Create(CultureInfo.InvariantCulture, $"make ended with exit code {exitCode}");
            errors.Add(new Diagnostic(
                Severity.Error,
                killed ? ErrorCodes.BuildKilled : ErrorCodes.MakeFailed,
                $"{reason}. Its last lines:{string.Concat(_last.Select(line => "\n  " + line))}",
                _errors.Count > 0 ? _errors[0].Location : null));
        }

        errors[0] = errors[0] with { Message = $"{errors[0].Message}{(errors[0].Message.Contains('\n', StringComparison.Ordinal) ? "\n" : " ")}(make's log: {logFile})" };
        return new KernelException(errors);
    }
}

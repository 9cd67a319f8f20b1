using System.Globalization;
using EveKernel.Core.Patches.Status;

namespace EveKernel.Tests.Patches.Status;

/// <summary>What happens to one patch on a branch, step by step, and what is to be said of it then.</summary>
internal sealed class GeneratedHistory
{
    private const int Lines = 40;
    private const string Old = "\tstatement number 20;";

    private readonly Random _random;
    private readonly string _upstream;
    private readonly string _new;
    private readonly List<Taking> _takings = [];
    private string _body = Old;
    private int _above;
    private bool _context;
    private int _reworks;
    private Action<string> _committed = _ => { };

    public GeneratedHistory(Random random, int number)
    {
        (_random, Number) = (random, number);
        _upstream = string.Concat(Enumerable.Range(0, 40).Select(_ => "0123456789abcdef"[random.Next(16)]));
        _new = string.Create(CultureInfo.InvariantCulture, $"\tdo_the_right_thing_{number}(now);");
    }

    public int Number { get; }

    public string Path => string.Create(CultureInfo.InvariantCulture, $"mm/f{Number}.c");

    public string Subject => string.Create(CultureInfo.InvariantCulture, $"mm: Do the right thing in {Number}");

    public string Message { get; private set; } = "";

    public List<string> Steps { get; } = [];

    public string Fixed => StatusSetup.Lines(Lines, (20, _new));

    public string Text => string.Concat(Enumerable.Repeat("/* above */\n", _above)) + StatusSetup.Lines(Lines, _context ? [(18, "\tanother;"), (20, _body)] : [(20, _body)]);

    private Taking? Standing => _takings.LastOrDefault(one => one.Stands);

    public string Mail(string diff) =>
        $"From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\nFrom: A <a@a>\nDate: Tue, 2 Jan 2024 03:04:05 +0100\n" +
        $"Subject: [PATCH] {Subject}\n\nUpstream: commit {_upstream[..12]}\n---\n{diff}-- \n2.39\n";

    /// <summary>Does a step that makes sense where the branch is.</summary>
    /// <returns>False where its history has ended.</returns>
    public bool Next()
    {
        string before = Text;
        _committed = _ => { };
        Action[] steps = Standing is { } standing
            ? [() => TakeBack(standing), () => TakeBack(standing), () => TakeBack(standing), Rework, Lose, MoveContext, MoveDown, Speak, () => TakeAgain(standing), () => { }]
            : [Take, Take, Take, Take, Restore, Restore, MoveContext, MoveDown, Speak, () => { }];
        Message = "";
        steps[_random.Next(steps.Length)]();
        if (Message.Length == 0)
            return false;
        Steps.Add(Message.ReplaceLineEndings(" | ") + (Text == before ? " (text as before)" : ""));
        return true;
    }

    public void Committed(string id) => _committed(id);

    /// <summary>Compares a verdict with what was done; null where they agree.</summary>
    public string? Disagreement(PatchStatus status, bool applies, bool comesOff)
    {
        Taking[] told = [.. _takings.Where(one => one.IsTold)];
        PatchVerdict expected =
            comesOff ? told.Any(one => one is { Stands: true, Upstream: true }) && told.Any(one => one is { Stands: true, Upstream: false }) ? PatchVerdict.Redundant : PatchVerdict.Applied
            : applies ? told.Length > 0 ? PatchVerdict.Missing : PatchVerdict.Applies
            : told.Any(one => one.Stands) || _takings.Any(one => one is { Stands: true, SamePatchId: true }) || (_body == _new && _context) ? PatchVerdict.Applied
            : PatchVerdict.Conflicts;
        if (status.Verdict != expected)
            return $"git: applies {applies}, comes off {comesOff}; what was done: {expected}";
        // What stands is told by its commit, and what was taken back with what took it.
        foreach (Taking one in told.Where(one => one.Stands || (expected is PatchVerdict.Applied or PatchVerdict.Missing && !comesOff)))
        {
            string line = status.Evidence.FirstOrDefault(line => line.Contains(one.Id[..12], StringComparison.Ordinal)) ?? "";
            if (line.Length == 0)
                return $"{one.Id[..12]} is not told";
            if (line.Contains("takes it back", StringComparison.Ordinal) == one.Stands)
                return $"{one.Id[..12]} {(one.Stands ? "stands" : "was taken back")}, which is told otherwise";
        }

        return null;
    }

    private void Take()
    {
        if (_body != Old)
            return;
        bool asItIs = _random.Next(3) > 0;
        bool exact = asItIs && !_context;
        string subject = _random.Next(3) == 0 ? Subject : string.Create(CultureInfo.InvariantCulture, $"mm: Another name {_random.Next(1_000_000)} of {Number}");
        bool upstream = _random.Next(2) == 0;
        string[] forms = [$"commit {_upstream} upstream.", $"[ Upstream commit {_upstream} ]", $"(cherry picked from commit {_upstream[..12]})"];
        Message = subject + "\n" + (upstream ? $"\n{forms[_random.Next(forms.Length)]}\n" : "");
        _body = asItIs ? _new : string.Create(CultureInfo.InvariantCulture, $"\tdo_right_{Number}_otherwise_{++_reworks}();");
        string body = _body;
        _committed = id => _takings.Add(new Taking(id, subject, body, upstream || subject == Subject, upstream) { SamePatchId = exact });
    }

    private void TakeBack(Taking standing)
    {
        // Two that stand would want two that take them back.
        if (_body != standing.Body || _takings.Count(one => one.Stands) > 1)
            return;
        bool again = standing.Restorer is not null;
        string target = standing.Restorer ?? standing.Id;
        string subject = again ? $"Revert \"{standing.RestorerSubject}\"" : $"Revert \"{standing.Subject}\"";
        string byId = $"This reverts commit {target}.";
        Message = _random.Next(4) switch
        {
            0 => $"{subject}\n\n{byId}\n",
            1 => $"mm: Take {Number} out\n\n{byId[..^29]}.\n",
            // It may say only by its name what it takes back, as one who types it by hand does.
            2 => $"Revert \"{standing.Subject}\"\n",
            _ => $"{subject}\n\nIt hangs. {byId}\n\nReported-by: A <a@a>\n",
        };
        string name = Message.Split('\n')[0];
        _body = Old;
        _committed = id => (standing.Stands, standing.Reverter, standing.ReverterSubject) = (false, id, name);
    }

    private void Restore()
    {
        if (_takings.LastOrDefault() is not { Reverter: { } reverter } last || _body != Old)
            return;
        string subject = _random.Next(2) == 0 ? $"Revert \"{last.ReverterSubject}\"" : $"Reapply \"{last.Subject}\"";
        Message = $"{subject}\n\nThis reverts commit {reverter}.\n";
        _body = last.Body;
        bool samePatchId = last.SamePatchId || (last.Body == _new && !_context);
        _committed = id => (last.Stands, last.Restorer, last.RestorerSubject, last.Reverter, last.SamePatchId) = (true, id, subject, null, samePatchId);
    }

    private void TakeAgain(Taking standing)
    {
        // As merges of stable do: the commit comes a second time, under its other name, and changes nothing.
        if (_takings.Count(one => one.Stands) > 1 || standing.Upstream)
            return;
        Message = $"mm: Merged once more {Number}\n\ncommit {_upstream} upstream.\n";
        _above++;
        _committed = id => _takings.Add(new Taking(id, $"mm: Merged once more {Number}", _body, true, true));
    }

    private void Rework()
    {
        Message = $"mm: Rework {Number}\n";
        _body = string.Create(CultureInfo.InvariantCulture, $"\treworked_{Number}_{++_reworks}();");
    }

    private void Lose()
    {
        Message = $"Merge of something into {Number}\n";
        _body = Old;
    }

    private void MoveContext()
    {
        Message = $"mm: Change what stands beside it in {Number}\n";
        _context = !_context;
    }

    private void MoveDown()
    {
        Message = $"mm: Say more in {Number}\n";
        _above += _random.Next(1, 6);
    }

    private void Speak()
    {
        // To speak of a commit is not to be it.
        Message = _random.Next(2) == 0
            ? $"mm: Follow up {_random.Next(1_000_000)} of {Number}\n\nFixes: {_upstream[..12]} (\"{Subject}\")\n"
            : $"mm: Words {_random.Next(1_000_000)} of {Number}\n\nAfter commit {_upstream[..12]} (\"{Subject}\") and its Revert \"{Subject}\" this is left.\n";
        _above++;
    }

    private sealed record Taking(string Id, string Subject, string Body, bool IsTold, bool Upstream)
    {
        /// <summary>Whether a commit of it has the diff that the patch has.</summary>
        public bool SamePatchId { get; set; }

        public bool Stands { get; set; } = true;

        public string? Reverter { get; set; }

        public string ReverterSubject { get; set; } = "";

        public string? Restorer { get; set; }

        public string RestorerSubject { get; set; } = "";
    }
}

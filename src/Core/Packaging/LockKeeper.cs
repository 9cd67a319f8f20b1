using EveKernel.Core.Diagnostics;
using EveKernel.Core.Source;

namespace EveKernel.Core.Packaging;

/// <summary>Keeps a project's lock file: what it knows of the source, and whether a plan is what it says.</summary>
/// <param name="file">The file, absolute.</param>
/// <param name="use">What to do with it.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class LockKeeper(string file, LockUse use, IDiagnosticSink sink)
{
    /// <summary>The lock, where it is to be believed.</summary>
    /// <param name="pin">The project's source.</param>
    /// <returns>The lock, or null.</returns>
    /// <exception cref="KernelException">EVK5020, EVK5021: it is required, and missing or of another source; EVK5023: it cannot be read.</exception>
    public KernelLock? Open(SourcePin pin)
    {
        string? id = IdOf(pin);
        if (pin is DirectoryPin || use == LockUse.Renew)
            return null;
        if (id is null)
            return use == LockUse.Require ? throw Missing("A branch that floats cannot be locked: pin KernelCommit.") : null;
        KernelLock? kept = KernelLock.TryRead(file);
        if (use == LockUse.Require && kept is null)
            throw Missing("Run 'dotnet msbuild -t:KernelLock', and commit the file.");
        if (use == LockUse.Require && kept!.Source.Pin != id)
            throw Stale([$"source pin: {kept.Source.Pin} → {id}"]);
        return kept?.Source.Pin == id ? kept : null;
    }

    /// <summary>Compares the plan with the lock, or writes it.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="pin">The project's source.</param>
    /// <exception cref="KernelException">EVK5021: it is required, and differs.</exception>
    public void Close(BuildPlan plan, SourcePin pin)
    {
        if (IdOf(pin) is null)
            return;
        KernelLock now = KernelLock.Of(plan);
        if (use == LockUse.Require && KernelLock.TryRead(file) is { } kept && kept.DifferencesTo(now) is { IsEmpty: false } differences)
            throw Stale(differences);
        if (use is LockUse.Update or LockUse.Renew && now.Write(file))
            sink.Report(new Diagnostic(Severity.Message, null, $"Wrote {file}"));
    }

    /// <summary>Refuses a lock that says of the source what is not so.</summary>
    /// <param name="planned">What the lock says.</param>
    /// <param name="found">What the tree says.</param>
    /// <param name="file">The lock file.</param>
    /// <exception cref="KernelException">EVK5022: the two differ.</exception>
    public static void RequireAgreement(SourceRecord planned, SourceRecord found, string file)
    {
        string[] differences = [.. LockedSource.Of(planned, null).DifferencesTo(LockedSource.Of(found, null))];
        if (differences.Length > 0)
        {
            throw new KernelException(
                ErrorCodes.LockContradicted,
                $"'{file}' says of the source what its tree contradicts (lock → tree):\n  {string.Join("\n  ", differences)}\n"
                + "Run 'dotnet msbuild -t:KernelLock' to write it anew.",
                new SourceLocation(file));
        }
    }

    private static string? IdOf(SourcePin pin) => pin switch
    {
        GitPin git => git.Commit?.ToLowerInvariant(),
        ArchivePin archive => archive.Sha256.ToLowerInvariant(),
        _ => null,
    };

    private KernelException Missing(string advice) => new(
        ErrorCodes.LockMissing,
        $"There is no '{file}', and the build may only take what is locked (RestoreLockedMode, or CI). {advice}",
        new SourceLocation(file));

    private KernelException Stale(IEnumerable<string> differences) => new(
        ErrorCodes.LockStale,
        $"'{file}' is not of the project's inputs, and the build may only take what is locked (RestoreLockedMode, or CI). Locked → now:\n"
        + $"  {string.Join("\n  ", differences)}\n"
        + "If that is what you want, run 'dotnet msbuild -t:KernelLock', and commit the file.",
        new SourceLocation(file));
}

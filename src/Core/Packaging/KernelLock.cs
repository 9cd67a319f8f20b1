using System.Collections.Immutable;
using System.Text.Json;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Packaging;

/// <summary>kernel.lock.json: what a build must know of the pinned source before a tree is there, and toolchain, inputs and key of the last accepted build.</summary>
public sealed record KernelLock
{
    private static readonly JsonSerializerOptions Json = new(JsonFile.Readable)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>The form of this file; 1.</summary>
    public required int Schema { get; init; }

    /// <summary>What is known of the pinned source.</summary>
    public required LockedSource Source { get; init; }

    /// <summary>The digest of the toolchain's archive, or null.</summary>
    public string? ToolchainArchive { get; init; }

    /// <summary>The programs of the last accepted build.</summary>
    public required ImmutableArray<Tool> Toolchain { get; init; }

    /// <summary>Its other inputs, a line each, with the file that it came from behind <c>#</c>.</summary>
    public required ImmutableArray<string> Inputs { get; init; }

    /// <summary>Its key.</summary>
    public required string Key { get; init; }

    /// <summary>Makes the lock of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <returns>The lock.</returns>
    public static KernelLock Of(BuildPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return new KernelLock
        {
            Schema = 1,
            Source = LockedSource.Of(plan.Source, plan.ArchiveSha256),
            ToolchainArchive = plan.ToolchainArchiveSha256,
            Toolchain = [.. plan.Toolchain.Select(tool => tool with { Path = null })],
            Inputs = [.. BuildKey.TryParse(plan.KeyText)!.Inputs.Where(IsOther).Select(Line)],
            Key = plan.Key,
        };
    }

    /// <summary>Reads a lock.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The lock, or null when there is none.</returns>
    /// <exception cref="KernelException">EVK5023: it has another form.</exception>
    public static KernelLock? TryRead(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        try
        {
            KernelLock? read = JsonSerializer.Deserialize<KernelLock>(text, Json);
            return read is { Schema: 1, Inputs.IsDefault: false, Toolchain.IsDefault: false } ? read : throw Unreadable(path, "its schema is not 1", null);
        }
        catch (JsonException exception)
        {
            throw Unreadable(path, exception.Message, exception);
        }
    }

    /// <summary>Writes the lock, unless the file holds just this.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Whether it was written.</returns>
    public bool Write(string path)
    {
        string text = JsonFile.ToText(this, Json);
        if (File.Exists(path) && File.ReadAllText(path) == text)
            return false;
        DurableFile.WriteAllText(path, text);
        return true;
    }

    /// <summary>What differs, a line each, old → new. Where a file lies is no difference.</summary>
    /// <param name="other">The newer lock.</param>
    /// <returns>The lines; none when the two agree.</returns>
    public ImmutableArray<string> DifferencesTo(KernelLock other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return
        [
            .. Source.DifferencesTo(other.Source),
            .. Differences(InputLines, other.InputLines),
            .. Differences([("toolchain archive", ToolchainArchive ?? "none")], [("toolchain archive", other.ToolchainArchive ?? "none")]),
            .. Differences([.. Toolchain.Select(Describe)], [.. other.Toolchain.Select(Describe)]),
            .. Differences([("key", Key)], [("key", other.Key)]),
        ];
    }

    /// <summary>Pairs what has one name, in order.</summary>
    /// <param name="old">Names and values.</param>
    /// <param name="now">Names and values.</param>
    /// <returns>A line for each pair that differs.</returns>
    internal static IEnumerable<string> Differences(ImmutableArray<(string Name, string Value)> old, ImmutableArray<(string Name, string Value)> now)
    {
        foreach (string name in old.Concat(now).Select(pair => pair.Name).Distinct())
        {
            string[] before = [.. old.Where(pair => pair.Name == name).Select(pair => pair.Value)];
            string[] after = [.. now.Where(pair => pair.Name == name).Select(pair => pair.Value)];
            for (int i = 0; i < Math.Max(before.Length, after.Length); i++)
            {
                (string a, string b) = (before.ElementAtOrDefault(i) ?? "none", after.ElementAtOrDefault(i) ?? "none");
                if (a.Split(" # ")[0] != b.Split(" # ")[0])
                    yield return $"{name}: {a} → {b}";
            }
        }
    }

    private ImmutableArray<(string Name, string Value)> InputLines =>
        [.. Inputs.Select(line => line.Split(' ', 2)).Select(parts => (parts[0], parts.ElementAtOrDefault(1) ?? ""))];

    private static (string Name, string Value) Describe(Tool tool) => (tool.Name, $"{tool.Version} sha256 {tool.Sha256}".TrimStart());

    private static bool IsOther(KeyInput input) =>
        !input.Name.StartsWith("tool", StringComparison.Ordinal) && !input.Name.StartsWith("source-", StringComparison.Ordinal);

    private static string Line(KeyInput input) => input.Name is "fragment" or "defconfig-file" || input.Name.StartsWith("patch/", StringComparison.Ordinal)
        ? $"{input} # {input.Origin}" : input.ToString();

    private static KernelException Unreadable(string path, string why, Exception? inner) => new(
        ErrorCodes.LockUnreadable,
        $"'{path}' cannot be read: {why}. Delete it, run 'dotnet msbuild -t:KernelLock', and commit what that writes.",
        new SourceLocation(path),
        inner);
}

/// <summary>The part of the lock that is known of a pinned source.</summary>
/// <param name="Kind"><c>git</c> or <c>archive</c>.</param>
/// <param name="Pin">The commit, or the archive's digest.</param>
/// <param name="KernelVersion">The tree's own version.</param>
/// <param name="Commit">The commit in the store.</param>
/// <param name="CommitTime">What the build takes for now.</param>
/// <param name="TimeSource">Where that time comes from.</param>
/// <param name="Tree">The tree's id.</param>
public sealed record LockedSource(string Kind, string Pin, string KernelVersion, string Commit, DateTimeOffset CommitTime, string TimeSource, string Tree)
{
    /// <summary>What is locked of a source.</summary>
    /// <param name="source">The source; not one that somebody edits.</param>
    /// <param name="archiveSha256">The digest of its archive, or null.</param>
    /// <returns>The part.</returns>
    public static LockedSource Of(SourceRecord source, string? archiveSha256)
    {
        ArgumentNullException.ThrowIfNull(source);
        string pin = archiveSha256?.ToLowerInvariant() ?? source.Commit;
        return new(source.Kind, pin, source.KernelVersion, source.Commit, source.CommitTime, source.TimeSource, source.Tree);
    }

    /// <summary>The source, as if it had been fetched.</summary>
    /// <returns>The record.</returns>
    public SourceRecord ToRecord() => new(Kind, Commit, Tree, CommitTime, TimeSource, KernelVersion);

    /// <summary>What differs, a line each, old → new.</summary>
    /// <param name="other">The newer one.</param>
    /// <returns>The lines.</returns>
    public IEnumerable<string> DifferencesTo(LockedSource other) =>
        KernelLock.Differences(Lines, (other ?? throw new ArgumentNullException(nameof(other))).Lines);

    private ImmutableArray<(string Name, string Value)> Lines =>
    [
        ("source kind", Kind),
        ("source pin", Pin),
        ("kernel version", KernelVersion),
        ("commit", Commit),
        ("commit time", CommitTime.UtcDateTime.ToString("u", System.Globalization.CultureInfo.InvariantCulture)),
        ("tree", Tree),
    ];
}

/// <summary>What a plan does with the lock file.</summary>
public enum LockUse
{
    /// <summary>Believes it where it is of the project's pin.</summary>
    Read,

    /// <summary>As <see cref="Read"/>, and writes it when something has changed.</summary>
    Update,

    /// <summary>Writes it anew from the tree.</summary>
    Renew,

    /// <summary>Refuses to go on when it is missing or differs.</summary>
    Require,
}

using System.Collections.Immutable;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Rebuild;

/// <summary>Holds all files of two results against each other: what the manifests list, the manifests and keys themselves, and the packages.</summary>
/// <param name="plan">The first build's plan.</param>
/// <param name="packageFolder">Where the first build's package is.</param>
/// <param name="second">The second build's result.</param>
/// <param name="sides">What both builds saw.</param>
/// <param name="folder">The check's own folder.</param>
/// <param name="environment">The host's environment.</param>
internal sealed class ResultComparison(
    BuildPlan plan,
    string packageFolder,
    SecondResult second,
    (BuildSide First, BuildSide Second) sides,
    string folder,
    ImmutableDictionary<string, string> environment)
{
    private static readonly TimeSpan LongestDiffoscope = TimeSpan.FromMinutes(1);

    private readonly ContentComparer _comparer = new(
        new LeakClassifier(sides.First, sides.Second), new ElfReader(Path.Combine(folder, "compare"), environment), environment);

    /// <summary>Compares.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The names of what was compared, and what differs.</returns>
    public async Task<(ImmutableArray<string> Compared, ImmutableArray<Difference> Differences)> RunAsync(CancellationToken cancellation)
    {
        string[] files = [.. plan.Parts.SelectMany(part => FilesOf(part.Folder)), "key.txt"];
        string[] packages = [.. plan.Parts.Select(part => plan.PackageFile("", plan.IdOf(part)))];
        List<Found> found = [];
        foreach (string file in files)
            await AddAsync(found, file, plan.OutputFolder, second.OutputFolder, cancellation).ConfigureAwait(false);
        foreach (string package in packages)
            await AddAsync(found, package, packageFolder, second.PackageFolder, cancellation).ConfigureAwait(false);
        if (found.Count == 0)
            return ([.. files, .. packages], []);

        ObjectTreeTrace trace = new(plan.ObjectTree, second.ObjectTree, _comparer);
        ImmutableArray<TracedFile> traced = await trace.FindAsync(cancellation).ConfigureAwait(false);
        // What describes the files, and a package, differ because a file does.
        List<Found> causes = [.. found.Where(one => Path.GetFileName(one.File) is not ("manifest.json" or Provenance.FileName or Sbom.FileName) && !packages.Contains(one.File))];
        ImmutableArray<Difference>.Builder differences = ImmutableArray.CreateBuilder<Difference>();
        foreach (Found one in causes.Count > 0 ? causes : found)
            differences.Add(await DescribeAsync(one, trace, traced, causes, cancellation).ConfigureAwait(false));
        return ([.. files, .. packages], differences.ToImmutable());
    }

    private IEnumerable<string> FilesOf(string folder) =>
        Listed(Path.Combine(plan.OutputFolder, folder)).Union(Listed(Path.Combine(second.OutputFolder, folder)))
            .Order(StringComparer.Ordinal)
            .Append("manifest.json")
            .Append(Provenance.FileName)
            .Select(file => Path.Combine(folder, file));

    private static IEnumerable<string> Listed(string output) =>
        Manifest.TryRead(Path.Combine(output, "manifest.json"))?.Files.Select(file => file.Path) ?? [];

    private async Task AddAsync(List<Found> found, string file, string folder, string otherFolder, CancellationToken cancellation)
    {
        string one = Path.Combine(folder, file);
        string other = Path.Combine(otherFolder, file);
        if (!File.Exists(one) || !File.Exists(other))
        {
            if (File.Exists(one) != File.Exists(other))
                found.Add(new Found(file, one, other, null));
            return;
        }

        // Most are the same, and some are larger than what one array holds.
        if (Digest.OfFile(one) == Digest.OfFile(other))
            return;
        byte[] here = await File.ReadAllBytesAsync(one, cancellation).ConfigureAwait(false);
        byte[] there = await File.ReadAllBytesAsync(other, cancellation).ConfigureAwait(false);
        ImmutableArray<Mismatch> mismatches = await _comparer.CompareAsync(here, there, cancellation).ConfigureAwait(false);
        if (!mismatches.IsEmpty)
            found.Add(new Found(file, one, other, mismatches[0]));
    }

    private async Task<Difference> DescribeAsync(
        Found found, ObjectTreeTrace trace, ImmutableArray<TracedFile> traced, List<Found> all, CancellationToken cancellation)
    {
        if (found.Mismatch is not { } mismatch)
        {
            string lacking = File.Exists(found.One) ? "second" : "first";
            return new Difference(found.File, $"the {lacking} build has no such file.", Leak.Unknown, Leaks.Cure(Leak.Unknown));
        }

        string place = mismatch.Describe();
        Leak leak = mismatch.Leak;
        // Bytes that tell nothing by themselves follow from what does, if all that does tells the same. A line of text would tell.
        if (mismatch.Rank > 1 && !mismatch.IsText)
        {
            IEnumerable<Mismatch> others = traced.Select(file => file.Mismatch).Concat(all.Select(other => other.Mismatch).OfType<Mismatch>());
            Mismatch[] telling = [.. others.Where(other => other.Rank < 2)];
            if (telling.DistinctBy(other => other.Leak).Count() == 1)
            {
                leak = telling[0].Leak;
                place += $" It follows from {Leaks.Describe(leak)} elsewhere: '{telling[0].FirstText.Trim()}' and '{telling[0].SecondText.Trim()}'.";
            }
        }

        return new Difference(found.File, place, leak, Leaks.Cure(leak))
        {
            Begins = [.. Beginnings(found.File, trace, traced, leak).Take(3)],
            Diffoscope = await RunDiffoscopeAsync(found, cancellation).ConfigureAwait(false),
        };
    }

    // For an object that is a result itself: what it was compiled from. For what was linked: texts of that leak, else objects of it, else whatever differs.
    private static IEnumerable<string> Beginnings(string file, ObjectTreeTrace trace, ImmutableArray<TracedFile> traced, Leak leak)
    {
        const string objects = "objects/";
        if (file.StartsWith(objects, StringComparison.Ordinal))
            return trace.SourcesOf(file[objects.Length..], traced);
        ImmutableArray<TracedFile> ofLeak = [.. traced.Where(one => one.Mismatch.Leak == leak)];
        IEnumerable<TracedFile> generated = ofLeak.Where(one => one.Generated);
        return (generated.Any() ? generated : ofLeak.IsEmpty ? traced : ofLeak).Select(one => one.Path);
    }

    private async Task<string?> RunDiffoscopeAsync(Found found, CancellationToken cancellation)
    {
        if (ExecutableSearch.TryFind("diffoscope", environment) is not { } diffoscope)
            return null;
        string report = Path.Combine(folder, "diffoscope", found.File.Replace('/', '_') + ".txt");
        Directory.CreateDirectory(Path.GetDirectoryName(report)!);
        File.Delete(report);
        Command command = new(diffoscope, "--no-progress", "--text", report, found.One, found.Other) { Environment = environment };
        // Of a kernel's debug information it would make hours of disassembly; what this check says of it stands without.
        using CancellationTokenSource bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bounded.CancelAfter(LongestDiffoscope);
        try
        {
            await ProcessRunner.RunAsync(command, bounded.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }

        // It ends with 1 for files that differ; what it wrote tells whether it could.
        return File.Exists(report) ? report : null;
    }

    private sealed record Found(string File, string One, string Other, Mismatch? Mismatch);
}

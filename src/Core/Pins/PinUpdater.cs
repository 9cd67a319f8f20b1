using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Feeds;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Pins;

/// <summary>What decides about pins.</summary>
/// <param name="ProjectFile">The project that asks.</param>
/// <param name="Files">The project files that may hold pins, and packages.lock.json files of theirs.</param>
/// <param name="Packages">The ids to look at; none is all. What belongs to a kernel, such as its .Devel, goes with it.</param>
/// <param name="Wanted">Which kernel is wanted.</param>
/// <param name="Store">The machine's store of git objects, for the commits between two kernels.</param>
public sealed record PinRequest(string ProjectFile, ImmutableArray<string> Files, ImmutableArray<string> Packages, WantedKernel Wanted, string Store);

/// <summary>Reports newer kernels for the pins of project files, and changes the pins.</summary>
/// <param name="request">What decides.</param>
/// <param name="newer">Asks the feeds.</param>
/// <param name="git">For the commits between two kernels.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class PinUpdater(PinRequest request, NewerKernels newer, GitCli git, IDiagnosticSink sink)
{
    private const string LockSuffix = ".lock.json";

    /// <summary>Tells for each pin what is newer.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>How many pinned kernels have a newer one.</returns>
    /// <exception cref="KernelException">EVK5140, EVK5143.</exception>
    public async Task<int> ReportAsync(CancellationToken cancellation)
    {
        int outdated = 0;
        foreach ((KernelRank pinned, ImmutableArray<KernelPin> pins) in FindPins())
        {
            KernelOffer offer = await newer.FindAsync(pins[0].Id, pinned, request.Wanted, cancellation).ConfigureAwait(false);
            if (offer.Newest is null)
            {
                Say($"{pins[0].Id} {pinned}: nothing newer in {LineOf(pinned)}");
            }
            else
            {
                outdated++;
                Say($"{pins[0].Id} {pinned} → {offer.Newest.Rank}");
                foreach (KnownKernel other in offer.EquallyNew)
                    Say($"    equally new: {other.Rank}");
                await DescribeAsync(pins[0].Id, pinned, offer.Newest, cancellation).ConfigureAwait(false);
            }

            SayMore(offer, pins);
        }

        return outdated;
    }

    /// <summary>Changes the pins to the newest kernels, all files in one go.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>How many pinned kernels were changed.</returns>
    /// <exception cref="KernelException">EVK5140 to EVK5143. Nothing was changed then.</exception>
    public async Task<int> UpdateAsync(CancellationToken cancellation)
    {
        List<(KernelRank From, ImmutableArray<KernelPin> Pins, KnownKernel To)> steps = [];
        foreach ((KernelRank pinned, ImmutableArray<KernelPin> pins) in FindPins())
        {
            KernelOffer offer = await newer.FindAsync(pins[0].Id, pinned, request.Wanted, cancellation).ConfigureAwait(false);
            if (!offer.EquallyNew.IsEmpty)
                throw Ambiguous(pins[0], offer);
            if (offer.Newest is { } newest)
                steps.Add((pinned, pins, newest));
            else if (request.Wanted.Version.Length > 0 && request.Wanted.Version != pinned.Version)
                throw new KernelException(ErrorCodes.PinTargetMissing, $"No feed has {pins[0].Id} {request.Wanted.Version} as it should be. Nothing was changed.", Place(pins[0]));
            else
                Say($"{pins[0].Id} {pinned}: nothing newer in {LineOf(pinned)}");
        }

        ImmutableArray<(string Path, byte[] Old, byte[] New)> changes = [.. ChangeProjects(steps), .. ChangeLocks(steps, cancellation)];
        FileSet.Replace(changes);
        foreach ((KernelRank from, ImmutableArray<KernelPin> pins, KnownKernel to) in steps)
        {
            Say($"{pins[0].Id} {from} → {to.Rank}");
            await DescribeAsync(pins[0].Id, from, to, cancellation).ConfigureAwait(false);
        }

        foreach ((string path, _, _) in changes)
            Say($"changed {Show(path)}");
        return steps.Count;
    }

    private (KernelRank Pinned, ImmutableArray<KernelPin> Pins)[] FindPins()
    {
        ImmutableArray<PinFile> files = [.. request.Files.Where(file => !file.EndsWith(LockSuffix, StringComparison.Ordinal)).Where(File.Exists).Distinct(StringComparer.Ordinal).Select(PinFile.Read)];
        (ImmutableArray<KernelPin> pins, ImmutableArray<LoosePin> loose) = PinFinder.Find(files);
        foreach (LoosePin other in loose.Where(other => IsWanted(other.Id)))
        {
            sink.Report(new Diagnostic(
                Severity.Warning, ErrorCodes.PinLoose, $"{other.Id} is '{other.Version}', which is no exact pin, so it is left as it is. Write \"[version]\".", new SourceLocation(other.File, other.Line)));
        }

        (KernelRank Pinned, ImmutableArray<KernelPin> Pins)[] found =
        [
            .. from pin in pins
               where IsWanted(pin.Id)
               let rank = KernelRank.TryParse(pin.Version)
               where rank is not null
               group pin by (Id: pin.Id.ToUpperInvariant(), Rank: rank) into same
               orderby same.Key.Id, same.Key.Rank.Version
               select (same.Key.Rank, same.ToImmutableArray()),
        ];
        if (found.Length == 0)
        {
            string which = request.Packages.IsEmpty ? "a kernel's package" : string.Join(" or ", request.Packages);
            throw new KernelException(
                ErrorCodes.PinMissing,
                $"None of the files pins {which} to an exact version: {string.Join(", ", files.Select(file => Show(file.Path)))}. Write Version=\"[version]\", or name the files in KernelPinFile items.",
                new SourceLocation(request.ProjectFile));
        }

        return found;
    }

    private bool IsWanted(string id) => request.Packages.IsEmpty || request.Packages.Any(wanted =>
        string.Equals(id, wanted, StringComparison.OrdinalIgnoreCase)
        || ((string[])[".Devel", ".Debug"]).Any(suffix => string.Equals(id, wanted + suffix, StringComparison.OrdinalIgnoreCase)));

    private async Task DescribeAsync(string id, KernelRank from, KnownKernel to, CancellationToken cancellation)
    {
        using ResultPackage after = ResultPackage.Open(to.Package, id, to.Rank.Version);
        if (await newer.FindAsync(id, from.Version, cancellation).ConfigureAwait(false) is not { } old)
        {
            Say($"    what it brings is not known: nobody has {from} any more");
            return;
        }

        using ResultPackage before = ResultPackage.Open(old, id, from.Version);
        PackageChange change = new(
            before.Manifest, after.Manifest, PackageChange.CompareOptions(before, after),
            await ReadCommitsAsync(before.Manifest.SourceCommit, after.Manifest.SourceCommit, cancellation).ConfigureAwait(false));
        foreach (string line in change.Describe())
            Say($"    {line}");
    }

    // Known where the machine's store has the history, as KernelHistoryFetch brings it; a shallow commit has none.
    private async Task<ImmutableArray<string>?> ReadCommitsAsync(string from, string to, CancellationToken cancellation)
    {
        if (from == to || !Directory.Exists(request.Store))
            return null;
        try
        {
            if (!await git.IsAncestorAsync(request.Store, from, to, cancellation).ConfigureAwait(false))
                return null;
            CommandResult log = await git.QueryAsync(
                request.Store, ["-c", "log.showSignature=false", "log", "--no-merges", "--abbrev=12", "--format=%h %s", $"{from}..{to}"], null, cancellation).ConfigureAwait(false);
            return log.Succeeded ? [.. log.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)] : null;
        }
        catch (KernelException)
        {
            // A host that only uses kernels need not have git.
            return null;
        }
    }

    private static IEnumerable<(string Path, byte[] Old, byte[] New)> ChangeProjects(List<(KernelRank From, ImmutableArray<KernelPin> Pins, KnownKernel To)> steps)
    {
        ILookup<string, (KernelPin Pin, string To)> byFile = steps.SelectMany(step => step.Pins.Select(pin => (pin, step.To.Rank.Version))).ToLookup(change => change.pin.File);
        foreach (IGrouping<string, (KernelPin Pin, string To)> changes in byFile)
        {
            PinFile file = PinFile.Read(changes.Key);
            string text = file.Text;
            foreach (IGrouping<int, (KernelPin Pin, string To)> place in changes.GroupBy(change => change.Pin.Offset).OrderByDescending(place => place.Key))
            {
                string[] versions = [.. place.Select(change => change.To).Distinct()];
                KernelPin pin = place.First().Pin;
                if (versions.Length > 1 || string.CompareOrdinal(text, pin.Offset, pin.Version, 0, pin.Version.Length) != 0)
                    throw PinFile.Unchangeable(file.Path, pin.Line, $"one version stands for several packages, which would get {string.Join(" and ", versions)}");
                text = string.Concat(text.AsSpan(0, pin.Offset), versions[0], text.AsSpan(pin.Offset + pin.Version.Length));
            }

            yield return (file.Path, file.Bytes, file.Encode(text));
        }
    }

    private IEnumerable<(string Path, byte[] Old, byte[] New)> ChangeLocks(
        List<(KernelRank From, ImmutableArray<KernelPin> Pins, KnownKernel To)> steps, CancellationToken cancellation)
    {
        foreach (string path in request.Files.Where(file => file.EndsWith(LockSuffix, StringComparison.Ordinal)).Where(File.Exists).Distinct(StringComparer.Ordinal))
        {
            byte[] old = File.ReadAllBytes(path);
            byte[] content = old;
            try
            {
                foreach ((KernelRank from, ImmutableArray<KernelPin> pins, KnownKernel to) in steps)
                {
                    string hash = NuGetFeeds.HashContent(to.Package, cancellation);
                    content = RestoreLock.Change(content, pins[0].Id, from.Version, to.Rank.Version, hash) ?? content;
                }
            }
            catch (System.Text.Json.JsonException exception)
            {
                throw PinFile.Unchangeable(path, (int)(exception.LineNumber ?? -1) + 1, "it is no JSON", exception);
            }

            if (content != old)
                yield return (path, old, content);
        }
    }

    private void SayMore(KernelOffer offer, ImmutableArray<KernelPin> pins)
    {
        foreach (KernelRank other in offer.OtherBuilds)
            Say($"    another build of the same commit and revision, not newer: {other}");
        foreach (KernelRank later in offer.LaterLines)
            Say($"    line {later.Line}: {later}");
        foreach (KernelPin pin in pins)
            Say($"    pinned at {Show(pin.File)}:{pin.Line}");
    }

    private string LineOf(KernelRank pinned) => request.Wanted.Line.Length > 0 ? request.Wanted.Line : pinned.Line;

    private static KernelException Ambiguous(KernelPin pin, KernelOffer offer)
    {
        string[] versions = [.. offer.EquallyNew.Prepend(offer.Newest!).Select(kernel => kernel.Rank.Version)];
        using ResultPackage one = ResultPackage.Open(offer.Newest!.Package, pin.Id, offer.Newest.Rank.Version);
        using ResultPackage two = ResultPackage.Open(offer.EquallyNew[0].Package, pin.Id, offer.EquallyNew[0].Rank.Version);
        return new KernelException(
            ErrorCodes.PinAmbiguous,
            $"{pin.Id} has {versions.Length} builds of one commit, time and revision, and nothing says which is newer: {string.Join(", ", versions)}. "
                + $"The first two differ in {string.Join("; ", ManifestDifference.Between(one.ManifestText, two.ManifestText))}. "
                + "Nothing was changed. Choose with -p:KernelPinVersion=…; whoever builds anew from one commit raises KernelRevision.",
            Place(pin));
    }

    private static SourceLocation Place(KernelPin pin) => new(pin.File, pin.Line);

    private string Show(string path) => Path.GetRelativePath(Path.GetDirectoryName(request.ProjectFile)!, path);

    private void Say(string text) => sink.Report(new Diagnostic(Severity.Message, null, text));
}

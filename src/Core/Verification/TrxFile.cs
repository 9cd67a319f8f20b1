using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Verification;

/// <summary>The results as a TRX file, the form that `dotnet test --logger trx` leaves and that build servers read. Each verdict is a test.</summary>
public static class TrxFile
{
    private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    // The type of a unit test and the list of all results, as every reader of the form knows them.
    private const string UnitTest = "13cdc9d9-ddb5-4fa4-a97d-d965ccfc6d4b";
    private const string AllResults = "19431567-8539-422a-85d7-44ee4e166bda";

    /// <summary>Where a logger wants the file, or null when no trx logger is asked for.</summary>
    /// <param name="loggers">The loggers, each with its parameters, such as <c>trx;LogFileName=x.trx</c>.</param>
    /// <param name="resultsFolder">The results' folder.</param>
    /// <param name="project">The project's name, for the default.</param>
    /// <returns>The file.</returns>
    public static string? FindPath(IEnumerable<string> loggers, string resultsFolder, string project)
    {
        ArgumentNullException.ThrowIfNull(loggers);
        string[]? words = loggers.Select(logger => logger.Split(';', StringSplitOptions.TrimEntries)).FirstOrDefault(parts => parts[0].Equals("trx", StringComparison.OrdinalIgnoreCase));
        if (words is null)
            return null;
        string? name = words.Skip(1).Where(word => word.StartsWith("LogFileName=", StringComparison.OrdinalIgnoreCase)).Select(word => word["LogFileName=".Length..]).FirstOrDefault();
        return Path.GetFullPath(name ?? $"{project}.trx", resultsFolder);
    }

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="project">The project's name.</param>
    /// <param name="outcome">The results.</param>
    /// <param name="finished">When the run ended.</param>
    public static void Write(string path, string project, ProofOutcome outcome, DateTimeOffset finished)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        ImmutableArray<Test> tests = [.. outcome.Verdicts.Select(verdict => Describe(verdict, outcome))];
        TimeSpan all = TimeSpan.FromTicks(outcome.Boots.Sum(boot => boot.Run.Elapsed.Ticks));
        XElement run = new(
            Trx + "TestRun",
            new XAttribute("id", Id($"run {outcome.Record.Patched.Key} {Time(finished)}")),
            new XAttribute("name", project),
            new XElement(Trx + "Times", new XAttribute("creation", Time(finished - all)), new XAttribute("start", Time(finished - all)), new XAttribute("finish", Time(finished))),
            new XElement(Trx + "Results", tests.Select(test => Result(test, finished))),
            new XElement(Trx + "TestDefinitions", tests.Select(test => Definition(test, project))),
            new XElement(Trx + "TestEntries", tests.Select(test =>
                new XElement(Trx + "TestEntry", new XAttribute("testId", test.Id), new XAttribute("executionId", test.Execution), new XAttribute("testListId", AllResults)))),
            new XElement(Trx + "TestLists", new XElement(Trx + "TestList", new XAttribute("name", "All Loaded Results"), new XAttribute("id", AllResults))),
            Summary(tests));
        DurableFile.Write(path, stream => new XDocument(run).Save(stream));
    }

    private static Test Describe(Verdict verdict, ProofOutcome outcome)
    {
        string name = $"{verdict.Check} ({verdict.KernelName})";
        string result = verdict.Passed ? "Passed" : verdict.Code == Diagnostics.ErrorCodes.RaceUnanswered ? "NotExecuted" : "Failed";
        BootResult boot = outcome.Boots.First(boot => boot.Kernel == verdict.Kernel && boot.Request.Checks.Contains(verdict.Check));
        return new Test(name, result, verdict, boot, Id(name), Id($"{name} {outcome.Record.Patched.Key}"));
    }

    private static XElement Result(Test test, DateTimeOffset finished) => new(
        Trx + "UnitTestResult",
        new XAttribute("executionId", test.Execution),
        new XAttribute("testId", test.Id),
        new XAttribute("testName", test.Name),
        new XAttribute("duration", test.Boot.Run.Elapsed.ToString("c", CultureInfo.InvariantCulture)),
        new XAttribute("endTime", Time(finished)),
        new XAttribute("testType", UnitTest),
        new XAttribute("outcome", test.Result),
        new XAttribute("testListId", AllResults),
        new XElement(
            Trx + "Output",
            new XElement(Trx + "StdOut", Printable(string.Join('\n', test.Boot.Run.Log.Lines))),
            test.Verdict.Passed ? null : new XElement(
                Trx + "ErrorInfo", new XElement(Trx + "Message", Printable($"{test.Verdict.Code}: {test.Boot.Problem?.Message ?? test.Verdict.Seen}")))));

    private static XElement Definition(Test test, string project) => new(
        Trx + "UnitTest",
        new XAttribute("name", test.Name),
        new XAttribute("storage", project),
        new XAttribute("id", test.Id),
        new XElement(Trx + "Execution", new XAttribute("id", test.Execution)),
        new XElement(
            Trx + "TestMethod",
            new XAttribute("codeBase", project),
            new XAttribute("adapterTypeName", "executor://evekernel/v1"),
            new XAttribute("className", project),
            new XAttribute("name", test.Name)));

    private static XElement Summary(ImmutableArray<Test> tests)
    {
        int passed = tests.Count(test => test.Result == "Passed");
        int failed = tests.Count(test => test.Result == "Failed");
        return new XElement(
            Trx + "ResultSummary",
            new XAttribute("outcome", failed == 0 ? "Completed" : "Failed"),
            new XElement(
                Trx + "Counters",
                new XAttribute("total", tests.Length),
                new XAttribute("executed", passed + failed),
                new XAttribute("passed", passed),
                new XAttribute("failed", failed),
                new XAttribute("error", 0),
                new XAttribute("notExecuted", tests.Length - passed - failed)));
    }

    private static string Time(DateTimeOffset time) => time.ToString("o", CultureInfo.InvariantCulture);

    // The same name has the same id in every run, so that a server can follow it.
    private static string Id(string name) => new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16)).ToString();

    // A console may hold bytes that XML cannot.
    private static string Printable(string text) => new([.. text.Where(c => c is '\n' or '\t' or >= ' ' && !char.IsSurrogate(c) && c < '\ufffe')]);

    private sealed record Test(string Name, string Result, Verdict Verdict, BootResult Boot, string Id, string Execution);
}

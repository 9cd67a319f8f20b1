using System.Text.Json;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches.Status;

namespace EveKernel.Tests.Patches.Status;

/// <summary>The matrix as people and programs get it.</summary>
public sealed class StatusReportTests : IDisposable
{
    private readonly StatusSetup _setup = new();

    public void Dispose() => _setup.Dispose();

    [Fact]
    public async Task The_matrix_stands_in_a_table_in_json_in_markdown_and_on_a_page()
    {
        StatusMatrix matrix = await MatrixAsync();

        string[] table = StatusReport.Text(matrix).Split('\n');
        Assert.Equal("patch       fixed    plain    other", table[0]);
        Assert.Equal("0001.patch  applied  applies  conflicts 1/1", table[1]);
        Assert.Contains("3 verdicts in ", table[^1], StringComparison.Ordinal);
        Assert.EndsWith(": 1 applies, 1 applied, 1 conflicts", table[^1], StringComparison.Ordinal);

        StatusReport.Write(matrix, _setup.Folder["out"]);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(_setup.Folder["out/patch-status.json"]));
        JsonElement[] verdicts = [.. json.RootElement.GetProperty("verdicts").EnumerateArray()];
        Assert.Equal(["applied", "applies", "conflicts"], verdicts.Select(one => one.GetProperty("verdict").GetString()));
        Assert.All(verdicts, one => Assert.NotEmpty(one.GetProperty("evidence").EnumerateArray()));
        Assert.Equal(["fixed", "plain", "other"], json.RootElement.GetProperty("trees").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
        Assert.StartsWith("| Patch | fixed | plain | other |\n|---|---|---|---|\n| a \\*b\\* &lt;c&gt; \\| d | applied | applies | conflicts 1/1 |\n",
            File.ReadAllText(_setup.Folder["out/patch-status.md"]), StringComparison.Ordinal);
        string page = File.ReadAllText(_setup.Folder["out/patch-status.html"]);
        Assert.Contains("a *b* &lt;c&gt; | d", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<c>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_matrix_is_the_same_bytes()
    {
        StatusMatrix matrix = await MatrixAsync();
        Assert.Equal(StatusReport.Json(matrix), StatusReport.Json(matrix with { Seconds = 9 }));
    }

    [Theory]
    [InlineData(PatchPolicy.Report)]
    [InlineData(PatchPolicy.NoConflicts, "EVK2041 other")]
    [InlineData(PatchPolicy.AllApplied, "EVK2042 plain", "EVK2041 other")]
    public async Task The_policy_says_what_is_an_error(PatchPolicy policy, params string[] errors)
    {
        StatusMatrix matrix = await MatrixAsync();
        IEnumerable<Diagnostic> found = StatusReport.Diagnose(matrix, policy);
        Assert.Equal(errors, found.Where(one => one.Severity == Severity.Error).Select(one => $"{one.Code} {one.Message.Split("tree '")[1].Split('\'')[0]}"));
        Assert.All(found, one => Assert.Equal(matrix.Patches[0].File, one.Location!.File));
    }

    [Fact]
    public async Task What_a_branch_lost_and_what_it_needs_no_more_are_warnings_in_any_case()
    {
        StatusMatrix matrix = await MatrixAsync();
        StatusMatrix odd = matrix with
        {
            Verdicts = [matrix.Verdicts[0] with { Verdict = PatchVerdict.Redundant }, matrix.Verdicts[1] with { Verdict = PatchVerdict.Missing },
                matrix.Verdicts[2] with { Verdict = PatchVerdict.Superseded }],
        };
        Assert.Equal(["Warning EVK2055", "Warning EVK2054", "Warning EVK2055"],
            StatusReport.Diagnose(odd, PatchPolicy.Report).Select(one => $"{one.Severity} {one.Code}"));
        Assert.Contains(StatusReport.Diagnose(odd, PatchPolicy.AllApplied), one => one.Code == ErrorCodes.StatusNotApplied);
    }

    private async Task<StatusMatrix> MatrixAsync()
    {
        string begin = _setup.Commit("fixed", "Begin", ("f", StatusSetup.Lines(9)));
        _setup.Branch("plain", begin);
        _setup.Branch("other", begin);
        _setup.Commit("other", "Other", ("f", StatusSetup.Lines(9, (5, "other"))));
        string fix = _setup.Commit("fixed", "a *b* <c> | d", ("f", StatusSetup.Lines(9, (5, "a better one than the others"))));
        return await _setup.RunAsync(_setup.Series(_setup.Mail(fix)), _setup.Request("fixed"), _setup.Request("plain"), _setup.Request("other"));
    }
}

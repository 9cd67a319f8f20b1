using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Tests.Diagnostics;

public sealed class ErrorCodesTests
{
    private static readonly string Document = File.ReadAllText(RepositoryRoot.File("docs/errors.md"));

    [Fact]
    public void Each_code_has_one_meaning() =>
        Assert.Equal(ErrorCodes.All().Count, ErrorCodes.All().DistinctBy(code => code.Id).Count());

    [Fact]
    public void The_document_has_a_section_for_each_code_and_no_other()
    {
        IEnumerable<string> sections = Regex.Matches(Document, @"^### (EVK\d{4}: .+)$", RegexOptions.Multiline).Select(match => match.Groups[1].Value);
        Assert.Equal(ErrorCodes.All().Select(code => $"{code.Id}: {code.Title}"), sections);
    }
}

using System.Reflection;
using EveKernel.Core.Packaging;

namespace EveKernel.Tests.Packaging;

public sealed class BuildRecordTests
{
    private static readonly string Document = File.ReadAllText(RepositoryRoot.File("docs/build-record.md"));

    [Theory]
    [InlineData(typeof(BuildRecord))]
    [InlineData(typeof(BuildHost))]
    [InlineData(typeof(BuildPatch))]
    [InlineData(typeof(StageRecord))]
    public void The_document_names_each_member(Type type) => Assert.All(
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance),
        property => Assert.Contains($"`{char.ToLowerInvariant(property.Name[0])}{property.Name[1..]}`", Document, StringComparison.Ordinal));
}

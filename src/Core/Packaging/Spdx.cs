using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EveKernel.Core.Packaging;

// The parts of SPDX 2.3 (spdx.github.io/spdx-spec/v2.3) that a kernel's bill of materials has, by their names in its JSON form.
internal sealed record SpdxDocument(
    string SpdxVersion,
    string DataLicense,
    [property: JsonPropertyName("SPDXID")] string Id,
    string Name,
    string DocumentNamespace,
    SpdxCreation CreationInfo,
    ImmutableArray<SpdxPackage> Packages,
    ImmutableArray<SpdxFile> Files,
    ImmutableArray<SpdxRelationship> Relationships);

internal sealed record SpdxCreation(string Created, ImmutableArray<string> Creators, string Comment);

internal sealed record SpdxPackage(
    [property: JsonPropertyName("SPDXID")] string Id, string Name, string VersionInfo, bool FilesAnalyzed, string PrimaryPackagePurpose)
{
    public string DownloadLocation { get; init; } = "NOASSERTION";

    public string LicenseConcluded { get; init; } = "NOASSERTION";

    public string LicenseDeclared { get; init; } = "NOASSERTION";

    public string CopyrightText { get; init; } = "NOASSERTION";

    public SpdxVerificationCode? PackageVerificationCode { get; init; }

    public ImmutableArray<SpdxChecksum>? Checksums { get; init; }

    public ImmutableArray<SpdxReference>? ExternalRefs { get; init; }
}

internal sealed record SpdxVerificationCode(string PackageVerificationCodeValue)
{
    public ImmutableArray<string>? PackageVerificationCodeExcludedFiles { get; init; }
}

internal sealed record SpdxReference(string ReferenceCategory, string ReferenceType, string ReferenceLocator);

internal sealed record SpdxChecksum(string Algorithm, string ChecksumValue);

internal sealed record SpdxFile(
    [property: JsonPropertyName("SPDXID")] string Id,
    string FileName,
    ImmutableArray<string> FileTypes,
    ImmutableArray<SpdxChecksum> Checksums,
    ImmutableArray<string> LicenseInfoInFiles)
{
    public string LicenseConcluded { get; init; } = "NOASSERTION";

    public string CopyrightText { get; init; } = "NOASSERTION";
}

internal sealed record SpdxRelationship(string SpdxElementId, string RelationshipType, string RelatedSpdxElement);

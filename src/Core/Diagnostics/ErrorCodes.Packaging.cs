namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>An input file that the project names is not there.</summary>
    public static readonly ErrorCode InputMissing = new("EVK5001", "An input of the build is missing");

    /// <summary>A property of the project has a value that cannot be used.</summary>
    public static readonly ErrorCode PropertyInvalid = new("EVK5002", "A property cannot be used");

    /// <summary>Publish was called without a folder.</summary>
    public static readonly ErrorCode PublishFolderMissing = new("EVK5003", "Publish has no folder");

    /// <summary>A build that should have made a file did not.</summary>
    public static readonly ErrorCode ResultMissing = new("EVK5004", "The build left no result");
}

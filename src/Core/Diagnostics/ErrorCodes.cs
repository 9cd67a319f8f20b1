using System.Reflection;

namespace EveKernel.Core.Diagnostics;

/// <summary>Every code there is, a file a range.</summary>
public static partial class ErrorCodes
{
    /// <summary>All codes, in order of their ids.</summary>
    /// <returns>A new list; the codes are spread over the parts of this class, so it is made on demand.</returns>
    public static IReadOnlyList<ErrorCode> All() =>
    [
        .. typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => field.GetValue(null))
            .OfType<ErrorCode>()
            .OrderBy(code => code.Id, StringComparer.Ordinal),
    ];
}

namespace EveKernel.Core.Diagnostics;

/// <summary>Takes diagnostics as they arise, from any thread.</summary>
public interface IDiagnosticSink
{
    /// <summary>Takes one.</summary>
    /// <param name="diagnostic">What to tell.</param>
    void Report(Diagnostic diagnostic);
}

namespace EveKernel.Core.Make;

/// <summary>The programs that kbuild takes with a compiler: those of its own family, by the names that LLVM=1 and CROSS_COMPILE give them.</summary>
/// <param name="Compiler">Compiles for the kernel's architecture.</param>
/// <param name="HostCompiler">Compiles the programs that kbuild runs on the host.</param>
/// <param name="Linker">Links.</param>
/// <param name="Ar">Makes archives.</param>
/// <param name="Nm">Lists symbols.</param>
/// <param name="Objcopy">Copies sections.</param>
/// <param name="Strip">Takes debug information out.</param>
/// <param name="HasOwnAssembler">Whether the compiler assembles by itself; else it calls programs named cc1 and as.</param>
public sealed record CompilerPrograms(
    string Compiler, string HostCompiler, string Linker, string Ar, string Nm, string Objcopy, string Strip, bool HasOwnAssembler)
{
    /// <summary>All of them, the compilers first.</summary>
    public IEnumerable<string> All => [Compiler, HostCompiler, Linker, Ar, Nm, Objcopy, Strip];

    /// <summary>The programs of a compiler.</summary>
    /// <param name="compiler"><c>gcc</c> or <c>clang</c>.</param>
    /// <param name="crossCompile">The cross prefix, or empty. clang needs none: one program compiles for every architecture.</param>
    /// <returns>The programs.</returns>
    public static CompilerPrograms Of(string compiler, string crossCompile) => compiler == "clang"
        ? new(compiler, compiler, "ld.lld", "llvm-ar", "llvm-nm", "llvm-objcopy", "llvm-strip", HasOwnAssembler: true)
        : new(
            crossCompile + compiler, compiler, $"{crossCompile}ld", $"{crossCompile}ar", $"{crossCompile}nm", $"{crossCompile}objcopy", $"{crossCompile}strip",
            HasOwnAssembler: false);
}

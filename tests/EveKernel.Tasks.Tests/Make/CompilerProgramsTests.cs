using EveKernel.Core.Make;

namespace EveKernel.Tests.Make;

public sealed class CompilerProgramsTests
{
    [Theory]
    [InlineData("gcc", "", "gcc gcc ld ar nm objcopy strip")]
    [InlineData("gcc", "aarch64-linux-gnu-", "aarch64-linux-gnu-gcc gcc aarch64-linux-gnu-ld aarch64-linux-gnu-ar aarch64-linux-gnu-nm aarch64-linux-gnu-objcopy aarch64-linux-gnu-strip")]
    [InlineData("clang", "", "clang clang ld.lld llvm-ar llvm-nm llvm-objcopy llvm-strip")]
    [InlineData("clang", "aarch64-linux-gnu-", "clang clang ld.lld llvm-ar llvm-nm llvm-objcopy llvm-strip")]
    public void The_names_are_those_that_kbuild_calls(string compiler, string prefix, string expected) =>
        Assert.Equal(expected.Split(' '), CompilerPrograms.Of(compiler, prefix).All);
}

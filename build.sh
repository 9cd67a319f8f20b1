#!/usr/bin/env bash
# Builds the SDK, packs it into artifacts/feed, and runs the main job: a kernel package, and a C# program that pins it.
#   --no-install   only name the Debian packages that are missing, and stop
. "$(dirname "$0")/eng/lib.sh"

install=yes
for option in "$@"; do
	case $option in
	--no-install) install=no ;;
	*) die "unknown option $option; the only one is --no-install" ;;
	esac
done

require_dotnet
install_packages "$install"
pack_sdk
prepare_source

sample=$root/samples/passthrough-v6.12/passthrough-v6.12.kernelproj
# The pin was just written, so its lock is as well: elsewhere both are committed.
for project in "$sample" "$root/samples/objects-v6.12/objects-v6.12.kernelproj"; do
	dotnet msbuild "$project" -t:KernelLock --nologo -v:quiet
done
say "building the kernel"
dotnet build "$sample" --nologo -tl:off
# dotnet exits with 0 after a SIGTERM, so the result is looked for.
[ -f "$root/samples/passthrough-v6.12/bin/passthrough-v6.12/manifest.json" ] || die "the build left no manifest"

version() { dotnet msbuild "$sample" -t:KernelKey -getProperty:"$1"; }
cat > "$root/samples/consumer.props" <<PROPS
<Project>
  <!-- Written by build.sh: the kernel's exact version moves with the distribution's tree. -->
  <PropertyGroup>
    <PinnedKernelId>$(version KernelPackageId)</PinnedKernelId>
    <PinnedKernelVersion>[$(version KernelPackageVersion)]</PinnedKernelVersion>
  </PropertyGroup>
</Project>
PROPS
say "running the consumer"
dotnet run --project "$root/samples/consumer/consumer.csproj"

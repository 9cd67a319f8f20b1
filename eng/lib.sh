# Shared by build.sh and test.sh; sourced.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

say() { printf '==> %s\n' "$*"; }

die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Installs the Debian packages of a list that are missing (eng/packages.txt unless another is named), or without "yes" names them and stops.
install_packages() {
	local install=$1 list=${2-$root/eng/packages.txt} name why
	local -a missing=() as_root=()
	while read -r name why; do
		case $name in ''|'#'*) continue ;; esac
		# Some packages are called by the compiler's version.
		name=${name/GCC/$(gcc -dumpversion 2> /dev/null | cut -d. -f1)}
		if [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" != installed ]; then
			say "missing: $name ($why)"
			missing+=("$name")
		fi
	done < "$list"
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$install" = yes ] || die "install these first: apt-get install ${missing[*]}"
	[ "$(id -u)" = 0 ] || as_root=(sudo)
	"${as_root[@]}" apt-get update -qq
	DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" < /dev/null
}

require_dotnet() {
	command -v dotnet > /dev/null || die "the .NET SDK 10 (10.0.400 or newer) is not on PATH"
}

# Builds the tasks and packs the SDK under a version that changes with its payload, so that no package cache can hold a stale copy.
pack_sdk() {
	local digest
	say "building the tasks"
	dotnet build "$root/src/Tasks/EveKernel.Tasks.csproj" -c Release -v quiet --nologo
	digest=$(cd "$root" && { cat EveKernel.Sdk.nuspec; find sdk src/Tasks/bin/Release/net10.0/EveKernel.*.dll -type f | LC_ALL=C sort | xargs sha256sum; } | sha256sum | cut -c1-12)
	sdk_version=0.1.0-dev.x$digest
	mkdir -p "$root/artifacts/feed" "$root/artifacts/packages"
	if [ ! -f "$root/artifacts/feed/EveKernel.Sdk.$sdk_version.nupkg" ]; then
		say "packing EveKernel.Sdk $sdk_version"
		dotnet pack "$root/eng/Pack.csproj" -v quiet --nologo -p:SdkVersion="$sdk_version" -o "$root/artifacts/feed"
	fi
	printf '%s\n' "$sdk_version" > "$root/artifacts/sdk-version"
	printf '{\n  "sdk": { "version": "10.0.400", "rollForward": "latestFeature" },\n  "msbuild-sdks": { "EveKernel.Sdk": "%s" }\n}\n' "$sdk_version" > "$root/samples/global.json"
}

# Makes a bare repository of the distribution's tarball, once for each tarball, and writes the sample's pin.
prepare_source() {
	local archive=/usr/src/linux-source-6.12.tar.xz digest pin
	digest=$(sha256sum "$archive" | cut -d' ' -f1)
	pin=$root/samples/passthrough-v6.12.props
	if [ ! -f "$pin" ] || ! grep -q "$digest" "$pin"; then
		say "making a repository of $archive"
		dotnet run "$root/eng/import-source.cs" -- "$archive" "$digest" "$root/artifacts/linux-6.12.git" "$pin"
	fi
}

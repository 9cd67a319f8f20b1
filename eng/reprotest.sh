#!/usr/bin/env bash
# Lets Debian's reprotest judge whether the objects of the passthrough sample are the same from two builds:
#   eng/reprotest.sh        # after ./build.sh; compiles the sample's directories twice
# All of reprotest's variations are on but two. user_group would need a sudo that may become anybody; the rebuild check varies the user by a namespace of its own. time is on for make and all that it
# starts, and not for dotnet, whose timers another clock stops. What each variation was is in the log.
. "$(dirname "$0")/lib.sh"

install_packages yes "$root/eng/packages-all.txt"

work=$root/artifacts/reprotest
log=$root/artifacts/reprotest.log
rm -rf "$work"
mkdir -p "$work/source" "$work/bin"

# What a user has: a project, what it includes, and a pin. The SDK comes from the feed of this tree, and git objects from the cache that builds share.
cp "$root/samples/global.json" "$root/samples/objects-v6.12/objects-v6.12.kernelproj" "$work/source/"
cp "$root/samples/passthrough-v6.12.props" "$root/samples/Directory.Build.props" "$root/samples/Directory.Packages.props" "$work/source/"
cp -r "$root/samples/config" "$root/patches" "$work/source/"
sed -i 's|"\.\./\.\./patches|"patches|; s|"\.\./|"|' "$work/source/objects-v6.12.kernelproj"
sed -i "s|\$(\[MSBuild\]::NormalizePath([^<]*|$root/artifacts/linux-6.12.git|" "$work/source/passthrough-v6.12.props"
sed -i 's|<PackageOutputPath>.*</PackageOutputPath>|<PackageOutputPath>$(MSBuildThisFileDirectory)packages/</PackageOutputPath>|' "$work/source/Directory.Build.props"
printf '<configuration><packageSources><add key="sdk" value="%s" /></packageSources></configuration>\n' "$root/artifacts/feed" > "$work/source/NuGet.config"

# KernelCacheMode=ignore: a second build that took the first one's result would prove nothing.
cat > "$work/source/build.sh" <<EOF
set -eu
export DOTNET_CLI_HOME=$work/dotnet-home NUGET_PACKAGES=${NUGET_PACKAGES:-$HOME/.nuget/packages} DOTNET_EnableDiagnostics=0 DOTNET_CLI_TELEMETRY_OPTOUT=1
mkdir -p "\$DOTNET_CLI_HOME" wrappers
if [ -n "\${FAKETIME-}" ]; then
	# The linker's name of the library has a dollar sign for it alone.
	printf '#!/bin/sh\nLD_PRELOAD=%s FAKETIME=%s NO_FAKE_STAT=1 FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 FAKETIME_DISABLE_SHM=1 exec %s "\$@"\n' \
		"'\$LD_PRELOAD'" "'\$FAKETIME'" "\$(command -v make)" > wrappers/make
	chmod 755 wrappers/make
	PATH=\$PWD/wrappers:\$PATH
	unset LD_PRELOAD FAKETIME FAKETIME_SHARED
fi
dotnet build objects-v6.12.kernelproj -nodeReuse:false -tl:off -p:KernelCacheMode=ignore -p:KernelCacheDirectory=${KernelCacheDirectory:-$HOME/.cache/evekernel} -p:RestoreLockedMode=false
rm -rf result
mkdir result
cp -r bin/objects-v6.12/manifest.json bin/objects-v6.12/key.txt bin/objects-v6.12/objects packages result/
# reprotest gives up on folders that take it long to delete.
rm -rf obj bin
EOF

# Another user than the one who mounts has to see the folder: with domain_host, the build has a user namespace of its own.
printf '#!/bin/sh\nexec /usr/bin/disorderfs --multi-user=yes "$@"\n' > "$work/bin/disorderfs"
chmod 755 "$work/bin/disorderfs"

say "building twice under reprotest; log: $log"
variations=+all,-user_group
status=0
env -u CI -u ContinuousIntegrationBuild PATH="$work/bin:$PATH" /usr/bin/python3 /usr/bin/reprotest -v --vary="$variations" --no-diffoscope --store-dir="$work/store" \
	-c 'sh build.sh' "$work/source" result -- null > "$log" 2>&1 || status=$?
grep -E 'variation|Reproduction|are the same|differ' "$log" || true
[ "$status" = 0 ] || die "reprotest ended with $status; the end of $log: $(tail -n 5 "$log")"

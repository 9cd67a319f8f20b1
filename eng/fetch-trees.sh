#!/usr/bin/env bash
# Brings the kernel trees of the patch-status sample into artifacts/linux-trees.git, a bare repository with a branch each, and writes
# samples/patch-status/trees.props.
# The trees are Debian's: of the host's own suites, and of a newer one by an apt configuration of its own, so that the system's stays as it is.
#   --older   also the oldest version of each line that the archive still has, for the tests that compare two point versions
. "$(dirname "$0")/lib.sh"

older=no
for option in "$@"; do
	case $option in
	--older) older=yes ;;
	*) die "unknown option $option; the only one is --older" ;;
	esac
done

apt_root=$root/artifacts/apt
downloads=$root/artifacts/trees
repository=$root/artifacts/linux-trees.git
mkdir -p "$downloads" "$apt_root/lists/partial" "$apt_root/cache/archives/partial" "$apt_root/etc"
require_dotnet

# apt with lists of its own: what the newer suite offers must never reach the system's package choice.
newer_apt() {
	local tool=$1
	shift
	# The mirror is the one that the host itself uses.
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | awk '$1 == "Debian" { print "deb " $2 " sid main"; exit }' > "$apt_root/etc/sources.list"
	[ -s "$apt_root/etc/sources.list" ] || die "apt names no Debian mirror of this host"
	"$tool" -qq -o Dir::Etc::SourceList="$apt_root/etc/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$apt_root/lists" \
		-o Dir::Cache="$apt_root/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# Runs a command that downloads a package, in a folder of the given name, and prints the path of the tarball in it.
unpack() {
	local name=$1 folder=$downloads/$1 deb
	shift
	if [ ! -f "$folder/source.tar.xz" ]; then
		rm -rf "$folder"
		mkdir -p "$folder"
		(cd "$folder" && "$@") >&2
		deb=$(find "$folder" -name '*.deb')
		[ -f "$deb" ] || die "apt downloaded no package for $name"
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$folder" --wildcards './usr/src/linux-source-*.tar.xz'
		mv "$folder"/usr/src/linux-source-*.tar.xz "$folder/source.tar.xz"
		rm -rf "$folder/usr" "$deb"
	fi
	printf '%s\n' "$folder/source.tar.xz"
}

import() {
	local name=$1 archive=$2 digest
	digest=$(sha256sum "$archive" | cut -d' ' -f1)
	grep -qs "$digest" "$downloads/$name.props" || {
		say "importing $name"
		dotnet run "$root/eng/import-source.cs" -- "$archive" "$digest" "$repository" "$downloads/$name.props"
	}
}

# A machine whose packages came with its image has no lists.
if [ ! -f "$downloads/v6.1/source.tar.xz" ] && ! apt-cache show linux-source-6.1 > /dev/null 2>&1; then
	as_root=()
	[ "$(id -u)" = 0 ] || as_root=(sudo)
	"${as_root[@]}" apt-get update -qq
fi

oldest() { apt-cache madison "$1" | awk '{ print $3 }' | tail -n 1; }

# build.sh and test.sh have made a repository of this one already; its objects need not be made again.
borrow() {
	local pin=$root/samples/passthrough-v6.12.props digest
	digest=$(sha256sum /usr/src/linux-source-6.12.tar.xz | cut -d' ' -f1)
	grep -qs "$digest" "$pin" && ! grep -qs "$digest" "$downloads/v6.12.props" || return 0
	[ -f "$repository/HEAD" ] || git init -q --bare "$repository"
	printf '../../linux-6.12.git/objects\n' > "$repository/objects/info/alternates"
	git --git-dir="$repository" update-ref "refs/heads/$(pin_of KernelBranch "$pin")" "$(pin_of KernelCommit "$pin")"
	sed "s|'../artifacts/linux-6.12.git'|'../linux-trees.git'|" "$pin" > "$downloads/v6.12.props"
}

pin_of() { sed -n "s/.*<$1>\(.*\)<\/$1>.*/\1/p" "$2"; }

borrow
import v6.12 /usr/src/linux-source-6.12.tar.xz
import v6.1 "$(unpack v6.1 apt-get -q download linux-source-6.1)"
[ -f "$downloads/v7.2/source.tar.xz" ] || newer_apt apt-get update
import v7.2 "$(unpack v7.2 newer_apt apt-get download linux-source-7.2)"
if [ "$older" = yes ]; then
	for line in 6.12 6.1; do
		import "v$line-older" "$(unpack "v$line-older" apt-get -q download "linux-source-$line=$(oldest "linux-source-$line")")"
	done
fi

# Names that stay while the point versions move.
for name in v6.1 v6.12 v7.2 v6.1-older v6.12-older; do
	[ ! -f "$downloads/$name.props" ] || git --git-dir="$repository" update-ref "refs/tags/$name" "$(pin_of KernelCommit "$downloads/$name.props")"
done

{
	printf '<Project>\n  <!-- Written by eng/fetch-trees.sh: the trees move with the distribution. -->\n  <ItemGroup>\n'
	for name in v6.1 v6.12 v7.2; do
		printf '    <KernelTree Include="%s" Repository="$([MSBuild]::NormalizePath($(MSBuildThisFileDirectory), %s))" Branch="%s" Commit="%s" />\n' \
			"$name" "'../../artifacts/linux-trees.git'" "$(pin_of KernelBranch "$downloads/$name.props")" "$(pin_of KernelCommit "$downloads/$name.props")"
	done
	printf '  </ItemGroup>\n</Project>\n'
} > "$root/samples/patch-status/trees.props"
say "wrote samples/patch-status/trees.props"

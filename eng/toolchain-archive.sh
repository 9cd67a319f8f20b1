#!/usr/bin/env bash
# Makes a toolchain that travels (KernelToolchainArchive) of a Debian suite's packages:
#   eng/toolchain-archive.sh SUITE FILE      # bookworm, trixie, sid …; FILE ends in .tar.xz or .tar.zst
# It holds gcc, binutils, pahole, the compressors, openssl and kmod, each started by the suite's own dynamic linker with the suite's own libraries, so that they
# run on any host of this architecture. What kbuild compiles for the host takes the host's headers and C library. Its last line is the digest for the project.
. "$(dirname "$0")/lib.sh"

[ $# = 2 ] || die "usage: eng/toolchain-archive.sh SUITE FILE"
suite=$1
file=$(realpath -m "$2")
case $file in
*.tar.xz) pack=(xz -T0 -1) ;;
*.tar.zst) pack=(zstd -q -T0 -6) ;;
*) die "FILE ends in neither .tar.xz nor .tar.zst: $file" ;;
esac

work=$root/artifacts/toolchains/$suite
apt_root=$work/apt
tree=$work/toolchain-$suite
rm -rf "$work/root" "$tree"
mkdir -p "$apt_root/lists/partial" "$apt_root/cache/archives/partial" "$apt_root/etc" "$work/root" "$tree/bin" "$tree/lib" "$tree/usr/bin" "$(dirname "$file")"

# apt with lists and a state of its own: nothing is installed here, and so each package that another needs is downloaded too.
[ -n "$(apt-get indextargets --format '$(LABEL)' 'Created-By: Packages' | head -n 1)" ] || die "apt names no Debian mirror of this host; run apt-get update"
apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
	awk -v suite="$suite" '$1 == "Debian" && $2 !~ /security/ { print "deb " $2 " " suite " main"; exit }' > "$apt_root/etc/sources.list"
: > "$apt_root/status"
suite_apt() {
	apt-get -qq -o Dir::Etc::SourceList="$apt_root/etc/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$apt_root/lists" \
		-o Dir::State::status="$apt_root/status" -o Dir::Cache="$apt_root/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

say "downloading the toolchain of $suite"
suite_apt update
suite_apt install -y --download-only --no-install-recommends gcc binutils pahole bzip2 gzip kmod lz4 lzop openssl xz-utils zstd < /dev/null > "$work/apt.log"
for package in "$apt_root"/cache/archives/*.deb; do
	dpkg-deb -x "$package" "$work/root"
done

# A suite's libraries, by folders in the order in which its linker looks.
triplet=$(gcc -dumpmachine)
libraries=
for folder in "$work/root/lib/$triplet" "$work/root/usr/lib/$triplet" "$work/root/lib" "$work/root/usr/lib"; do
	[ ! -d "$folder" ] || libraries=$libraries${libraries:+:}$folder
done
loader=$(find "$work/root" -name 'ld-linux*.so*' -type f | LC_ALL=C sort | head -n 1)
[ -n "$loader" ] || loader=$(find "$work/root" -path "*/$triplet/ld-*.so" -type f | head -n 1)
[ -n "$loader" ] || die "the packages of $suite hold no dynamic linker"
cp "$loader" "$tree/lib/loader"

# Copies what a program is linked with.
take_libraries() {
	local name path
	"$loader" --library-path "$libraries" --list "$1" | awk '$2 == "=>" && $1 !~ /\// { print $1, $3 }' | while read -r name path; do
		[ -e "$tree/lib/$name" ] || cp -L "$path" "$tree/lib/$name"
	done
}

# A program that starts another one, beside it or not, by the archive's linker. The paths are told from the program's own folder.
write_starter() {
	local starter=$1 top=$2 program=$3
	printf '#!/bin/sh\nhere=${0%%/*}\nexec "$here/%s/lib/loader" --library-path "$here/%s/lib" "$here/%s" "$@"\n' "$top" "$top" "$program" > "$starter"
	chmod 755 "$starter"
}

# The real file of a program in the suite, through links that are told from the root.
real_program() {
	local path=$work/root$1 target
	while [ -L "$path" ]; do
		target=$(readlink "$path")
		case $target in
		/*) path=$work/root$target ;;
		*) path=${path%/*}/$target ;;
		esac
	done
	printf '%s\n' "$path"
}

add_program() {
	local name=$1 folder path
	for folder in /usr/bin /bin /usr/sbin /sbin; do
		path=$(real_program "$folder/$name")
		[ -f "$path" ] || continue
		# kmod's and xz's names decide what they do.
		cp "$path" "$tree/usr/bin/$name"
		take_libraries "$path"
		write_starter "$tree/bin/$name" .. "../usr/bin/$name"
		return
	done
	die "the packages of $suite hold no $name"
}

for name in gcc ar as ld nm objcopy objdump ranlib readelf size strings strip pahole bzip2 gzip kmod depmod lz4 lzop openssl xz zstd; do
	add_program "$name"
done
ln -s ld "$tree/bin/ld.bfd"

# gcc finds its parts from its own place, and starts them itself.
for folder in lib libexec; do
	[ -d "$work/root/usr/$folder/gcc" ] || continue
	mkdir -p "$tree/usr/$folder"
	cp -a "$work/root/usr/$folder/gcc" "$tree/usr/$folder/gcc"
done
find "$tree"/usr/lib*/gcc \( -name '*.a' ! -name 'libgcc*' -o -name 'lib*san*' -o -name lto1 -o -name lto-dump \) -delete
find "$tree"/usr/lib*/gcc -type l ! -exec test -e {} \; -delete
find "$tree"/usr/lib*/gcc -type f -perm -u+x ! -name '*.so*' | while read -r part; do
	head -c 4 "$part" | grep -q ELF || continue
	take_libraries "$part"
	mv "$part" "$part.real"
	write_starter "$part" "$(realpath --relative-to "$(dirname "$part")" "$tree")" "$(basename "$part").real"
done

# Each of them has to run before anybody pins it.
for name in gcc as ld objcopy pahole xz zstd gzip openssl kmod; do
	case $name in openssl) version=version ;; *) version=--version ;; esac
	"$tree/bin/$name" "$version" > /dev/null || die "$name of $suite does not run here"
done
printf 'int main(void) { return 0; }\n' | PATH="$tree/bin:$PATH" gcc -O2 -x c -c -o "$work/try.o" - || die "gcc of $suite does not compile here"

tar -C "$work" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r,go-w --format=gnu -cf - "toolchain-$suite" | "${pack[@]}" > "$file.new"
mv "$file.new" "$file"
rm -rf "$work/root" "$tree" "$work/try.o"
say "wrote $file, $(stat -c %s "$file") bytes; its SHA-256:"
sha256sum "$file" | cut -d' ' -f1


die() { printf 'error %s: %s\n' "$1" "$2" >&2; exit 1; }

gdb=
command=
count=$#
while [ "$count" -gt 0 ]; do
	word=$1
	shift
	count=$((count - 1))
	case $word in
	--gdb) gdb=1234 ;;
	--gdb=*) gdb=${word#--gdb=} ;;
	-append|--append)
		[ "$count" -gt 0 ] || die EVK6023 "-append wants the parameters for the kernel, as one word: -append 'debug maxcpus=1'"
		append="$append $1"
		shift
		count=$((count - 1))
		;;
	--)
		# As ssh takes them: a line for the shell over there.
		while [ "$count" -gt 0 ]; do
			command="$command$1 "
			shift
			count=$((count - 1))
		done
		;;
	*) set -- "$@" "$word" ;;
	esac
done

if [ -n "$gdb" ]; then
	case $gdb in *[!0-9]*) die EVK6023 "--gdb=$gdb: that is no number of a port" ;; esac
	# gdb knows where things are linked, not where they are put at random.
	append="$append nokaslr"
	set -- -gdb "tcp:127.0.0.1:$gdb" -S "$@"
fi

folder=
if [ -n "$command" ]; then
	append="$append evk.command=$(printf '%s' "$command" | base64 | tr -d '\n')"
	folder=$(mktemp -d) || exit
	: > "$folder/status"
	set -- -serial "file:$folder/status" "$@"
fi

terminal=
if [ -t 0 ]; then
	terminal=$(stty -g)
	append="$append TERM=$TERM"
	size=$(stty size)
	[ "${size% *}" = 0 ] || append="$append evk.rows=${size% *} evk.columns=${size#* }"
fi

printf '%s, %s. Ctrl-A X ends it.\n' "$release" "$how"
if [ -n "$gdb" ]; then
	printf 'It waits for gdb, in another terminal:\n  %s\n' "gdb $symbols-ex 'target remote :$gdb'"
	[ -n "$symbols" ] || printf 'There is no vmlinux of this very kernel here, so gdb will know no names; a build in this folder leaves one.\n'
fi

# In the background, so that what ends this script ends the machine; the shell would give it an empty input there. QEMU leaves the terminal as it found it,
# unless it is killed.
exec 3<&0
set -f
# shellcheck disable=SC2086 # words of the architecture's data file
"$qemu" $machine -m "$memory" -serial mon:stdio -kernel "$kernel" -initrd "$initramfs" -append "$append" "$@" <&3 3<&- &
machine=$!
trap 'kill "$machine" 2> /dev/null' INT TERM HUP
wait "$machine"
status=$?
while kill -0 "$machine" 2> /dev/null; do
	wait "$machine"
	status=$?
done
[ -z "$terminal" ] || stty "$terminal"

if [ -n "$folder" ]; then
	answer=$(tr -dc 0-9 < "$folder/status")
	rm -r "$folder"
	[ "$status" != 0 ] || status=${answer:-none}
	[ "$status" != none ] || die EVK6024 "the machine ended before the command did"
fi
exit "$status"

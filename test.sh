#!/usr/bin/env bash
# Runs the tests and ends with "N passed, N failed".
#   --fast   no real kernel is compiled; two minutes
#   --all    everything, however long
. "$(dirname "$0")/eng/lib.sh"

tier=default
for option in "$@"; do
	case $option in
	--fast) tier=fast ;;
	--all) tier=all ;;
	*) die "unknown option $option; there are --fast and --all" ;;
	esac
done

require_dotnet
install_packages yes
results=$root/artifacts/test-results
rm -rf "$results"
mkdir -p "$results"

failed_to_run=0
run() {
	say "testing $1"
	dotnet test "$root/tests/$1/$1.csproj" --nologo --logger "trx;LogFileName=$1.trx" --results-directory "$results" "${@:2}" || true
	[ -s "$results/$1.trx" ] || { printf 'error: %s left no results\n' "$1" >&2; failed_to_run=$((failed_to_run + 1)); }
}

# Generated cases are hundreds, or with --all thousands.
export EVEKERNEL_TEST_TIER=$tier
if [ "$tier" = all ]; then
	install_packages yes "$root/eng/packages-all.txt"
	"$root/eng/fetch-trees.sh" --older
	run EveKernel.Tasks.Tests
else
	run EveKernel.Tasks.Tests --filter 'Tier!=all'
fi
pack_sdk
# A build of the small kernel takes seconds, and they are a hundred: one of each kind will do when time counts.
case $tier in
fast) run EveKernel.Sdk.FastTests --filter 'Tier=fast' ;;
all) run EveKernel.Sdk.FastTests ;;
*) run EveKernel.Sdk.FastTests --filter 'Tier!=all' ;;
esac
if [ "$tier" != fast ]; then
	prepare_source
	# The matrix is of three lines.
	[ "$tier" = all ] || "$root/eng/fetch-trees.sh"
	if [ "$tier" = all ]; then
		run EveKernel.Sdk.Tests
	else
		run EveKernel.Sdk.Tests --filter 'Tier!=all'
	fi
fi

# A TRX file has its sums in one element: <Counters total="…" executed="…" passed="…" failed="…" error="…" …/>.
count() { { grep -ho "<Counters [^>]*" "$results"/*.trx || true; } | { grep -o " $1=\"[0-9]*\"" || true; } | tr -dc '0-9\n' | awk '{ sum += $1 } END { print sum + 0 }'; }
total=$(count total)
passed=$(count passed)
failed=$((total - passed + failed_to_run))
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

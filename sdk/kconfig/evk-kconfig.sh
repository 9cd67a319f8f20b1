#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds evk-kconfig with the objects of the tree's own parser and runs it. make calls this from scripts/kconfig/Makefile's place, in the
# O= folder, because only there is the environment whole that the tree's Kconfig files ask for (srctree, SRCARCH, CC_VERSION_TEXT, ...).
#
# usage: evk-kconfig.sh <evk-kconfig.c> <work folder>, which has the file "query" and gets "answer"
set -eu

source=$1
work=$2
program=$work/evk-kconfig
objects=
for name in confdata expr lexer.lex menu parser.tab preprocess symbol util internal; do
	object=scripts/kconfig/$name.o
	if [ -e "$object" ]; then
		objects="$objects $object"
		[ "$program" -nt "$object" ] || rm -f "$program"
	fi
done
[ "$program" -nt "$source" ] || rm -f "$program"

if [ ! -e "$program" ]; then
	# Unquoted on purpose: both are lists of words.
	# shellcheck disable=SC2086
	${HOSTCC:-gcc} ${KBUILD_HOSTCFLAGS:-} -I "$srctree/scripts/kconfig" -I scripts/kconfig -I "$srctree/scripts/include" \
		-o "$program" "$source" $objects
fi
exec "$program" "${KBUILD_KCONFIG:-Kconfig}" "${KCONFIG_CONFIG:-.config}" "$work/answer" <"$work/query"

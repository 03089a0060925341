#!/usr/bin/env bash
# Compiles models/step, with which the LSTM writes about three times faster, into models/step.so: once for each kind of
# processor that may run it. Where that cannot be done Antiphon works without; this says so, and ends well.
set -uo pipefail
cd "$(dirname "$0")/../models" || exit 1

# Nothing here may reorder or contract sums: every variant gives the same, to the last bit.
COMPILE=(-std=c11 -O3 -fPIC -fvisibility=hidden -ffp-contract=off -fno-math-errno -fno-trapping-math -Wall -Wextra -Wno-psabi)

say() { printf '%s\n' "$*" >&2; }

without() { # without REASON: go on without the library
    rm -f step.so 2>/dev/null
    say "$1, so the LSTM will write about three times slower; mend that and type the same command again."
    exit 0
}

checksum() { # of the sources, as models/kernel.py has it
    LC_ALL=C bash -c 'cat step/*.c step/*.h' | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c 1-16
}

variant() { # variant NAME FLAG…
    local name=$1
    shift
    "${compiler[@]}" "${COMPILE[@]}" "-DVARIANT=$name" "$@" -c step/step.c -o "$work/$name.o"
}

build() {
    variant base -DBASE "-DSOURCE=\"$(checksum)\"" || return 1
    case $(uname -m) in
        x86_64 | amd64)
            variant avx2 -mavx2 || return 1
            variant vnni -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni || return 1
            ;;
        aarch64 | arm64) variant dot -march=armv8.2-a+dotprod || return 1 ;;
    esac
    "${compiler[@]}" -shared "$work"/*.o -o "$work/step.so"
}

read -r -a compiler <<<"${CC:-cc}"
command -v "${compiler[0]}" >/dev/null || without "There is no C compiler (${compiler[0]})"
work=$(mktemp -d) || without "There is no folder for what the compiler makes, for the reason above"
trap 'rm -rf "$work"' EXIT
build || without "models/step could not be compiled, for the reason above"
# In one go: a program that runs keeps the library it has.
if ! mv "$work/step.so" "step.so.$$" || ! mv -f "step.so.$$" step.so; then
    without "models/step.so could not be written, for the reason above"
fi

#!/usr/bin/env bash
# Compiles models/step.c, with which the LSTM writes several times faster, into models/step.so: once for each kind of
# processor that may run it. Where that cannot be done Antiphon works without, and this says so.
set -euo pipefail
cd "$(dirname "$0")/../models"

# Nothing here may reorder or contract sums: every variant gives the same takes, to the last bit.
COMPILE=(-std=c11 -O3 -fPIC -fvisibility=hidden -ffp-contract=off -fno-math-errno -fno-trapping-math -Wall -Wextra -Wno-psabi)

say() { printf '%s\n' "$*" >&2; }

compiler=${CC:-cc}
if ! command -v "$compiler" >/dev/null; then
    say "There is no C compiler ($compiler), so the LSTM will write about three times slower; install one and type the same" \
        "command again."
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

variant() { # variant NAME FLAG…
    local name=$1
    shift
    "$compiler" "${COMPILE[@]}" "-DVARIANT=$name" "$@" -c step.c -o "$work/$name.o"
}

build() {
    variant base -DBASE || return 1
    case $(uname -m) in
        x86_64 | amd64)
            variant avx2 -mavx2 || return 1
            variant vnni -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni || return 1
            ;;
        aarch64 | arm64) variant dot -march=armv8.2-a+dotprod || return 1 ;;
    esac
    "$compiler" -shared "$work"/*.o -o "$work/step.so"
}

if build; then
    # In one go: a program that runs keeps the library it has.
    mv "$work/step.so" step.so.new && mv step.so.new step.so
else
    rm -f step.so
    say "models/step.c could not be compiled, for the reason above, so the LSTM will write about three times slower."
fi

#!/usr/bin/env bash
# Sets up the machine and .venv. `setup.sh apt FILE…` installs the missing Debian packages the files list;
# `setup.sh python LOCK` makes .venv and installs exactly what the lock file names, torch, and Antiphon itself.
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH=torch==2.13.0

say() { printf '%s\n' "$*" >&2; }

suitable() { # suitable PYTHON: can it make the environment?
    "$1" -c 'import sys, ctypes, ensurepip, sqlite3, ssl, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
        >/dev/null 2>&1
}

find_python() {
    local candidate
    for candidate in python3.11 python3.12 python3 /usr/bin/python3.11 /usr/bin/python3.12 /usr/bin/python3; do
        if suitable "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

installed() { # installed PACKAGE: also under the name it has since Debian's 64-bit time transition
    local status
    status=$(dpkg-query -W -f '${Status}\n' "$1" "$1t64" 2>/dev/null || true)
    [[ $status == *"install ok installed"* ]]
}

install_packages() { # install_packages PACKAGE…: as root, or with the words in as_root before it
    say "Installing $* …"
    "${as_root[@]}" apt-get update -q >&2 &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" </dev/null >&2
}

setup_apt() {
    [[ $(uname) == Linux ]] || return 0
    local missing=() wanted=() package
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        say "This is not a Debian system: please install these libraries under your system's names for them:" \
            "$(grep -hv '^#' "$@" | tr '\n' ' ')"
        return 0
    fi
    for package in $(grep -hv '^#' "$@"); do
        installed "$package" || missing+=("$package")
    done
    find_python >/dev/null || missing+=(python3 python3-venv)
    # For packaging/kernel.sh, without which all works, if slower.
    command -v cc >/dev/null || wanted=(gcc libc6-dev)
    ((${#missing[@]} + ${#wanted[@]})) || return 0
    local as_root=()
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            ((${#missing[@]})) || return 0 # kernel.sh tells of the compiler
            say "Antiphon needs some packages that only an administrator can install; have them run" \
                "\"apt-get install ${missing[*]}\", then type the same command again."
            return 1
        fi
        as_root=(sudo)
    fi
    if ((${#wanted[@]})) && install_packages "${missing[@]}" "${wanted[@]}"; then
        return 0
    fi
    if ((${#missing[@]})) && ! install_packages "${missing[@]}"; then
        say "The packages could not be installed, for the reason above; mend that, or have an administrator run" \
            "\"apt-get install ${missing[*]}\", then type the same command again."
        return 1
    fi
}

setup_python() {
    local lock=$1 python
    if ! suitable .venv/bin/python; then
        if ! python=$(find_python); then
            say "Antiphon needs Python 3.11 or 3.12 with venv, ssl and sqlite3: install one and type the same command again."
            return 1
        fi
        say "Making .venv with $("$python" --version) …"
        "$python" -m venv --clear .venv
    fi
    # A pip of our own choice of settings: the user's "user = true" and the like must not leak into the environment.
    local pip=(.venv/bin/python -m pip --disable-pip-version-check --no-input)
    say "Installing Python packages (the first time this takes some minutes) …"
    "${pip[@]}" install --quiet --require-hashes -r "$lock"
    # Not in the lock file, because its file differs by machine: where pip is offered the build without CUDA it takes
    # that one, else PyPI's.
    "${pip[@]}" install --quiet "$TORCH"
    "${pip[@]}" install --quiet --no-deps --no-build-isolation -e .
}

case ${1-} in
    apt) shift && setup_apt "$@" ;;
    python) setup_python "$2" ;;
    *) say "usage: packaging/setup.sh apt FILE… | python LOCK" && exit 2 ;;
esac

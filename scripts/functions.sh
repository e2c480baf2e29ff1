#!/usr/bin/env bash
# Builds the functions of stacks/functions/ and lays each into a folder of its own, as Lambda wants it and
# as stack files take it: target/functions/NAME/bootstrap.
#
#   scripts/functions.sh            for this machine, as everything else is built: the demo and the tests
#   scripts/functions.sh TARGET     for AWS: aarch64-unknown-linux-gnu (arm64) or x86_64-unknown-linux-gnu
set -euo pipefail
cd "$(dirname "$0")/.."

# The C library of provided.al2023. What asks for a later one does not start there.
glibc=2.34

fail() {
    printf 'functions: %s\n' "$1" >&2
    exit 1
}

# Every member of the workspace that is a program.
names() {
    local main
    for main in stacks/functions/*/src/main.rs; do
        main="${main#stacks/functions/}"
        printf '%s\n' "${main%%/*}"
    done
}

# lay FROM: copies each program of that folder to its place, if it is another one.
lay() {
    local name
    for name in $(names); do
        mkdir -p "target/functions/$name"
        cmp -s "$1/$name" "target/functions/$name/bootstrap" ||
            install -m 755 "$1/$name" "target/functions/$name/bootstrap"
    done
}

# The newest version of the C library that a program asks for.
asks_for() {
    grep -ao 'GLIBC_2\.[0-9]*' "$1" | sort --version-sort --unique | tail -n 1 | cut -d_ -f2
}

# Says in words what cargo would say in pages: what it takes to build for another machine.
prepare() {
    local target="$1" host machine linker
    case "$target" in
        aarch64-unknown-linux-gnu | x86_64-unknown-linux-gnu) ;;
        *) fail "Lambda runs aarch64-unknown-linux-gnu and x86_64-unknown-linux-gnu, not $target" ;;
    esac
    [ -d "$(rustc --print target-libdir --target "$target")" ] ||
        fail "Rust has no standard library for $target here; run: rustup target add $target"
    host="$(rustc --version --verbose | sed -n 's/^host: //p')"
    [ "$target" != "$host" ] || return 0
    machine="${target%%-*}"
    linker="$machine-linux-gnu-gcc"
    command -v "$linker" >/dev/null ||
        fail "there is no $linker to compile C and to link for $target; on Debian and Ubuntu:
  apt-get install gcc-${machine//_/-}-linux-gnu libc6-dev-$([ "$machine" = aarch64 ] && echo arm64 || echo amd64)-cross"
    machine="${target//-/_}"
    export "CC_$machine=$linker" "CARGO_TARGET_${machine^^}_LINKER=$linker"
}

programs=()
for name in $(names); do programs+=(--bin "$name"); done
built="${CARGO_TARGET_DIR:-target}"

# Never one package alone: cargo would choose other features, and build the SDK a second time.
if [ -z "${1:-}" ]; then
    cargo build "${programs[@]}"
    lay "$built/debug"
    exit
fi

prepare "$1"
cargo build --release --target "$1" "${programs[@]}"
for name in $(names); do
    asked="$(asks_for "$built/$1/release/$name")"
    [ "$(printf '%s\n' "$glibc" "$asked" | sort --version-sort | tail -n 1)" = "$glibc" ] ||
        fail "$name asks for glibc $asked, and provided.al2023 has $glibc: build on an older system, or with
  cargo install cargo-zigbuild && cargo zigbuild --release --target $1.$glibc ${programs[*]}"
done
lay "$built/$1/release"
for name in $(names); do
    printf 'target/functions/%s/bootstrap: %s, %s bytes\n' "$name" "$1" "$(wc -c <"target/functions/$name/bootstrap")"
done

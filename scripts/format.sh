#!/usr/bin/env bash
# Formats every file of Rust. `cargo fmt` goes from module to module, and misses those that a macro declares: all of
# src/aws/services/.
#
#   scripts/format.sh         formats
#   scripts/format.sh check   names what is not formatted, and fails
set -euo pipefail
cd "$(dirname "$0")/.."

# The edition and the width are those of rustfmt.toml.
each_file() {
    find benches fuzz scripts src stacks tests -name target -prune -o -name '*.rs' -exec rustfmt "$@" {} +
}

case "${1:-}" in
    '') each_file ;;
    check)
        # A file is named once for each module that leads to it.
        if ! unformatted=$(each_file --check -l); then
            printf 'format: scripts/format.sh formats these:\n' >&2
            sort -u <<<"${unformatted//"$PWD/"/}" >&2
            exit 1
        fi
        ;;
    *)
        printf 'format: say check, or nothing\n' >&2
        exit 2
        ;;
esac

#!/usr/bin/env bash
# Judges what comes into the tree by deny.toml: licences, duplicates, sources, and what is known to be
# unsafe, as far as that was fetched.
#
#   scripts/supply_chain.sh check   advisories are told, and fail nothing; nothing is fetched
#   scripts/supply_chain.sh audit   fetches the advisories, and fails on them
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/tools.sh cargo-deny
deny=.tools/cargo-deny/bin/cargo-deny

case "${1:-}" in
    check)
        "$deny" check licenses bans sources
        if ! compgen -G '.tools/advisories/*/crates' >/dev/null; then
            printf 'advisories skipped: none were fetched; make audit does\n' >&2
        elif ! "$deny" --offline check advisories; then
            printf 'advisories: see above; they fail make audit alone\n' >&2
        fi
        ;;
    audit) "$deny" check advisories ;;
    *)
        printf 'supply_chain: say which: check or audit\n' >&2
        exit 2
        ;;
esac

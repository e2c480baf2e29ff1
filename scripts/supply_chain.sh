#!/usr/bin/env bash
# Judges what comes into the tree by deny.toml: licences, duplicates, sources, and what is known to be
# unsafe, as far as that was fetched. So does it what the brokers of the tests are made of, by a deny.toml beside them.
#
#   scripts/supply_chain.sh check   advisories are told, and fail nothing; nothing is fetched
#   scripts/supply_chain.sh audit   fetches the advisories, and fails on them
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/tools.sh cargo-deny
deny=.tools/cargo-deny/bin/cargo-deny
# A workspace of its own, with a lock file of its own: what tests have for brokers of Kafka.
broker=scripts/kafka_broker

of_broker() {
    "$deny" --manifest-path "$broker/Cargo.toml" --locked --config "$broker/deny.toml" "$@"
}

case "${1:-}" in
    check)
        "$deny" check licenses bans sources
        of_broker check licenses sources
        if ! compgen -G '.tools/advisories/*/crates' >/dev/null; then
            printf 'advisories skipped: none were fetched; make audit does\n' >&2
        elif ! "$deny" --offline check advisories || ! of_broker --offline check advisories; then
            printf 'advisories: see above; they fail make audit alone\n' >&2
        fi
        ;;
    audit)
        "$deny" check advisories
        of_broker check advisories
        ;;
    *)
        printf 'supply_chain: say which: check or audit\n' >&2
        exit 2
        ;;
esac

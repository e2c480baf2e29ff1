#!/usr/bin/env bash
# Takes a stack through its life on an emulator of AWS that evaluates policies, over TLS, and fails if a
# step does. `make demo` builds and installs what this needs.
#
#   scripts/demo.sh [STACK]    stacks/dev.yaml, if none is named
set -euo pipefail
cd "$(dirname "$0")/.."

stack="${1:-stacks/dev.yaml}"
# What a demo wants otherwise than the stack's own defaults.
values="scripts/demo/$(basename "$stack")"
with=()
[ ! -e "$values" ] || with=(--var-file "$values")
ccprov="${CARGO_TARGET_DIR:-target}/debug/ccprov"
pipe=.tools/demo.pipe
log=.tools/demo.log

# The emulator says its address into the pipe, and stops when its input ends: when this script does,
# however it ends. The pipe ends when the emulator is gone.
rm -f "$pipe"
mkfifo "$pipe"
exec 3> >(exec scripts/emulator.sh ministack-enforcing >"$pipe" 2>"$log") 4<"$pipe"
trap 'exec 3>&-; cat <&4' EXIT
if ! read -r url <&4; then
    tail -n 20 "$log" >&2
    exit 1
fi

# Nothing of whoever runs the demo: no profile, no credentials, no other region.
unset "${!AWS_@}" "${!CCPROV_@}"
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
export AWS_ENDPOINT_URL="$url" AWS_CA_BUNDLE="$PWD/.tools/tls/certificate.pem"

# step ARGUMENT...: shows a command, then runs it.
step() {
    printf '\n$ ccprov %s\n' "$*"
    "$ccprov" "$@" 3>&- 4<&-
}

printf 'MiniStack, an emulator of AWS, listens at %s and evaluates policies.\n' "$url"
step apply --auto-approve ${with[@]+"${with[@]}"} "$stack"
if ! step plan --detailed-exitcode ${with[@]+"${with[@]}"} "$stack"; then
    printf 'demo: a plan right after apply must show no changes\n' >&2
    exit 1
fi
step output ${with[@]+"${with[@]}"} "$stack"
step verify --exclusive ${with[@]+"${with[@]}"} "$stack"
step destroy --auto-approve ${with[@]+"${with[@]}"} "$stack"

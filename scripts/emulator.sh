#!/usr/bin/env bash
# Runs one emulator of AWS on a free port of 127.0.0.1 and, once it answers, prints its address, alone
# on a line. It stops when standard input ends, so it cannot outlive whoever started it, however they
# end. What the emulator itself says goes to standard error.
#
#   scripts/emulator.sh ministack             policies are stored but not evaluated, plain http
#   scripts/emulator.sh ministack-enforcing   policies are evaluated, TLS (policies may insist on it)
#   scripts/emulator.sh moto                  a second opinion on what reads back
set -euo pipefail
cd "$(dirname "$0")/.."

mode="${1:-}"
scheme=http
# The emulator's own credentials and account must not depend on whose shell this is.
unset "${!AWS_@}" "${!MINISTACK_@}"

case "$mode" in
    ministack) home=.tools/ministack ;;
    ministack-enforcing)
        home=.tools/ministack
        scheme=https
        export AUTH=true USE_SSL=1
        export MINISTACK_SSL_CERT=.tools/tls/certificate.pem MINISTACK_SSL_KEY=.tools/tls/key.pem
        ;;
    moto) home=.tools/moto ;;
    *)
        printf 'emulator: say which: ministack, ministack-enforcing or moto\n' >&2
        exit 2
        ;;
esac
if ! compgen -G "$home/.installed-*" >/dev/null; then
    printf 'emulator: %s is not installed; run: make tools\n' "$home" >&2
    exit 3
fi

# MiniStack is an ASGI application. Its own start script would, under TLS and as root, open port 443
# beside the port that it is given; started by its server, hypercorn, it opens that port alone.
serve() {
    if [ "$mode" = moto ]; then
        # AWS's own policies, which roles attach, are there only on request.
        export MOTO_IAM_LOAD_MANAGED_POLICIES=true
        exec "$home/bin/python" scripts/moto_server.py --host 127.0.0.1 --port "$1"
    fi
    # Functions are processes of its own, and find it as they would find AWS: by their environment.
    export AWS_ENDPOINT_URL="$scheme://127.0.0.1:$1" SSL_CERT_FILE="$PWD/.tools/tls/certificate.pem"
    export GATEWAY_PORT="$1" MINISTACK_HOST=127.0.0.1 IOT_MTLS_ENABLED=0 SFTP_ENABLED=0 LOG_LEVEL=WARNING
    exec "$home/bin/hypercorn" --config python:ministack.core.hypercorn_conf --bind "127.0.0.1:$1" \
        --workers 0 --keep-alive 75 --graceful-timeout 0 --log-level warning scripts/ministack_app.py:app
}

free_port() {
    python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# answers PORT: true once somebody listens there; false if the emulator ended, or after 60 seconds.
answers() {
    local tries
    for ((tries = 0; tries < 1200; tries++)); do
        if (exec 4<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return 0; fi
        kill -0 "$emulator" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

# Politely, then not: over TLS, hypercorn waits half a minute for clients that do not hang up.
stop() {
    local tries
    kill $watcher $emulator 2>/dev/null || true
    for ((tries = 0; tries < 20; tries++)); do
        kill -0 $emulator 2>/dev/null || return 0
        sleep 0.05
    done
    kill -KILL $emulator 2>/dev/null || true
}
emulator='' watcher=''
exec 3<&0 # bash gives a job in the background an empty input unless it is told otherwise
trap stop EXIT
trap 'exit 143' TERM INT HUP

# Between choosing a port and opening it somebody else may take it; then another one is tried.
for _ in 1 2 3; do
    port="$(free_port)"
    serve "$port" </dev/null >&2 &
    emulator=$!
    if answers "$port"; then
        (while read -r _; do :; done; kill $$) <&3 >/dev/null 2>&1 &
        watcher=$!
        printf '%s://127.0.0.1:%s\n' "$scheme" "$port"
        wait "$emulator"
        exit
    fi
    kill "$emulator" 2>/dev/null || true
done
printf 'emulator: %s did not start\n' "$mode" >&2
exit 1

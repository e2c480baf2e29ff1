#!/usr/bin/env bash
# Installs the emulators of AWS that the demo and the tests talk to, each into a folder of its own under
# .tools/. What is installed already, in the version stated here, is left alone.
#
#   scripts/tools.sh ministack moto
set -euo pipefail
cd "$(dirname "$0")/.."

# The only place that states versions. MiniStack needs cbor2 for the protocol of CloudWatch, and
# cryptography for asymmetric KMS keys. Moto is large because its tagging API imports every service.
ministack=(1.5.33 'ministack==1.5.33' 'cbor2>=5.4,<7' 'cryptography>=41')
moto=(5.2.1 'moto[server]==5.2.1')

fail() {
    printf 'tools: %s\n' "$1" >&2
    exit 1
}

# install NAME VERSION REQUIREMENT...
install() {
    local home=".tools/$1" stamp=".tools/$1/.installed-$2" name="$1 $2"
    shift 2 # what is left are the requirements, and the stamp repeats them
    [ "$(cat "$stamp" 2>/dev/null)" != "$*" ] || return 0
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
        fail "$name needs python3, 3.10 or newer, on the PATH"
    python3 -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$name needs Python's venv module; on Debian and Ubuntu: apt-get install python3-venv"
    printf 'tools: installing %s\n' "$name" >&2
    rm -rf "$home"
    python3 -m venv "$home"
    # Bytecode is left to the first import: most of what these packages hold is never imported.
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile "$@" ||
        fail "pip could not install $name (see above)"
    printf '%s\n' "$*" >"$stamp"
}

# The certificate that MiniStack shows and that AWS_CA_BUNDLE makes ccprov trust. It is no certificate
# authority: rustls refuses a server that shows one.
certificate() {
    local home=.tools/tls
    [ ! -e "$home/certificate.pem" ] || return 0
    command -v openssl >/dev/null || fail "TLS needs the openssl command; on Debian and Ubuntu: apt-get install openssl"
    mkdir -p "$home"
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=ccprov-emulator \
        -addext basicConstraints=critical,CA:FALSE \
        -addext extendedKeyUsage=serverAuth \
        -addext subjectAltName=IP:127.0.0.1,DNS:localhost \
        -keyout "$home/key.pem" -out "$home/certificate.pem.new" 2>"$home/openssl.log" ||
        fail "openssl could not make a certificate; see $home/openssl.log"
    mv "$home/certificate.pem.new" "$home/certificate.pem"
}

[ $# -gt 0 ] || fail "say what to install: ministack, moto"
for tool in "$@"; do
    case "$tool" in
        ministack)
            install ministack "${ministack[@]}"
            certificate
            ;;
        moto) install moto "${moto[@]}" ;;
        *) fail "there is no tool $tool; there are ministack and moto" ;;
    esac
done

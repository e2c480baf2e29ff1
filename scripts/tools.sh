#!/usr/bin/env bash
# Installs what the demo, the tests and the checks need beside Rust, each into a folder of its own under
# .tools/: emulators of AWS, a registry of images, a Kafka broker, and cargo-deny. What is installed already, in the version stated here, is
# left alone.
#
#   scripts/tools.sh ministack moto docker-registry kafka cargo-deny boto3
set -euo pipefail
cd "$(dirname "$0")/.."

# The only place that states versions. MiniStack needs cbor2 for the protocol of CloudWatch, and
# cryptography for asymmetric KMS keys. Moto is large because its tagging API imports every service.
# boto3 and Ansible (GPL, run and never shipped) serve `make bench` alone.
ministack=(1.5.33 'ministack==1.5.33' 'cbor2>=5.4,<7' 'cryptography>=41')
moto=(5.2.1 'moto[server]==5.2.1')
boto3=(1.44.5 'boto3==1.44.5')
ansible=(12.3.0 'ansible-core==2.19.14' 'boto3==1.44.5')
cargo_deny=0.20.2

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

# The package of that name is ansible-core's collections, a hundred of them and half a gigabyte; nowhere
# does the package index have them one by one. What these two need is what `ansible=` lists.
install_ansible() {
    local home=.tools/ansible
    install ansible "${ansible[@]}"
    [ ! -d "$home/ansible_collections" ] || return 0
    "$home/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$home/wheel" \
        "ansible==${ansible[0]}" || fail "pip could not fetch ansible ${ansible[0]} (see above)"
    "$home/bin/python" - "$home"/wheel/*.whl "$home/new" <<'PYTHON'
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
wanted = ("ansible_collections/amazon/aws/", "ansible_collections/community/aws/")
wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])
PYTHON
    mv "$home/new/ansible_collections" "$home/ansible_collections"
    rm -r "$home/new" "$home/wheel"
}

# A registry of images as strict as any, by which the tests judge what is pushed. It is Debian's package of
# whatever version the distribution has, unpacked without root; Apache-2.0, run and never shipped.
install_docker_registry() {
    local home=.tools/docker-registry
    [ ! -x "$home/usr/bin/docker-registry" ] || return 0
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
        fail "docker-registry comes from the packages of Debian or Ubuntu, and there is no apt here"
    printf 'tools: installing docker-registry\n' >&2
    rm -rf "$home" && mkdir -p "$home"
    # A machine whose lists of packages were never fetched, or are old, gets lists of our own.
    (cd "$home" && { apt-get download --quiet docker-registry || fresh_apt download docker-registry; }) \
        >"$home/download.log" 2>&1 || fail "apt could not fetch docker-registry; see $home/download.log"
    dpkg-deb -x "$home"/docker-registry_*.deb "$home"
    rm -rf "$home"/docker-registry_*.deb "$home/lists" "$home/cache"
}

# apt with lists of packages in this folder, which need no root.
fresh_apt() {
    mkdir -p lists/partial cache/archives/partial
    local own=(--quiet -o "Dir::State::lists=$PWD/lists" -o "Dir::Cache=$PWD/cache" -o Debug::NoLocking=1)
    apt-get "${own[@]}" update && apt-get "${own[@]}" "$@"
}

# Not optimised, which costs seconds in every check and saves minutes here: two and a half of one
# processor, instead of six.
install_cargo_deny() {
    local home=.tools/cargo-deny stamp=".tools/cargo-deny/.installed-$cargo_deny"
    [ ! -e "$stamp" ] || return 0
    printf 'tools: compiling cargo-deny %s\n' "$cargo_deny" >&2
    rm -rf "$home"
    cargo install --quiet --locked --debug --config profile.dev.debug=false --root "$home" \
        --version "$cargo_deny" cargo-deny || fail "cargo could not install cargo-deny (see above)"
    touch "$stamp"
}

# A broker that speaks Kafka as strictly as any, with TLS and logins, by which the tests judge what is
# written to topics. It is Tansu (Apache-2.0, run and never shipped), of the versions in its own lock
# file: seven minutes of one processor, and a folder of 1.3 GB that goes when they are over.
install_kafka() {
    local source=scripts/kafka_broker home=.tools/kafka stamp=.tools/kafka/.installed version
    version="$(cat "$source/Cargo.lock" "$source/src/main.rs" | cksum)"
    [ "$(cat "$stamp" 2>/dev/null)" != "$version" ] || return 0
    printf 'tools: compiling a Kafka broker\n' >&2
    rm -rf "$home"
    cargo build --quiet --locked --manifest-path "$source/Cargo.toml" --target-dir "$home/target" ||
        fail "cargo could not build $source (see above)"
    mv "$home/target/debug/kafka-broker" "$home/kafka-broker"
    rm -rf "$home/target"
    certificate
    printf '%s\n' "$version" >"$stamp"
}

# The certificate that MiniStack and the Kafka broker show and that AWS_CA_BUNDLE makes ccprov trust. It is no certificate
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

[ $# -gt 0 ] || fail "say what to install: ministack, moto, docker-registry, kafka, cargo-deny, boto3, ansible"
for tool in "$@"; do
    case "$tool" in
        ministack)
            install ministack "${ministack[@]}"
            certificate
            ;;
        moto) install moto "${moto[@]}" ;;
        boto3) install boto3 "${boto3[@]}" ;;
        ansible) install_ansible ;;
        docker-registry) install_docker_registry ;;
        kafka) install_kafka ;;
        cargo-deny) install_cargo_deny ;;
        *) fail "there is no tool $tool; there are ministack, moto, docker-registry, kafka, cargo-deny, boto3 and ansible" ;;
    esac
done

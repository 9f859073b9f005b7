# shellcheck shell=bash
# What this machine must have, and how it gets it.

# Every Debian package that is needed; each line of `has` below says how to see that what it brings is there already.
PACKAGES=(postgresql postgresql-client rabbitmq-server nginx-light libpq-dev librabbitmq-dev pkg-config g++ git curl openssl
    ca-certificates python3 python3-pika procps)

has() { # PACKAGE
    case $1 in
        postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb ;;
        postgresql-client) command -v psql ;;
        rabbitmq-server) compgen -G '/usr/lib/rabbitmq/bin/rabbitmq-server' || command -v rabbitmq-server ;;
        nginx-light) find_nginx ;;
        libpq-dev) pkg-config --exists libpq ;;
        librabbitmq-dev) pkg-config --exists librabbitmq ;;
        ca-certificates) [ -e /etc/ssl/certs/ca-certificates.crt ] ;;
        python3-pika) find_python ;;
        procps) command -v ps ;;
        golang-go) command -v go ;;
        golang-github-jackc-pgx-v4-dev) [ -d /usr/share/gocode/src/github.com/jackc/pgx ] ;;
        python3-*) /usr/bin/python3 -c "import ${1#python3-}" ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

# A Python that has pika: the first in PATH may be one that has not.
find_python() {
    local candidate
    for candidate in $(type -ap python3) /usr/bin/python3; do
        if "$candidate" -c 'import pika' 2>/dev/null; then echo "$candidate" && return; fi
    done
    return 1
}

require_packages() {
    local package missing=()
    for package in "${PACKAGES[@]}"; do
        if ! has "$package"; then missing+=("$package"); fi
    done
    if [ ${#missing[@]} = 0 ]; then return; fi
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "this machine lacks some packages. Install them, then run this again:
  sudo apt-get install --no-install-recommends -y ${missing[*]}"
    fi
    say "installing ${missing[*]}"
    install_packages "${missing[@]}"
    for package in "${missing[@]}"; do
        has "$package" || fail "$package was installed, and what it should bring is still missing"
    done
}

# Debian starts a server when it installs one. Ours run from PAYMENTS_HOME, so that is forbidden for the moment; a rule that
# the machine has already is left as it is.
install_packages() { # PACKAGE…
    local rule=/usr/sbin/policy-rc.d mark='# put here by deploy/local while it installs packages'
    local log=$PAYMENTS_HOME/log/apt.log
    export DEBIAN_FRONTEND=noninteractive
    if [ ! -e "$rule" ] || grep -qF "$mark" "$rule"; then
        printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$rule"
        chmod 755 "$rule"
        # shellcheck disable=SC2064 # the path as it is now
        trap "rm -f '$rule'" EXIT
    fi
    # A machine's lists may be old or missing: they are fetched when the first try fails, and fetched twice if need be.
    apt_install "$@" >"$log" 2>&1 || { { apt-get update || apt-get update; } && apt_install "$@"; } >>"$log" 2>&1 9>&- || {
        tail -n 15 "$log" >&2
        fail "apt-get failed; the whole output is in $log"
    }
    if grep -qsF "$mark" "$rule"; then rm -f "$rule"; fi
}

apt_install() { # PACKAGE…
    apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120 "$@" 9>&-
}

# Whether there is a Swift that can build this package.
has_swift() {
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    [ -n "$version" ] && [ "$(printf '%s\n6.2\n' "$version" | sort -V | head -n 1)" = 6.2 ]
}

require_swift() {
    has_swift || fail 'Swift 6.2 or newer is needed: https://www.swift.org/install/linux/
  (where there is a Docker engine, deploy/local up does without)'
}

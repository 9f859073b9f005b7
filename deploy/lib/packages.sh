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

# While packages are installed: what keeps Debian from starting the servers among them, and how such a rule is known.
SERVICE_RULE=/usr/sbin/policy-rc.d
SERVICE_RULE_MARK='# put here by deploy/local while it installs packages'

require_packages() {
    local package missing=()
    forget_service_rule
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

# Removes our rule when it outlived its maker, who may have been killed. It says so itself: 101 forbids, 0 does not.
forget_service_rule() {
    if [ "$(id -u)" = 0 ] && grep -qsF "$SERVICE_RULE_MARK" "$SERVICE_RULE" && sh "$SERVICE_RULE"; then rm -f "$SERVICE_RULE"; fi
}

# Debian starts a server when it installs one. Ours run from PAYMENTS_HOME, so that is forbidden while this script lives; a rule
# that the machine has already is left as it is.
install_packages() { # PACKAGE…
    local log=$PAYMENTS_HOME/log/apt.log
    export DEBIAN_FRONTEND=noninteractive
    if [ ! -e "$SERVICE_RULE" ]; then
        printf '#!/bin/sh\n%s\n[ ! -e /proc/%s ] || exit 101\n' "$SERVICE_RULE_MARK" $$ >"$SERVICE_RULE"
        chmod 755 "$SERVICE_RULE"
        trap 'rm -f "$SERVICE_RULE"' EXIT
    fi
    # A machine's lists may be old or missing: they are fetched when the first try fails, and fetched twice if need be.
    apt_install "$@" >"$log" 2>&1 || { { apt-get update || apt-get update; } && apt_install "$@"; } >>"$log" 2>&1 9>&- || {
        tail -n 15 "$log" >&2
        fail "apt-get failed; the whole output is in $log"
    }
    if grep -qsF "/proc/$$ " "$SERVICE_RULE"; then rm -f "$SERVICE_RULE" && trap - EXIT; fi
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

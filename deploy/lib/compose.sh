# shellcheck shell=bash
# The other way to start everything: containers, on a machine with a Docker engine and no Swift toolchain.

engine_answers() {
    command -v docker >/dev/null && timeout 10 docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1
}

# Whether `up` went this way: only then the other verbs go it too.
by_compose() {
    [ -e "$PAYMENTS_HOME/by-compose" ]
}

compose() {
    docker compose --project-directory "$ROOT" "$@"
}

compose_up() {
    say 'no Swift toolchain here, but a Docker engine: building and starting containers instead'
    if [ ! -f "$ROOT/.env" ]; then
        (umask 077 && cp "$ROOT/.env.example" "$ROOT/.env")
        say "settings for tests were copied to $ROOT/.env"
    fi
    : >"$PAYMENTS_HOME/by-compose"
    compose up --build --detach --wait || fail 'the containers are not all healthy; see deploy/local logs'
    compose_environment
}

compose_down() {
    compose --profile '*' down --remove-orphans
    rm -f "$PAYMENTS_HOME/by-compose"
}

compose_environment() {
    local port
    port=$(sed -n 's/^GATEWAY_PORT=//p' "$ROOT/.env")
    printf 'GATEWAY_URL=http://127.0.0.1:%s\n' "${port:-8080}"
    grep -E '^(STRIPE_(WEBHOOK_SECRET|API_BASE|PRICE_BASIC|PRICE_PREMIUM)|AUTH_JWT_SECRET)=' "$ROOT/.env"
}

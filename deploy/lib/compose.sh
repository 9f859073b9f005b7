# shellcheck shell=bash
# The other way to start everything: containers, on a machine with a Docker engine and no Swift toolchain.

engine_answers() {
    command -v docker >/dev/null && timeout 10 docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1
}

# Whether `up` went this way: then the other verbs go it too, and `up` itself until `down`.
by_compose() {
    [ -e "$PAYMENTS_HOME/by-compose" ]
}

# Each PAYMENTS_HOME is a project of its own, with containers and volumes of its own.
compose() {
    docker compose --project-directory "$ROOT" --env-file "$(compose_file)" \
        --project-name "payments-$(printf %s "$PAYMENTS_HOME" | sha256sum | cut -c1-8)" "$@"
}

# The file with the settings: the one that `docker compose` takes by itself, but for another PAYMENTS_HOME one in there.
compose_file() {
    if [ "$PAYMENTS_HOME" = "$ROOT/.local" ]; then echo "$ROOT/.env"; else echo "$PAYMENTS_HOME/.env"; fi
}

make_compose_file() {
    local file port changes=()
    file=$(compose_file)
    if [ -f "$file" ]; then
        complete_compose_file "$file"
        return
    fi
    if [ "$file" != "$ROOT/.env" ]; then
        port=$(unused_port)
        changes=(-e "s/^GATEWAY_PORT=.*/GATEWAY_PORT=$port/" -e "s/^SANDBOX_PORT=.*/SANDBOX_PORT=$(unused_port)/"
            -e "s#^ALLOWED_REDIRECT_ORIGINS=.*#ALLOWED_REDIRECT_ORIGINS=http://127.0.0.1:$port#")
    fi
    (umask 077 && sed "${changes[@]}" -e '' "$ROOT/.env.example" >"$file")
    say "settings for tests were copied to $file"
}

# A file from before there were some of the roles gets passwords of its own for them, which nobody has published.
complete_compose_file() { # FILE
    local name
    while IFS='=' read -r name _; do
        grep -q "^$name=" "$1" || printf '%s=%s\n' "$name" "$(secret '')" >>"$1"
    done < <(grep '_DATABASE_PASSWORD=' "$ROOT/.env.example")
}

# What the file says of NAME, without quotes around it.
compose_value() { # NAME
    sed -n "s/^$1=\\([\"']\\{0,1\\}\\)\\(.*\\)\\1\$/\\2/p" "$(compose_file)" | tail -n 1
}

compose_up() { # SECONDS IT BEGAN
    local name
    make_compose_file
    # Another Stripe takes the sandbox's place.
    if [ -n "${STRIPE_API_BASE:-}" ] && [ "$STRIPE_API_BASE" != "$(compose_value STRIPE_API_BASE)" ]; then
        export COMPOSE_PROFILES=
        compose --profile sandbox rm --stop --force sandbox >&2
    fi
    : >"$PAYMENTS_HOME/by-compose"
    compose up --build --detach --wait >&2 || fail "the containers are not all healthy; see $(this_script) logs"
    # As Compose has it: the environment, then the file. Database and broker are on a network that nothing out here reaches.
    for name in COMPOSE_PROFILES GATEWAY_PORT SANDBOX_PORT "${PRINTED_SETTINGS[@]}"; do
        if [ -z "${!name+given}" ]; then printf -v "$name" %s "$(compose_value "$name")"; fi
    done
    unset AMQP_URL OBSERVER_DATABASE_URL
    GATEWAY_URL=http://127.0.0.1:${GATEWAY_PORT:-8080}
    : "${SANDBOX_PORT:=12111}" "${STRIPE_API_BASE:=https://api.stripe.com}"
    case ",$COMPOSE_PROFILES," in *,sandbox,*) USE_SANDBOX=yes ;; *) USE_SANDBOX=no ;; esac
    write_environment
    introduce $((SECONDS - $1))
}

compose_down() {
    compose --profile '*' down --remove-orphans
    say 'note: what is stored stays, but the sandbox forgets its customers; try with new users after the next up'
    rm -f "$PAYMENTS_HOME/by-compose" "$PAYMENTS_HOME/run/environment"
}

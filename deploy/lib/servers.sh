# shellcheck shell=bash
# PostgreSQL and RabbitMQ of `deploy/local`, made ready for the services.

postgres_runs() {
    "$DEPLOY/postgres/cluster" status "$PAYMENTS_HOME/postgres" >/dev/null 2>&1
}

rabbitmq_runs() {
    "$DEPLOY/rabbitmq/node" status "$PAYMENTS_HOME/rabbitmq" >/dev/null 2>&1
}

# psql as the superuser of our own cluster; the password never is an argument.
superuser_psql() { # DATABASE [ARGUMENT…]
    local database=$1
    shift
    PGPASSWORD=$("$DEPLOY/postgres/cluster" password "$PAYMENTS_HOME/postgres") \
        psql -X -q -w -h 127.0.0.1 -p "$POSTGRES_PORT" -U postgres -d "$database" -v ON_ERROR_STOP=1 "$@"
}

# A database with the roles and schemas of all services, their passwords taken from the environment.
make_database() { # NAME
    local name service
    if [ -z "$(superuser_psql postgres -Atc "SELECT 1 FROM pg_database WHERE datname = '$1'")" ]; then
        superuser_psql postgres -c "CREATE DATABASE $1"
    fi
    (
        for service in "${SERVICES[@]}" "${SERVICES[@]/%/_owner}" observer; do
            name=${service^^}_DATABASE_PASSWORD
            export "${name?}"
        done
        unset SUPERUSER_DATABASE_PASSWORD # the cluster keeps its own
        superuser_psql "$1" -f "$DEPLOY/postgres/roles.sql"
    )
}

start_postgres() { # DATABASE [CONNECTIONS]
    "$DEPLOY/postgres/cluster" start "$PAYMENTS_HOME/postgres" "$POSTGRES_PORT" "${@:2}" 9>&- || fail 'PostgreSQL does not start'
    ln -sfn "$(<"$PAYMENTS_HOME/postgres/place")/server.log" "$PAYMENTS_HOME/log/postgres.log"
    make_database "$1" || fail 'PostgreSQL runs, but its roles could not be made'
}

export_broker_passwords() {
    local name
    for name in "${SERVICES[@]}" vm_controller operator; do
        name=${name^^}_AMQP_PASSWORD
        export "${name?}"
    done
}

# Starts the broker with its definitions; one that runs already gets them when they or a password have changed.
start_rabbitmq() {
    local folder=$PAYMENTS_HOME/rabbitmq definitions=$DEPLOY/rabbitmq/definitions.json made_from ran=no
    mkdir -p "$folder"
    ln -sfn "$folder/log/node.log" "$PAYMENTS_HOME/log/rabbitmq.log"
    (
        umask 077
        export_broker_passwords
        "$DEPLOY/rabbitmq/render" "$definitions" >"$folder/definitions.json.new"
        mv "$folder/definitions.json.new" "$folder/definitions.json"
    ) || fail 'the definitions of the broker could not be filled in'
    made_from=$({ cat "$definitions" && export_broker_passwords && env | grep '_AMQP_PASSWORD=' | sort; } | sha256sum)
    if rabbitmq_runs; then ran=yes; fi
    "$DEPLOY/rabbitmq/node" start "$folder" "$RABBITMQ_PORT" "$RABBITMQ_MANAGEMENT_PORT" 9>&- || fail 'RabbitMQ does not start'
    if [ "$ran" = yes ] && [ "$made_from" != "$(cat "$folder/loaded" 2>/dev/null)" ]; then
        "$DEPLOY/rabbitmq/node" ctl "$folder" import_definitions "$folder/definitions.json" >"$folder/log/import.log" 2>&1 9>&- ||
            fail "the broker does not take its definitions; see $folder/log/import.log"
    fi
    printf '%s\n' "$made_from" >"$folder/loaded"
}

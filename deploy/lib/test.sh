# shellcheck shell=bash
# `deploy/local test`: the checks, on a PostgreSQL and a RabbitMQ that live as long as they run.

run_tests() { # [--seeds NUMBER | --customers NUMBER | ARGUMENT OF swift test…]
    if [ "${1:-}" = --seeds ]; then
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fail "--seeds needs a number, not: ${2:-nothing}"
        export SEQUENCE_SEEDS=$2
        shift 2
        set -- --filter SequenceTests "$@"
    fi
    if [ "${1:-}" = --customers ]; then
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fail "--customers needs a number, not: ${2:-nothing}"
        export LIFE_CUSTOMERS=$2
        shift 2
        set -- --filter AnalyticsLifeTests "$@"
    fi
    require_swift
    # An installation of its own: what `up` started is not touched.
    PAYMENTS_HOME=$PAYMENTS_HOME/test
    open_home
    take_lock
    PACKAGES+=(shellcheck python3-stripe python3-jsonschema python3-pip)
    require_packages
    fetch_localstripe
    trap end_tests EXIT
    obey_signals
    start_test_servers
    cd "$ROOT" || exit
    if [ $# -gt 0 ]; then run_to_end swift test "$@"; else run_to_end "$DEPLOY/check"; fi
}

# `deploy/local simulate`: lives in a simulated world, on a PostgreSQL of their own. The last line says what came of them.
simulate() { # [--seed NUMBER] [--minutes NUMBER]
    local seed=1 minutes=2 output status
    while [ $# -gt 0 ]; do
        [[ ${2:-} =~ ^[1-9][0-9]{0,8}$ ]] || fail "$1 needs a number from 1, not: ${2:-nothing}"
        case $1 in
            --seed) seed=$2 ;;
            --minutes) minutes=$2 ;;
            *) usage >&2 && exit 2 ;;
        esac
        shift 2
    done
    export SIMULATION_SEED=$seed SIMULATION_MINUTES=$minutes SIMULATED=1
    output=$(mktemp)
    status=0
    # Optimised, with a build of its own, which takes some minutes at first.
    (run_tests -c release -Xswiftc -enable-testing --scratch-path .build/simulation --filter '^SimulationTests\.SimulationTests/lives') | tee "$output" || status=$?
    grep -E "^seed $seed: [0-9]+ worlds" "$output" | tail -n 1 || status=1
    rm -f "$output"
    return "$status"
}

# Another stand-in for Stripe, by others, which the sandbox is compared with. Debian does not have it; without it that one test is left
# out, and says so.
fetch_localstripe() {
    local version=1.15.10 folder=$PAYMENTS_HOME/localstripe log=$PAYMENTS_HOME/localstripe.log
    if [ ! -d "$folder/localstripe-$version.dist-info" ]; then
        rm -rf "$folder"
        if ! /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --no-input --retries 2 --timeout 20 \
            --target "$folder" "localstripe==$version" >"$log" 2>&1; then
            rm -rf "$folder"
            say "localstripe is not to be had from PyPI, so the comparison with it is left out: $(tail -n 1 "$log")"
            return
        fi
    fi
    export TEST_LOCALSTRIPE=$folder
}

# What tests find in the environment:
#   TEST_POSTGRES_URL         superuser; the database payments_template has all roles and schemas
#   TEST_ROLE_PASSWORD        the password of every role
#   TEST_AMQP_URL             administrator, virtual host /
#   TEST_AMQP_MANAGEMENT_URL  the broker's management API, same user
#   TEST_LOCALSTRIPE          a folder with the Python packages of localstripe, where it could be fetched
start_test_servers() {
    local service password
    stop_test_servers
    choose_settings
    for service in "${SERVICES[@]}" "${SERVICES[@]/%/_owner}" observer; do printf -v "${service^^}_DATABASE_PASSWORD" test; done
    progress 'starting PostgreSQL and RabbitMQ for the tests'
    # Tests run side by side, each with pools of its own.
    start_postgres payments_template 500
    "$DEPLOY/rabbitmq/node" start "$PAYMENTS_HOME/rabbitmq" "$RABBITMQ_PORT" "$RABBITMQ_MANAGEMENT_PORT" 9>&- ||
        fail 'RabbitMQ does not start'
    progress_end
    password=$("$DEPLOY/postgres/cluster" password "$PAYMENTS_HOME/postgres")
    export TEST_POSTGRES_URL=postgresql://postgres:$password@127.0.0.1:$POSTGRES_PORT/postgres TEST_ROLE_PASSWORD=test
    # Without definitions a broker has this user, which may come from this machine only.
    export TEST_AMQP_URL=amqp://guest:guest@127.0.0.1:$RABBITMQ_PORT/ TEST_AMQP_MANAGEMENT_URL=http://127.0.0.1:$RABBITMQ_MANAGEMENT_PORT
}

# Their data goes too: every run starts from nothing.
stop_test_servers() {
    "$DEPLOY/rabbitmq/node" stop "$PAYMENTS_HOME/rabbitmq" || true
    rm -rf "$PAYMENTS_HOME/rabbitmq"
    "$DEPLOY/postgres/cluster" remove "$PAYMENTS_HOME/postgres" || true
}

end_tests() {
    local status=$?
    trap - EXIT HUP INT TERM
    stop_test_servers
    exit $status
}

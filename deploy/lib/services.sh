# shellcheck shell=bash
# The project's own executables as processes.

# What a service may be told by the environment; a change of one of these restarts it at the next `up`.
SETTING_NAMES='^(ADMIN|ALLOW|ALLOWED|AUTH|BREAKER|CUSTOMER|DATABASE|AMQP|DUNNING|ENFORCEMENT|GRACE|HTTP|LOG|MAIL|MANAGEMENT|MIGRATION|OFFER|ORPHAN|OUTBOX|POLICY|RAW|RETRY|SANDBOX|'
SETTING_NAMES+='SILENCE|SMTP|STRIPE|SWEEP|VM)_|^INSTALLATION=|^ANALYTICS_TIME_ZONE=|^[A-Z]+_URL='

# Leaves a process alone that runs as it should, else (re)starts it. FINGERPRINT tells whether it was started in this very way.
keep_or_start() { # NAME FINGERPRINT COMMAND [ARGUMENT…]
    local name=$1 fingerprint=$2 record=$PAYMENTS_HOME/run/$1.pid
    shift 2
    if running "$name" && [ "$(cat "$record.made-from" 2>/dev/null)" = "$fingerprint" ]; then return 0; fi
    process_stop "$record" || fail "the old $name does not stop"
    process_start "$record" "$PAYMENTS_HOME/log/$name.log" "$@" || fail "$name does not start"
    printf '%s\n' "$fingerprint" >"$record.made-from"
}

# Waits until CONDITION holds, and fails with the end of its log when the process ends or SECONDS are over.
await() { # NAME SECONDS CONDITION [ARGUMENT…]
    local name=$1 seconds=$2 began=$SECONDS
    shift 2
    wait_until "$seconds" ready_or_gone "$name" "$@" || true
    if running "$name" && "$@"; then
        progress "$name is ready ($((SECONDS - began)) s)"
        return 0
    fi
    {
        echo "--- the end of $PAYMENTS_HOME/log/$name.log"
        tail -n 20 "$PAYMENTS_HOME/log/$name.log"
        echo '---'
    } >&2
    running "$name" || fail "$name ended at once"
    fail "$name is not ready after $seconds s"
}

ready_or_gone() { # NAME CONDITION [ARGUMENT…]
    ! running "$1" || "${@:2}"
}

answers() { # URL
    curl -fs -m 2 -o /dev/null "$1"
}

# What not every process may know: each gets what its line names and nothing of the others', whether it was made here or given.
declare -A OWN_SETTINGS=(
    [checkout]='STRIPE_API_BASE STRIPE_SECRET_KEY STRIPE_PUBLISHABLE_KEY STRIPE_PRICE_BASIC STRIPE_PRICE_PREMIUM
        ALLOWED_REDIRECT_ORIGINS'
    [webhook]='STRIPE_API_BASE STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRET STRIPE_ACCOUNT_ID'
    [refund]='STRIPE_API_BASE STRIPE_SECRET_KEY'
    [analytics]=''
    [enforcement]='STRIPE_API_BASE STRIPE_SECRET_KEY STRIPE_PRICE_BASIC STRIPE_PRICE_PREMIUM STRIPE_READS_PER_SECOND'
    [notification]='STRIPE_API_BASE STRIPE_SECRET_KEY ADMIN_EMAIL MAIL_FROM SMTP_URL'
    [sandbox]='STRIPE_WEBHOOK_SECRET STRIPE_PRICE_BASIC STRIPE_PRICE_PREMIUM'
    [vm-controller]=''
)

export_own_settings() { # PROCESS
    local name service names=()
    # What `env` prints for programs outside may have come back.
    unset SANDBOX_URL RABBITMQ_MANAGEMENT_URL OBSERVER_DATABASE_URL AMQP_URL DATABASE_URL MIGRATION_DATABASE_URL
    for service in "${SERVICES[@]}"; do unset "${service^^}_URL" "${service^^}_MANAGEMENT_URL"; done
    for service in "${SERVICES[@]}" observer vm_controller operator; do
        export -n "${service^^}_DATABASE_PASSWORD" "${service^^}_OWNER_DATABASE_PASSWORD" "${service^^}_AMQP_PASSWORD"
    done
    read -rd '' -a names <<<"AUTH_JWT_SECRET ${OWN_SETTINGS[*]}" || true
    for name in "${names[@]}"; do export -n "${name?}"; done
    read -rd '' -a names <<<"${OWN_SETTINGS[$1]}" || true
    for name in "${names[@]}"; do export "${name?}"; done
}

# Starts SERVICE; its settings reach it through the environment, never through its arguments.
# shellcheck disable=SC2030,SC2031 # meant: each of these functions is a subshell, so that what it exports stays in it
launch() ( # SERVICE
    name=${1^^}
    binary=$BINARIES/$(service_target "$1")
    port=${name}_PORT management=${name}_MANAGEMENT_PORT broker=${name}_AMQP_PASSWORD
    database=${name}_DATABASE_PASSWORD owner=${name}_OWNER_DATABASE_PASSWORD
    database=$(url_encoded "${!database}")
    owner=$(url_encoded "${!owner}")
    broker=$(url_encoded "${!broker}")
    export_own_settings "$1"
    export HTTP_HOST=127.0.0.1 HTTP_PORT=${!port} MANAGEMENT_PORT=${!management} LOG_LEVEL LOG_FORMAT GATEWAY_URL
    if [ -n "${AUTH_JWT_SECRET:-}" ]; then export AUTH_JWT_SECRET; fi
    for service in "${SERVICES[@]}"; do
        local -n service_port=${service^^}_PORT
        export "${service^^}_URL=http://127.0.0.1:$service_port"
    done
    export DATABASE_URL=postgresql://$1:$database@127.0.0.1:$POSTGRES_PORT/payments
    export MIGRATION_DATABASE_URL=postgresql://$1_owner:$owner@127.0.0.1:$POSTGRES_PORT/payments
    export AMQP_URL=amqp://$1:$broker@127.0.0.1:$RABBITMQ_PORT/payments
    keep_or_start "$1" "$(made_from "$binary" "$SETTING_NAMES")" "$binary"
)

# The stand-in for Stripe posts its events where Stripe would: at the gateway. Its account is in a file beside the data that names
# its customers, and goes with it.
# shellcheck disable=SC2030,SC2031
launch_sandbox() (
    binary=$BINARIES/StripeSandbox
    export_own_settings sandbox
    export LOG_LEVEL HTTP_HOST=127.0.0.1 HTTP_PORT=$SANDBOX_PORT SANDBOX_PUBLIC_URL=http://127.0.0.1:$SANDBOX_PORT
    export SANDBOX_WEBHOOK_URL=${SANDBOX_WEBHOOK_URL:-$GATEWAY_URL/api/payment/webhook}
    SANDBOX_STATE=$(sandbox_state)
    export SANDBOX_STATE
    keep_or_start sandbox "$(made_from "$binary" '^(HTTP|SANDBOX|STRIPE)_')" "$binary"
)

# shellcheck disable=SC2031
sandbox_state() { echo "${SANDBOX_STATE:-$PAYMENTS_HOME/sandbox.state}"; }

# Starts it, and says so when that spoils what is stored: customers that an earlier sandbox knew, whose file is gone.
start_sandbox() {
    if [ ! -s "$(sandbox_state)" ] &&
        [ -n "$(superuser_psql payments -Atc "SELECT 1 WHERE pg_relation_size(to_regclass('checkout.customers')) > 0")" ]; then
        say 'note: the sandbox begins anew, with no memory of the customers stored before; try with users that are new too'
    fi
    launch_sandbox
}

# The reference VM controller, written in Python as any consumer outside the project would be.
# shellcheck disable=SC2030,SC2031
launch_controller() (
    program=$DEPLOY/examples/vm_controller.py
    export_own_settings vm-controller
    AMQP_URL=amqp://vm-controller:$(url_encoded "$VM_CONTROLLER_AMQP_PASSWORD")@127.0.0.1:$RABBITMQ_PORT/payments
    export AMQP_URL VM_CONTROLLER_STATE=$PAYMENTS_HOME/vm-controller.json
    keep_or_start vm-controller "$(made_from "$program" '^(AMQP|VM)_')" "$(find_python)" -u "$program"
)

# What decides whether a running process is the one we would start now: the program, and the settings whose names match NAMES.
made_from() { # PROGRAM NAMES
    { stat -c '%Y %s' "$1" && env | grep -E "$2" | sort; } | sha256sum
}

# Takes over subscribers that a shop has at Stripe already: what runs as checkout does it, told just what checkout was told.
import_subscribers() ( # [ARGUMENT…]
    open_home
    pid=$(process_pid "$PAYMENTS_HOME/run/checkout.pid") || fail 'import needs a running checkout: deploy/local up'
    mapfile -d '' -t environment <"/proc/$pid/environ"
    exec env -i "${environment[@]}" "/proc/$pid/exe" import "$@"
)

# Has a service count anew what it has added up, and tells what was different; exit code 1 when something was.
rebuild() { # analytics
    local url
    [ "$*" = analytics ] || fail "there is nothing to rebuild but analytics, not: ${*:-nothing}"
    url=$(print_environment | sed -n 's/^ANALYTICS_URL=//p')
    [ -n "$url" ] || fail 'analytics does not run'
    REBUILD_TOKEN=$(token rebuild --admin) "$(find_python)" "$DEPLOY/lib/rebuild.py" "$url"
}

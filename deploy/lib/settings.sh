# shellcheck shell=bash
# The settings of one local installation: ports and secrets, chosen once and remembered in PAYMENTS_HOME/state.
#
# A setting comes from the environment, else from what is remembered, else it is made now. What the environment gives is not
# remembered: it holds for this run.

SERVICES=(checkout webhook refund analytics enforcement notification)
declare -A STATE=()

service_target() { # SERVICE: the name of its executable
    case $1 in
        enforcement) echo SubscriptionEnforcement ;;
        *) echo "${1^}" ;;
    esac
}

# The services whose source is there.
present_services() {
    local service
    for service in "${SERVICES[@]}"; do
        if [ -f "$ROOT/Services/$(service_target "$service")/main.swift" ]; then echo "$service"; fi
    done
}

# An installation belongs to who made it: what another user wrote into it, root for one, its owner could not even read.
require_own_home() {
    if [ ! -e "$PAYMENTS_HOME" ] || [ -O "$PAYMENTS_HOME" ]; then return 0; fi
    fail "$PAYMENTS_HOME belongs to $(stat -c %U "$PAYMENTS_HOME"): run this as that user, or with another PAYMENTS_HOME"
}

open_home() {
    # nginx reads these in a path as more than themselves, whatever the quotes.
    [[ $PAYMENTS_HOME != *[\"\$\\[:cntrl:]]* ]] || fail "PAYMENTS_HOME holds a quote, a dollar, a backslash or worse: $PAYMENTS_HOME"
    require_own_home
    mkdir -p "$PAYMENTS_HOME/run" "$PAYMENTS_HOME/log" || fail "$PAYMENTS_HOME cannot be made; give another PAYMENTS_HOME"
    chmod 700 "$PAYMENTS_HOME/run" "$PAYMENTS_HOME/log"
}

# One at a time: what follows changes PAYMENTS_HOME. The lock goes with the process, however that ends.
take_lock() { # [FILE]
    exec 9>"${1:-$PAYMENTS_HOME/lock}"
    flock -n 9 && return
    say "another deploy/local is at work in $PAYMENTS_HOME; waiting for it"
    flock -w 1800 9 || fail 'the other one is not done after 30 minutes'
}

load_state() {
    local name value
    STATE=()
    [ -f "$PAYMENTS_HOME/state" ] || return 0
    while IFS='=' read -r name value; do STATE[$name]=$value; done <"$PAYMENTS_HOME/state"
}

save_state() {
    local name
    (
        umask 077
        for name in "${!STATE[@]}"; do printf '%s=%s\n' "$name" "${STATE[$name]}"; done | sort >"$PAYMENTS_HOME/state.new"
        mv "$PAYMENTS_HOME/state.new" "$PAYMENTS_HOME/state"
    )
}

# Gives the variable NAME its value; MAKER prints a new one.
setting() { # NAME MAKER [ARGUMENT…]
    local name=$1
    shift
    if [ -n "${!name:-}" ]; then return; fi
    if [ -z "${STATE[$name]:-}" ]; then STATE[$name]=$("$@"); fi
    printf -v "$name" %s "${STATE[$name]}"
}

# The same for a port, which is chosen anew when somebody else has taken it meanwhile.
port_setting() { # NAME RUNS [ARGUMENT…]: RUNS succeeds when it is our own process that listens there
    local name=$1
    shift
    if [ -z "${!name:-}" ] && [ -n "${STATE[$name]:-}" ] && port_taken "${STATE[$name]}" && ! "$@"; then
        unset "STATE[$name]"
    fi
    setting "$name" unused_port
}

unused_port() { # free, and not remembered for something that has not started yet
    local port
    while port=$(free_port 20000 12000); do
        case " ${STATE[*]} " in *" $port "*) ;; *) echo "$port" && return ;; esac
    done
}

secret() { # [PREFIX]
    printf '%s%s' "${1:-}" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
}

running() { # NAME
    process_pid "$PAYMENTS_HOME/run/$1.pid" >/dev/null
}

choose_settings() {
    local name
    load_state
    port_setting POSTGRES_PORT postgres_runs
    port_setting RABBITMQ_PORT rabbitmq_runs
    port_setting RABBITMQ_MANAGEMENT_PORT rabbitmq_runs
    port_setting GATEWAY_PORT running gateway
    port_setting SANDBOX_PORT running sandbox
    for name in "${SERVICES[@]}"; do
        port_setting "${name^^}_PORT" running "$name"
        port_setting "${name^^}_MANAGEMENT_PORT" running "$name"
        setting "${name^^}_DATABASE_PASSWORD" secret
        setting "${name^^}_OWNER_DATABASE_PASSWORD" secret
        setting "${name^^}_AMQP_PASSWORD" secret
    done
    setting OBSERVER_DATABASE_PASSWORD secret
    setting VM_CONTROLLER_AMQP_PASSWORD secret
    setting OPERATOR_AMQP_PASSWORD secret
    setting STRIPE_SECRET_KEY secret sk_test_
    setting STRIPE_PUBLISHABLE_KEY secret pk_test_
    setting STRIPE_WEBHOOK_SECRET secret whsec_
    if [ -z "${AUTH_JWKS_FILE:-}" ]; then setting AUTH_JWT_SECRET secret; fi
    save_state
    choose_defaults
}

# What follows from the above and is not remembered.
choose_defaults() {
    local sandbox=http://127.0.0.1:$SANDBOX_PORT
    GATEWAY_URL=http://127.0.0.1:$GATEWAY_PORT
    : "${GATEWAY_RATE:=50r/s}" "${GATEWAY_BURST:=100}" "${GATEWAY_TRUSTED_PROXY:=255.255.255.255}"
    : "${STRIPE_API_BASE:=$sandbox}" "${STRIPE_PRICE_BASIC:=price_basic}" "${STRIPE_PRICE_PREMIUM:=price_premium}"
    : "${ALLOWED_REDIRECT_ORIGINS:=$GATEWAY_URL}" "${LOG_LEVEL:=info}" "${LOG_FORMAT:=json}"
    : "${ADMIN_EMAIL:=admin@example.com}" "${MAIL_FROM:=payments@example.com}" "${SMTP_URL:=smtp://127.0.0.1:1025}"
    # Settings printed by `env` may have come back in the environment: then the sandbox is still ours to start.
    if [ "$STRIPE_API_BASE" = "$sandbox" ]; then USE_SANDBOX=yes; else USE_SANDBOX=no; fi
    # What stands in for Stripe on this machine has no limit to share with others.
    case $STRIPE_API_BASE in http://127.0.0.1:*) : "${STRIPE_READS_PER_SECOND:=1000}" ;; esac
    AMQP_URL=amqp://operator:$(url_encoded "$OPERATOR_AMQP_PASSWORD")@127.0.0.1:$RABBITMQ_PORT/payments
    # shellcheck disable=SC2034 # read by write_environment through its name
    OBSERVER_DATABASE_URL=postgresql://observer:$(url_encoded "$OBSERVER_DATABASE_PASSWORD")@127.0.0.1:$POSTGRES_PORT/payments
}

# TEXT with every byte percent-encoded that is not safe in the user part of a URL.
url_encoded() { # TEXT
    local LC_ALL=C text=$1 result='' i byte
    for ((i = 0; i < ${#text}; i++)); do
        case ${text:i:1} in
            [A-Za-z0-9._~-]) result+=${text:i:1} ;;
            *) printf -v byte '%%%02X' "'${text:i:1}" && result+=${byte: -3} ;;
        esac
    done
    printf %s "$result"
}

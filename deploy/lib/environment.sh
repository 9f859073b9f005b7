# shellcheck shell=bash
# What is told to those outside: the settings in force, tokens, and what to try.

# How this script is called for the installation at hand.
this_script() {
    if [ "$PAYMENTS_HOME" != "$ROOT/.local" ]; then printf 'PAYMENTS_HOME=%q ' "$PAYMENTS_HOME"; fi
    echo deploy/local
}

PRINTED_SETTINGS=(GATEWAY_URL AMQP_URL OBSERVER_DATABASE_URL STRIPE_API_BASE STRIPE_SECRET_KEY STRIPE_PUBLISHABLE_KEY
    STRIPE_WEBHOOK_SECRET STRIPE_PRICE_BASIC STRIPE_PRICE_PREMIUM AUTH_JWT_SECRET AUTH_JWKS_FILE AUTH_JWT_ISSUER
    AUTH_JWT_AUDIENCE ALLOWED_REDIRECT_ORIGINS ALLOWED_ORIGINS ADMIN_EMAIL LOG_LEVEL ENFORCEMENT_HOLD_DOWN_SECONDS
    SWEEP_INTERVAL_SECONDS OUTBOX_SCAN_MILLISECONDS RETRY_MAX_SECONDS BREAKER_MAX_SHARE BREAKER_MIN DUNNING_MAX_ATTEMPTS
    GRACE_SECONDS POLICY_PAUSE_COLLECTION POLICY_DISPUTE_LOST POLICY_FULL_REFUND POLICY_CANCEL_OPEN_INVOICES
    POLICY_OFF_PERIODS ORPHAN_MONEY_MINUTES OFFER_TRIAL_DAYS OFFER_PROMOTION_CODES OFFER_AUTOMATIC_TAX CUSTOMER_CALLS_PER_MINUTE ANALYTICS_TIME_ZONE
    REFUND_WINDOW_DAYS STRIPE_READS_PER_SECOND)

# What `env` prints, but for the process ids, which it looks up itself.
write_environment() {
    local name
    (
        umask 077
        for name in "${PRINTED_SETTINGS[@]}"; do
            if [ -n "${!name:-}" ]; then printf '%s=%s\n' "$name" "${!name}"; fi
        done
        if [ "$USE_SANDBOX" = yes ]; then printf 'SANDBOX_URL=http://127.0.0.1:%s\n' "$SANDBOX_PORT"; fi
        if ! by_compose; then print_addresses; fi
    ) >"$PAYMENTS_HOME/run/environment.new"
    mv "$PAYMENTS_HOME/run/environment.new" "$PAYMENTS_HOME/run/environment"
}

# Of what listens on this machine behind the gateway.
print_addresses() {
    local service
    printf 'RABBITMQ_MANAGEMENT_URL=http://127.0.0.1:%s\n' "$RABBITMQ_MANAGEMENT_PORT"
    for service in $(present_services); do
        local -n port=${service^^}_PORT management=${service^^}_MANAGEMENT_PORT
        printf '%s_URL=http://127.0.0.1:%s\n' "${service^^}" "$port"
        printf '%s_MANAGEMENT_URL=http://127.0.0.1:%s\n' "${service^^}" "$management"
    done
}

print_environment() {
    local service pid
    [ -f "$PAYMENTS_HOME/run/environment" ] || fail "nothing runs from $PAYMENTS_HOME; start it with $(this_script) up"
    cat "$PAYMENTS_HOME/run/environment"
    for service in "${SERVICES[@]}"; do
        if pid=$(process_pid "$PAYMENTS_HOME/run/$service.pid"); then printf '%s_PID=%s\n' "${service^^}" "$pid"; fi
    done
}

introduce() { # SECONDS
    local script
    script=$(this_script)
    progress_end
    cat <<U
Everything is ready, after $1 s.
  gateway   $GATEWAY_URL
  Stripe    $STRIPE_API_BASE
U
    if by_compose; then
        echo "  settings  $(compose_file)"
    else
        echo "  broker    http://127.0.0.1:$RABBITMQ_MANAGEMENT_PORT (operator; its password is in AMQP_URL of $script env)"
        echo "  data      $PAYMENTS_HOME"
    fi
    if [ -z "${AUTH_JWT_SECRET:-}" ]; then return; fi
    cat <<U
  customer  $(token user_42)
  admin     $(token admin_1 --admin)
U
    if [ "$USE_SANDBOX" = yes ]; then introduce_sandbox; fi
    cat <<U
Try:
  curl -s $GATEWAY_URL/api/payment/create-checkout-session -H "Authorization: Bearer \$($script token user_42)" \\
       -H 'Content-Type: application/json' -d '{"plan_id": "basic"}'     # open its "url" in a browser; card 4242 4242 4242 4242
                                                                         # with 4000 0000 0000 0341 the renewal fails
  curl -s $GATEWAY_URL/api/payment/subscription-status -H "Authorization: Bearer \$($script token user_42)"
  $script logs -f
U
}

# What the stand-in for Stripe can do that Stripe cannot.
introduce_sandbox() {
    local sandbox=http://127.0.0.1:$SANDBOX_PORT
    cat <<U
The sandbox stands for Stripe. Open $sandbox/_sandbox to see its account and to let a month pass; with Stripe's CLI:
  stripe trigger payment_intent.succeeded --api-base $sandbox --api-key sk_test_anything
U
}

token() { # USER [--admin]
    local user=${1:-} form=(3600) running name python
    case "$#/${2:-}" in
        1/) ;;
        2/--admin) form=(900 admin) ;;
        *) usage >&2 && exit 2 ;;
    esac
    # What the environment does not say is as in what runs.
    if ! running=$(print_environment 2>/dev/null) && [ -z "${AUTH_JWT_SECRET:-}" ]; then print_environment; fi
    for name in AUTH_JWT_SECRET AUTH_JWT_ISSUER AUTH_JWT_AUDIENCE; do
        if [ -z "${!name:-}" ]; then printf -v "$name" %s "$(sed -n "s/^$name=//p" <<<"$running")"; fi
        export "${name?}"
    done
    [ -n "$AUTH_JWT_SECRET" ] || fail 'tokens are verified with AUTH_JWKS_FILE; only who has the private key can make one'
    python=$(find_python) || python=python3
    command -v "$python" >/dev/null || fail 'a token is signed with python3, which is not there'
    "$python" "$DEPLOY/lib/token.py" "$user" "${form[@]}"
}

# shellcheck shell=bash
# `deploy/local demo`: the whole story on an installation of its own, which leaves nothing behind unless it is kept or fails.

demo() { # [--keep]
    local keep=no
    case "$*" in
        '') ;;
        --keep) keep=yes ;;
        *) usage >&2 && exit 2 ;;
    esac
    [ -z "${STRIPE_API_BASE:-}" ] || fail 'the demo needs the sandbox, whose clock it moves: unset STRIPE_API_BASE'
    has_swift || fail 'the demo needs Swift 6.2 or newer (https://www.swift.org/install/linux/): it reads the database and the
  broker, which containers keep to themselves. Where there is a Docker engine, deploy/local up starts all and says what to try.'
    open_home
    # Beside the demo's home, which comes and goes: only one demo at a time uses it, from the first step to the last.
    take_lock "$PAYMENTS_HOME/demo.lock"
    export PAYMENTS_HOME=$PAYMENTS_HOME/demo ENFORCEMENT_HOLD_DOWN_SECONDS=1
    forget_home
    obey_signals
    if [ "$keep" = no ]; then trap end_demo EXIT; fi
    say 'The demo waits 1 s before a VM is stopped (ENFORCEMENT_HOLD_DOWN_SECONDS=1); the default is 60 s.'
    run_to_end "$DEPLOY/local" up >/dev/null
    play
    if [ "$keep" = yes ]; then
        say "Everything still runs. Look around with $(this_script) env; stop it with $(this_script) down."
    fi
}

# Runs the story with the settings in force; it talks to us as any outside program would.
play() {
    local line
    while IFS= read -r line; do export "${line?}"; done < <(print_environment)
    CUSTOMER_TOKEN=$(token demo_customer)
    ADMIN_TOKEN=$(token demo_admin --admin)
    export CUSTOMER_TOKEN ADMIN_TOKEN
    run_to_end "$(find_python)" -uB "$DEPLOY/examples/story.py"
}

end_demo() {
    local status=$?
    trap - EXIT HUP INT TERM
    "$DEPLOY/local" down 9>&- || status=1
    if [ $status = 0 ]; then
        forget_home
    else
        say "the logs and data of this demo are in $PAYMENTS_HOME"
    fi
    exit $status
}

# Deletes what an earlier run left, so that every demo and every test starts from nothing.
forget_home() {
    [ -d "$PAYMENTS_HOME" ] || return 0
    "$DEPLOY/local" down 9>&-
    if [ -d "$PAYMENTS_HOME/postgres" ]; then "$DEPLOY/postgres/cluster" remove "$PAYMENTS_HOME/postgres" 9>&-; fi
    rm -rf "$PAYMENTS_HOME"
}

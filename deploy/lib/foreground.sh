# shellcheck shell=bash
# Long commands that end with the script which runs them: bash by itself looks at a signal only when its command is done, or dies
# at once and leaves the command behind.

CHILD=

# From here on HUP, INT and TERM end the command that `run_to_end` runs, then the script, with 128 and the signal's number.
obey_signals() {
    trap 'interrupted 129' HUP
    trap 'interrupted 130' INT
    trap 'interrupted 143' TERM
}

# Runs COMMAND in a session of its own and gives its exit status.
run_to_end() { # COMMAND [ARGUMENT…]
    local status=0
    # What bash starts in the background ignores INT, and so would all that COMMAND starts.
    setsid env --default-signal "$@" </dev/null 9>&- &
    CHILD=$!
    wait "$CHILD" || status=$?
    CHILD=
    return $status
}

interrupted() { # STATUS
    trap - HUP INT TERM # a second signal is obeyed at once
    if [ -n "$CHILD" ]; then
        signal_session TERM
        wait_until 15 session_empty "$CHILD" || signal_session KILL
    fi
    exit "$1"
}

# To every process of the session, not to one process group: `timeout` for one makes a group of its own.
signal_session() { # SIGNAL
    local pid
    for pid in "$CHILD" $(session_members "$CHILD"); do kill -s "$1" "$pid" 2>/dev/null || true; done
}

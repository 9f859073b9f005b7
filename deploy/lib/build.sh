# shellcheck shell=bash
# Building the executables.

# Runs COMMAND with its output in LOG and shows that it lives: the time, and the last line of the log.
with_progress() { # TITLE LOG COMMAND [ARGUMENT…]
    local title=$1 log=$2 began=$SECONDS pid step=15
    shift 2
    if [ -t 2 ]; then step=1; fi
    "$@" >"$log" 2>&1 9>&- &
    pid=$!
    while process_start_time "$pid" >/dev/null; do
        sleep 1
        if (((SECONDS - began) % step == 0)); then
            progress "$title: $((SECONDS - began)) s  $(tail -n 1 "$log" | tr '\r' '\n' | tail -n 1 | cut -c1-90)"
        fi
    done
    wait "$pid" && return
    tail -n 40 "$log" >&2
    fail "$title failed after $((SECONDS - began)) s; the whole output is in $log"
}

# Builds the executables named, or all. One configuration for everything, so that nothing is built twice: debug, as the tests
# use it, unless CONFIGURATION=release is given, which is linked as in the images: with Swift's libraries inside a service calls them directly.
build() { # [TARGET…]
    local target service flags
    : "${CONFIGURATION:=debug}"
    flags=(-c "$CONFIGURATION")
    if [ "$CONFIGURATION" = release ]; then
        flags+=(--static-swift-stdlib)
        # One by one: what the tests are made of is in no library to link with.
        if [ $# = 0 ]; then
            set -- StripeSandbox
            for service in $(present_services); do set -- "$@" "$(service_target "$service")"; done
        fi
    fi
    cd "$ROOT" || exit
    say "building ($CONFIGURATION); the first time takes some minutes"
    if [ $# = 0 ]; then with_progress build "$PAYMENTS_HOME/log/build.log" swift build "${flags[@]}"; fi
    for target in "$@"; do
        with_progress "build of $target" "$PAYMENTS_HOME/log/build.log" swift build "${flags[@]}" --product "$target"
    done
    BINARIES=$(swift build -c "$CONFIGURATION" --show-bin-path 9>&-)
}

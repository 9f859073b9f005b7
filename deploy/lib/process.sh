# shellcheck shell=bash
# Processes that outlive the script which started them.
#
# Each is known by a record: a file with its id and start time. The process writes the record itself before it becomes the
# program, so there is no moment in which it runs unrecorded; the start time tells a recycled id from ours.

# When process PID started, in clock ticks since boot. Fails for a process that is gone or a zombie.
process_start_time() { # PID
    local stat fields
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The second field is the name in parentheses, which may hold anything; what follows starts with field 3, the state.
    read -ra fields <<<"${stat##*) }"
    [ "${fields[0]}" != Z ] || return 1
    echo "${fields[19]}"
}

# The id of the recorded process, if it still runs.
process_pid() { # RECORD
    local pid started
    { read -r pid started <"$1"; } 2>/dev/null || return 1
    [ "$(process_start_time "$pid")" = "$started" ] || return 1
    echo "$pid"
}

# Starts COMMAND in a session of its own, detached from this script, its output appended to LOG.
process_start() { # RECORD LOG COMMAND [ARGUMENT…]
    local record=$1 log=$2 pid
    shift 2
    rm -f "$record"
    (
        exec 9>&- </dev/null >>"$log" 2>&1 # 9 is the lock of deploy/local, which must not outlive it
        pid=$BASHPID
        printf '%s %s\n' "$pid" "$(process_start_time "$pid")" >"$record.new"
        mv "$record.new" "$record"
        exec setsid "$@"
    ) &
    wait_until 10 test -e "$record"
}

# The processes whose session is SESSION.
session_members() { # SESSION
    local stat text fields
    for stat in /proc/[0-9]*/stat; do
        { read -r text <"$stat"; } 2>/dev/null || continue
        read -ra fields <<<"${text##*) }"
        if [ "${fields[3]}" = "$1" ] && [ "${fields[0]}" != Z ]; then echo "${text%% *}"; fi
    done
}

# Stops the recorded process with SIGNAL (TERM), after SECONDS (15) with KILL, and whatever it left behind in its session. A
# service promises to be gone after 10 s; the rest is for a slow machine.
# A record whose process is gone is only cleared away, and a recycled id is left alone.
process_stop() { # RECORD [SECONDS] [SIGNAL]
    local record=$1 seconds=${2:-15} signal=${3:-TERM} pid rest
    { read -r pid rest <"$record"; } 2>/dev/null || return 0
    if process_pid "$record" >/dev/null; then
        kill -s "$signal" "$pid" 2>/dev/null || true
        wait_until "$seconds" process_gone "$record" || kill -s KILL "$pid" 2>/dev/null || true
    elif [ -e "/proc/$pid" ]; then
        rm -f "$record"
        return 0
    fi
    # The kernel gives a number to no new process while it is still the id of a session: these are its children.
    for rest in $(session_members "$pid"); do kill -s KILL "$rest" 2>/dev/null || true; done
    wait_until 5 session_empty "$pid" || return 1
    rm -f "$record"
}

process_gone() { # RECORD
    ! process_pid "$1" >/dev/null
}

session_empty() { # SESSION
    [ -z "$(session_members "$1")" ]
}

# Whether CONDITION comes true within SECONDS, asked ten times a second.
wait_until() { # SECONDS CONDITION [ARGUMENT…]
    local turns=$(($1 * 10))
    shift
    until "$@"; do
        if [ "$turns" -le 0 ]; then return 1; fi
        turns=$((turns - 1))
        sleep 0.1
    done
}

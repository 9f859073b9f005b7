# shellcheck shell=bash
# Ports of this machine.

# Whether anything listens on PORT, whoever it belongs to.
port_taken() { # PORT
    local hex
    printf -v hex ':%04X' "$1"
    # Column 2 is the local address, column 4 the state; 0A is LISTEN.
    awk -v port="$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# A port nobody listens on. The default range lies below that from which the kernel takes ports for outgoing connections.
free_port() { # [FIRST COUNT]
    local first=${1:-20000} count=${2:-12000} port
    for _ in {1..200}; do
        port=$((first + SRANDOM % count))
        if ! port_taken "$port"; then
            echo "$port"
            return
        fi
    done
    echo "no free port between $first and $((first + count))" >&2
    return 1
}

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

# A port nobody listens on, FIRST or one of the COUNT - 1 after it. Ports from 32768 up are those that the kernel takes for
# outgoing connections: a server there would not always find its port free.
free_port() { # FIRST COUNT
    local port
    for _ in {1..200}; do
        port=$(($1 + SRANDOM % $2))
        if ! port_taken "$port"; then
            echo "$port"
            return
        fi
    done
    echo "no free port from $1 to $(($1 + $2 - 1))" >&2
    return 1
}

# shellcheck shell=bash
# The gateway of `deploy/local`: nginx as a process of our own, configured from deploy/gateway/nginx.conf.template.

# Prints TEMPLATE with every ${NAME} replaced by the variable NAME, for the names given and no others.
fill_template() { # TEMPLATE NAME…
    local text name
    text=$(<"$1")
    shift
    for name in "$@"; do text=${text//"\${$name}"/"${!name}"}; done
    printf '%s\n' "$text"
}

find_nginx() {
    command -v nginx || { [ -x /usr/sbin/nginx ] && echo /usr/sbin/nginx; }
}

write_gateway_configuration() {
    # shellcheck disable=SC2034 # read by fill_template through their names
    local GATEWAY_HOME=$PAYMENTS_HOME/gateway GATEWAY_LISTEN=127.0.0.1:$GATEWAY_PORT name names=()
    # shellcheck disable=SC2034
    local GATEWAY_ACCESS_LOG=$PAYMENTS_HOME/log/gateway-access.log GATEWAY_ERROR_LOG=$PAYMENTS_HOME/log/gateway.log
    mkdir -p "$GATEWAY_HOME"
    for name in "${SERVICES[@]}"; do
        local -n port=${name^^}_PORT upstream=${name^^}_UPSTREAM
        # shellcheck disable=SC2034
        upstream=127.0.0.1:$port
        names+=("${name^^}_UPSTREAM")
    done
    fill_template "$DEPLOY/gateway/nginx.conf.template" GATEWAY_HOME GATEWAY_LISTEN GATEWAY_ACCESS_LOG GATEWAY_ERROR_LOG \
        GATEWAY_RATE GATEWAY_BURST GATEWAY_TRUSTED_PROXY "${names[@]}" >"$GATEWAY_HOME/nginx.conf"
}

start_gateway() {
    write_gateway_configuration
    keep_or_start gateway "$(sha256sum <"$PAYMENTS_HOME/gateway/nginx.conf")" \
        "$(find_nginx)" -e "$PAYMENTS_HOME/log/gateway.log" -c "$PAYMENTS_HOME/gateway/nginx.conf" -g 'daemon off;'
    await gateway 15 port_taken "$GATEWAY_PORT"
}

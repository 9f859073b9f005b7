import CRabbitMQ
import Glibc

extension BrokerConnection {
    /// Done once: TLS writes without `MSG_NOSIGNAL`, and a signal for a closed connection would end the process.
    static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    /// Opens the socket of `state` to `host`, by TLS where configured.
    static func connect(
        _ state: amqp_connection_state_t, _ host: BrokerHost, _ configuration: RabbitConfiguration
    ) throws(RabbitError) -> Lifeline {
        let socket: OpaquePointer?
        if let authorities = configuration.certificateAuthorities {
            unsafe socket = amqp_ssl_socket_new(state)
            guard let socket = unsafe socket else { throw RabbitError(.unreachable, "no memory for TLS") }
            unsafe amqp_ssl_socket_set_verify_peer(socket, 1)
            unsafe amqp_ssl_socket_set_verify_hostname(socket, 1)
            guard unsafe amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) == AMQP_STATUS_OK.rawValue,
                unsafe amqp_ssl_socket_set_cacert(socket, authorities) == AMQP_STATUS_OK.rawValue
            else { throw RabbitError(.unreachable, "the certificates in \(authorities) cannot be used") }
        } else {
            unsafe socket = amqp_tcp_socket_new(state)
        }
        guard let socket = unsafe socket else { throw RabbitError(.unreachable, "no memory for a socket") }
        var timeout = configuration.connectTimeout.timeValue
        let status = unsafe amqp_socket_open_noblock(socket, host.name, Int32(host.port), &timeout)
        guard status == AMQP_STATUS_OK.rawValue else {
            throw RabbitError(.unreachable, "\(host): \(unsafe String(cString: amqp_error_string2(status)))")
        }
        let descriptor = unsafe amqp_get_sockfd(state)
        // The kernel's own deadline for unacknowledged bytes, in case everything above it fails: two heartbeats, in ms.
        var limit = CUnsignedInt(configuration.heartbeat * 2_000)
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &limit, socklen_t(MemoryLayout<CUnsignedInt>.size))
        return try Lifeline(duplicating: descriptor)
    }

    /// Negotiates the connection of `state`, within `connectTimeout`.
    static func logIn(
        _ state: amqp_connection_state_t, _ host: BrokerHost, _ configuration: RabbitConfiguration, _ lifeline: Lifeline
    ) throws(RabbitError) {
        let watch = Watchdog.shared.watch(for: configuration.connectTimeout) { lifeline.cut() }
        defer { Watchdog.shared.cancel(watch) }
        var handshakeTimeout = configuration.connectTimeout.timeValue
        var callTimeout = configuration.callTimeout.timeValue
        _ = unsafe amqp_set_handshake_timeout(state, &handshakeTimeout)
        _ = unsafe amqp_set_rpc_timeout(state, &callTimeout)
        // 128 KiB is RabbitMQ's own default for a frame.
        let reply = unsafe rabbit_login(
            state, configuration.virtualHost, 131_072, Int32(configuration.heartbeat), configuration.connectionName,
            configuration.user, configuration.password)
        guard let error = unsafe reply.error("logging in at \(host)") else { return }
        // The library reports a login that went unanswered, or was cut, as a lost connection; nothing was lost yet.
        throw error.code == .connectionLost ? RabbitError(.unreachable, error.detail) : error
    }
}

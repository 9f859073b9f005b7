import CRabbitMQ
import Glibc

/// One authenticated connection to the broker with its one data channel.
///
/// It belongs to the thread that opened it: the library is not thread-safe, and any call can block until the watchdog ends it.
/// Whatever it throws, the connection is dead: let go of it and open another.
@safe final class BrokerConnection {
    /// How often input must be looked at, also when idle or blocked: heartbeats go out and are checked only then.
    let pumpInterval: Duration
    private let state: amqp_connection_state_t
    private let lifeline: Lifeline
    private let callTimeout: Duration
    private var decoder = FrameDecoder()
    private let encoder = PropertyEncoder()
    private let channel: amqp_channel_t = 1

    /// Takes over a socket already connected and logged in.
    private init(state: amqp_connection_state_t, lifeline: Lifeline, callTimeout: Duration) {
        unsafe self.state = unsafe state
        self.lifeline = lifeline
        self.callTimeout = callTimeout
        pumpInterval = .milliseconds(unsafe Int(amqp_get_heartbeat(state)) * 1_000 / 2)
    }

    deinit {
        // Cut first: closing TLS would otherwise say goodbye to a broker that may not be listening.
        lifeline.cut()
        unsafe amqp_destroy_connection(state)
    }

    /// Connects to one host, logs in and opens the channel.
    ///
    /// Takes at most three times `connectTimeout`, plus the resolver's own time for the host's name.
    static func open(_ host: BrokerHost, _ configuration: RabbitConfiguration) throws(RabbitError) -> BrokerConnection {
        ignoreBrokenPipes
        guard let state = unsafe amqp_new_connection() else { throw RabbitError(.unreachable, "no memory for a connection") }
        let lifeline: Lifeline
        do {
            lifeline = try unsafe connect(state, host, configuration)
            try unsafe logIn(state, host, configuration, lifeline)
        } catch {
            unsafe amqp_destroy_connection(state)
            throw error
        }
        let connection = unsafe BrokerConnection(state: state, lifeline: lifeline, callTimeout: configuration.callTimeout)
        try connection.bounded { () throws(RabbitError) in try connection.openChannel() }
        return connection
    }

    /// A connection to the first of the configured hosts that gives one; throws what the last one asked has said.
    ///
    /// `isUnwanted` is asked before each host, as a host that is silent takes its time.
    static func open(
        anyOf configuration: RabbitConfiguration, unless isUnwanted: () -> Bool = { false }
    ) throws(RabbitError) -> BrokerConnection {
        var failure = RabbitError(.unreachable, "no host was asked")
        for host in configuration.hosts where !isUnwanted() {
            do {
                return try open(host, configuration)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// Does `work`, and shuts the connection down under it when it takes longer than a call of the library may.
    func bounded<T>(_ work: () throws(RabbitError) -> T) throws(RabbitError) -> T {
        let watch = Watchdog.shared.watch(for: callTimeout) { [lifeline] in lifeline.cut() }
        defer { Watchdog.shared.cancel(watch) }
        return try work()
    }

    /// Blocks until there is input, `wakeup` is signalled, or heartbeats are due.
    func waitForInput(or wakeup: Wakeup) {
        wakeup.wait(orInputOn: lifeline.descriptor, timeout: pumpInterval)
    }

    /// The next thing the broker has said, or nil when there is nothing more for now. Also sends and checks heartbeats.
    func nextEvent() throws(RabbitError) -> BrokerEvent? {
        while true {
            var frame = unsafe amqp_frame_t()
            var now = timeval()
            let status = unsafe amqp_simple_wait_frame_noblock(state, &frame, &now)
            if status == AMQP_STATUS_TIMEOUT.rawValue { return nil }
            try check(status, "reading")
            // The frame lives in buffers that only this gives back.
            defer { unsafe amqp_maybe_release_buffers(state) }
            do {
                if let event = try unsafe decoder.accept(frame) { return event }
            } catch {
                unsafe answerClose(frame)
                throw error
            }
        }
    }

    /// Sends `publication`, mandatory and persistent. The connection must have been drained by `nextEvent` just before.
    func publish(_ publication: Publication) throws(RabbitError) {
        encoder.reset()
        var properties = unsafe encoder.properties(of: publication)
        let status = unsafe publication.body.withUnsafeBytes { body in
            // An empty array may have no address, which the library accepts for no bytes; it never writes to a body.
            let bytes = unsafe amqp_bytes_t(len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress))
            return unsafe amqp_basic_publish(
                state, channel, encoder.bytes(publication.exchange), encoder.bytes(publication.routingKey), 1, 0, &properties, bytes)
        }
        try check(status, "publishing")
    }

    /// Acknowledges all deliveries of this connection up to `tag`.
    func acknowledge(upTo tag: UInt64) throws(RabbitError) {
        try check(unsafe amqp_basic_ack(state, channel, tag, 1), "acknowledging")
    }

    /// The largest frame the two sides agreed on, in bytes.
    var frameMax: Int { unsafe Int(amqp_get_frame_max(state)) }

    /// Says goodbye. A broker that does not answer, as one in alarm does not to publishers, is left after 1 s.
    func close() {
        let watch = Watchdog.shared.watch(for: .seconds(1)) { [lifeline] in lifeline.cut() }
        defer { Watchdog.shared.cancel(watch) }
        _ = unsafe amqp_connection_close(state, AMQP_REPLY_SUCCESS)
    }

    // MARK: Asking the broker; only before consuming, as an answer would otherwise queue behind deliveries

    /// Opens the channel; again after a refused question, which closes it.
    func openChannel() throws(RabbitError) {
        _ = unsafe amqp_channel_open(state, channel)
        try checkReply("opening a channel")
    }

    /// Has every message published from here on confirmed, numbered from 1.
    func selectConfirms() throws(RabbitError) {
        _ = unsafe amqp_confirm_select(state, channel)
        try checkReply("asking for confirms")
    }

    /// How `queue` stands. That there is none closes the channel.
    func queueState(_ queue: String) throws(RabbitError) -> QueueState {
        encoder.reset()
        let answer = unsafe amqp_queue_declare(state, channel, encoder.bytes(queue), 1, 0, 0, 0, amqp_empty_table)
        do {
            try checkReply("looking for queue \(queue)")
            let (messages, consumers) = unsafe (answer?.pointee.message_count ?? 0, answer?.pointee.consumer_count ?? 0)
            return QueueState(name: queue, exists: true, messages: Int(messages), consumers: Int(consumers))
        } catch {
            guard error.code == .notFound else { throw error }
            return QueueState(name: queue, exists: false, messages: 0, consumers: 0)
        }
    }

    /// Whether a message with this id lies in `queue`. It stays there: the broker puts back what was not acknowledged when the connection ends. Any
    /// other that lies before it is removed.
    func holds(_ messageID: String, in queue: String) throws(RabbitError) -> Bool {
        while let (id, tag) = try next(in: queue) {
            if id == messageID { return true }
            try check(unsafe amqp_basic_ack(state, channel, tag, 0), "acknowledging")
        }
        return false
    }

    /// Takes a message out of `queue`, to be acknowledged by its tag; nil when there is none.
    private func next(in queue: String) throws(RabbitError) -> (id: String, tag: UInt64)? {
        encoder.reset()
        let reply = unsafe amqp_basic_get(state, channel, encoder.bytes(queue), 0)
        if let error = unsafe reply.error("looking into \(queue)") { throw error }
        guard unsafe reply.reply.id == AMQP_BASIC_GET_OK_METHOD, let got = unsafe reply.reply.decoded else { return nil }
        let tag = unsafe got.assumingMemoryBound(to: amqp_basic_get_ok_t.self).pointee.delivery_tag
        var message = unsafe amqp_message_t()
        let read = unsafe amqp_read_message(state, channel, &message, 0)
        if let error = unsafe read.error("reading a message of \(queue)") { throw error }
        defer { unsafe amqp_destroy_message(&message) }
        let hasID = unsafe Int32(bitPattern: message.properties._flags) & AMQP_BASIC_MESSAGE_ID_FLAG != 0
        return (hasID ? unsafe message.properties.message_id.string : "", tag)
    }

    /// Has the messages of `queue` delivered, at most `prefetch` of them unacknowledged.
    func consume(_ queue: String, prefetch: UInt16) throws(RabbitError) {
        encoder.reset()
        _ = unsafe amqp_basic_qos(state, channel, 0, prefetch, 0)
        try checkReply("setting the prefetch")
        _ = unsafe amqp_basic_consume(state, channel, encoder.bytes(queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table)
        try checkReply("consuming \(queue)")
    }

    private func checkReply(_ act: String) throws(RabbitError) {
        let reply = unsafe amqp_get_rpc_reply(state)
        if unsafe reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD {
            var ok = amqp_channel_close_ok_t()
            _ = unsafe amqp_send_method(state, channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok)
        }
        if let error = unsafe reply.error(act) { throw error }
        // An answer, too, lives in buffers that only this gives back.
        unsafe amqp_maybe_release_buffers(state)
    }

    private func check(_ status: Int32, _ act: String) throws(RabbitError) {
        guard status != AMQP_STATUS_OK.rawValue else { return }
        throw RabbitError(.connectionLost, "\(act): \(unsafe String(cString: amqp_error_string2(status)))")
    }

    /// Agrees to a close of the connection, which the broker otherwise waits for before it lets go.
    private func answerClose(_ frame: amqp_frame_t) {
        guard unsafe Int32(frame.frame_type) == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD else { return }
        var ok = amqp_connection_close_ok_t()
        _ = unsafe amqp_send_method(state, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &ok)
    }
}

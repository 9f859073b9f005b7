package import Messages
import Models

/// The handlers of one queue, by message type.
package struct Dispatch: Sendable {
    /// One prepared message, ready to be applied in a transaction.
    struct Prepared: Sendable {
        let apply: @Sendable (UnitOfWork) async throws -> Outcome
        /// Whose row it locks first.
        var lock: String?
        /// Names that are locked before it is applied.
        var names: [String] = []
        /// How it is applied together with others of its kind; nil where each is applied by itself.
        var joining: Joining?
    }

    /// A message of a kind that is applied together.
    struct Joining: Sendable {
        /// The place of its handler.
        let kind: Int
        fileprivate let heard: any Sendable
    }

    private struct Entry: Sendable {
        let matches: @Sendable (String) -> Bool
        let prepares: Bool
        let read: @Sendable ([UInt8]) throws -> (CloudEventHeader, any Sendable)
        let prepare: @Sendable (Incoming) async throws -> Prepared
        let applyAll: @Sendable ([any Sendable], UnitOfWork) async throws -> Void
        let parked: @Sendable (Incoming, String, UnitOfWork) async throws -> Void
    }

    private var entries: [Entry] = []
    /// How long a message waits for others to be applied with.
    let gathering: Duration

    /// No handlers yet. Messages that nobody waits for cost less when many are applied together: each then waits `gathering` for others.
    package init(gathering: Duration = .zero) {
        self.gathering = gathering
    }

    /// Adds the handler of one fixed message.
    package func on<H: MessageHandler>(_ handler: H) -> Dispatch where H.Payload: FixedMessage {
        on(handler, types: { $0 == H.Payload.key })
    }

    /// Adds a handler for every type that `types` accepts.
    package func on<H: MessageHandler>(_ handler: H, types: @escaping @Sendable (String) -> Bool) -> Dispatch {
        var copy = self
        copy.entries.append(
            Entry(
                matches: types, prepares: true, read: { try envelope(H.Payload.self, $0) },
                prepare: { incoming in
                    let message = try read(H.Payload.self, incoming)
                    let preparation = try await handler.prepare(message)
                    return Prepared(
                        apply: { work in try await handler.apply(message, preparation, in: work) }, lock: handler.lock(of: message),
                        names: handler.names(of: message))
                },
                applyAll: { _, _ in },
                parked: { incoming, reason, work in
                    guard let message = try? read(H.Payload.self, incoming) else { return }
                    try await handler.parked(message, because: reason, in: work)
                }))
        return copy
    }

    /// Adds a handler that takes all messages of its kind in a delivery at once.
    package func on<H: BatchHandler>(_ handler: H) -> Dispatch where H.Payload: FixedMessage {
        on(handler, types: { $0 == H.Payload.key })
    }

    /// The same for every type that `types` accepts.
    package func on<H: BatchHandler>(_ handler: H, types: @escaping @Sendable (String) -> Bool) -> Dispatch {
        var copy = self
        let kind = entries.count
        copy.entries.append(
            Entry(
                matches: types, prepares: false, read: { try envelope(H.Payload.self, $0) },
                prepare: { incoming in
                    let heard = Heard(id: incoming.header.id, message: try read(H.Payload.self, incoming))
                    return Prepared(
                        apply: { work in
                            do {
                                try await handler.apply([heard], in: work)
                                return .done
                            } catch let undone as Undone {
                                return undone.outcomes[heard.id] ?? .retry(because: "others were not done")
                            }
                        }, joining: Joining(kind: kind, heard: heard))
                },
                applyAll: { heard, work in try await handler.apply(heard.compactMap { $0 as? Heard<H.Payload> }, in: work) },
                parked: { incoming, reason, work in
                    guard let message = try? read(H.Payload.self, incoming) else { return }
                    try await handler.parked(message, because: reason, in: work)
                }))
        return copy
    }

    /// Envelope and message, read at once as what its handler takes; nil where they are no such message, or there is no handler.
    func opened(_ body: [UInt8], as type: String) -> (CloudEventHeader, any Sendable)? {
        guard let read = try? entries.first(where: { $0.matches(type) })?.read(body) else { return nil }
        return read.0.type == type ? read : nil
    }

    /// Whether handlers ask others before they apply a message of this type.
    func prepares(_ type: String) -> Bool { entries.first { $0.matches(type) }?.prepares ?? false }

    /// Applies messages of one kind together; all are done.
    func apply(_ messages: [Joining], in work: UnitOfWork) async throws {
        guard let kind = messages.first?.kind else { return }
        try await entries[kind].applyAll(messages.map(\.heard), work)
    }

    func prepare(_ message: Incoming) async throws -> Prepared {
        guard let entry = entries.first(where: { $0.matches(message.header.type) }) else {
            throw UnknownMessage("no handler for messages of type \(message.header.type)")
        }
        return try await entry.prepare(message)
    }

    func parked(_ message: Incoming, because reason: String, in work: UnitOfWork) async throws {
        try await entries.first { $0.matches(message.header.type) }?.parked(message, reason, work)
    }
}

private func read<Payload: Message>(_ type: Payload.Type, _ incoming: Incoming) throws(UnknownMessage) -> Payload {
    if let message = incoming.message as? Payload { return message }
    do {
        return try WireJSON.decode(CloudEvent<Payload>.self, from: incoming.body).data
    } catch {
        throw UnknownMessage("its data cannot be read: \(error)")
    }
}

private func envelope<Payload: Message>(_ type: Payload.Type, _ body: [UInt8]) throws -> (CloudEventHeader, any Sendable) {
    let event = try WireJSON.decode(CloudEvent<Payload>.self, from: body)
    let header = CloudEventHeader(
        id: event.id, type: event.type, subject: event.subject, traceparent: event.traceparent, source: event.source, time: event.time)
    return (header, event.data)
}

/// A message of a type, or with a value, that this version does not know. A newer replica may: it is tried again like any that fails.
struct UnknownMessage: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String) {
        description = reason
    }
}

/// A message that no later try can handle: it is parked, not dropped.
struct UnprocessableMessage: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String) {
        description = reason
    }
}

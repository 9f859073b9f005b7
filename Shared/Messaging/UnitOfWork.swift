import DedicatedThread
import Foundation
package import Messages
import Models
package import Postgres
import ServiceContextModule

/// One transaction together with the messages that it will say once it is committed.
///
/// A value of this type exists only inside `Outbox.transaction`. Messages are written to the outbox in one statement at the end.
package final class UnitOfWork: Querying {
    /// The transaction that carries it all.
    package let transaction: PostgresTransaction
    /// Who speaks.
    package let service: ServiceName
    private let said = Locked<[OutgoingMessage]>([])
    private let afterwards = Locked<[@Sendable () -> Void]>([])
    private let held = Locked<Set<String>>([])

    init(transaction: PostgresTransaction, service: ServiceName) {
        self.transaction = transaction
        self.service = service
    }

    /// Runs a statement in the transaction.
    @discardableResult
    package func query(_ query: Query) async throws -> QueryResult { try await transaction.query(query) }

    /// Runs several statements, of which none needs another's rows, in one round trip; the rows of each.
    package func query(_ queries: [Query]) async throws -> [QueryResult] { try await transaction.query(queries) }

    /// Runs a statement in the transaction whose rows nobody needs: it goes to the server with the next one, and what it fails with is thrown
    /// there.
    package func send(_ query: Query) async throws { try await transaction.send(query) }

    /// Keeps others from locking the same names until the transaction ends. All that are needed at once are locked in one order, so that nobody
    /// waits for each other in a circle; nothing that is read before the next statement of the transaction is protected. What the
    /// transaction holds already is not locked again.
    package func lock(_ names: [String]) async throws {
        let names = held.withLock { held in names.filter { held.insert($0).inserted } }.sorted()
        if names.isEmpty { return }
        try await send("SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(\(names)) AS name")
    }

    /// Says `message` when, and only when, the transaction commits. `id` defaults to a new one; give a derived id where the same
    /// fact could be said twice: whoever hears it takes it once. Of messages that are the whole state of one subject only the last is said.
    package func publish(_ message: some Message, id: String = UUID.timeOrdered()) throws {
        let trace = ServiceContext.current?.trace?.child()
        let event = CloudEvent(message, id: id, source: service, time: Date(), trace: trace)
        let outgoing = OutgoingMessage(
            id: id, exchange: type(of: message).exchange.rawValue, routingKey: message.type, body: try WireJSON.encode(event),
            traceparent: trace?.traceparent, stateOf: type(of: message).isWholeState ? message.subject : nil)
        said.withLock { said in
            if let subject = outgoing.stateOf { said.removeAll { $0.stateOf == subject && $0.routingKey == outgoing.routingKey } }
            said.append(outgoing)
        }
    }

    /// Runs `action` once the transaction has committed, and never if it does not; for waking whoever looks at the rows.
    package func afterCommit(_ action: @escaping @Sendable () -> Void) {
        afterwards.withLock { $0.append(action) }
    }

    /// Called after the commit.
    func committed() {
        for action in afterwards.withLock({ $0 }) { action() }
    }

    /// Writes what was said; whether there was anything.
    func flush() async throws -> Bool {
        let messages = said.withLock { $0 }
        guard !messages.isEmpty else { return false }
        let say: Query = """
            INSERT INTO outbox_said (message_id, exchange, routing_key, body, traceparent)
            SELECT * FROM unnest(\(messages.map(\.id)), \(messages.map(\.exchange)), \(messages.map(\.routingKey)),
                                 \(messages.map(\.body)), \(messages.map(\.traceparent)))
            """
        try await transaction.send(say)
        return true
    }
}

/// A message as it waits in the outbox.
struct OutgoingMessage: Sendable {
    var id: String
    var exchange: String
    var routingKey: String
    var body: [UInt8]
    var traceparent: String?
    /// The subject whose whole state it is.
    var stateOf: String?
}

extension UnitOfWork {
    /// Puts a message into this service's own inbox, due at once: a consumer of `queue` takes it up as if it had failed before. Nothing
    /// happens when the inbox knows `id` already.
    package func putBack(_ message: some Message, id: String, queue: Topology.Queue) async throws {
        let event = CloudEvent(message, id: id, source: service, time: Date(), trace: ServiceContext.current?.trace)
        try await query(
            """
            INSERT INTO inbox (message_id, queue, status, attempts, next_attempt_at, body)
            VALUES (\(id), \(queue.name), 'retry', 0, now(), \(try WireJSON.encode(event)))
            ON CONFLICT (message_id) DO NOTHING
            """)
    }
}

package import Foundation
package import Messaging
package import Postgres
package import Stripe

/// Keeps rows as new as what was heard of Stripe's objects: the one rule for everything that Stripe may still change.
///
/// Events come in any order, and their times are whole seconds. So a payload is taken only when its event is strictly newer than what the row
/// was built from; an equal or older one that says something else is a hint, and the object is read again. Nothing is ranked: a lost dispute
/// can be won yet. Reads are numbered before they begin, payloads when they are stored: a read that began before what is stored may be older
/// than it and is made again. An event from the future counts as now: it may begin a row, and is a hint for one that is there.
///
/// Sources: Stripe's documentation, "Webhooks" (order of events is not guaranteed) and "The Event object" (`created`).
package struct Snapshots<Table: SnapshotTable>: Sendable {
    /// How one object is read from Stripe.
    package typealias Read = @Sendable (StripeClient, String) async throws -> StripeRead<Table.Facts>

    private let pool: PostgresPool
    private let stripe: StripeClient
    private let ask: Read
    private let shared = SharedReads<Snapshot<Table.Facts>>()

    /// Snapshots in `Table`, with the sequence `stripe_reads` beside it.
    package init(_ table: Table.Type, pool: PostgresPool, stripe: StripeClient, read ask: @escaping Read) {
        self.pool = pool
        self.stripe = stripe
        self.ask = ask
    }

    /// Decides, outside any transaction, whether the payload of an event will do, and reads Stripe where it will not. Of several events about
    /// one object that wait at the same time, all but the first share one read.
    package func prepare(_ facts: Table.Facts, heard created: Date) async throws -> Snapshot<Table.Facts> {
        let id = Table.id(of: facts)
        let now = Date(timeIntervalSince1970: stripe.now.timeIntervalSince1970.rounded(.down))
        guard let row = try await pool.query(Self.row(id)).first else {
            return Snapshot(facts: facts, origin: .payload(min(created, now), isFirst: created > now))
        }
        let isNewer = try created > row.get("source_time") && created <= now
        if isNewer { return Snapshot(facts: facts, origin: .payload(created, isFirst: false)) }
        if try Table.says(row, facts) { return Snapshot(facts: facts, origin: .known) }
        return try await shared.read(id) { try await read(id) }
    }

    /// Reads the object now; for somebody who waits, `stripe` is a client with their deadline.
    package func read(_ id: String, by stripe: StripeClient? = nil) async throws -> Snapshot<Table.Facts> {
        let ticket = try await Self.ticket(in: pool)
        let read = try await ask(stripe ?? self.stripe, id)
        return Snapshot(facts: read.value, origin: .read(SnapshotSource(time: read.readAt, ticket: ticket)))
    }

    /// Reads several objects at once, as a list of them tells.
    package func read(_ list: () async throws -> StripeRead<[Table.Facts]>) async throws -> [Snapshot<Table.Facts>] {
        let ticket = try await Self.ticket(in: pool)
        let read = try await list()
        let source = SnapshotSource(time: read.readAt, ticket: ticket)
        return read.value.map { Snapshot(facts: $0, origin: .read(source)) }
    }

    /// Those of a list that was read of which the rows say something else, or nothing. The others are left as they are.
    package func differing(_ found: [Snapshot<Table.Facts>]) async throws -> [Snapshot<Table.Facts>] {
        let ids = found.map { Table.id(of: $0.facts) }
        let rows = try await pool.query("SELECT * FROM \(unsafe: Table.table) WHERE \(unsafe: Table.key) = ANY(\(ids))")
        let known = try Dictionary(rows.map { (try $0.get(Table.key, as: String.self), $0) }, uniquingKeysWith: { first, _ in first })
        return try found.filter { snapshot in
            guard let row = known[Table.id(of: snapshot.facts)] else { return true }
            return try !Table.says(row, snapshot.facts)
        }
    }

    /// Brings the snapshot into the table by `store`, unless the row is as new already; false when the row has meanwhile moved past what was
    /// prepared, which must be prepared again.
    package func apply(
        _ snapshot: Snapshot<Table.Facts>, in work: UnitOfWork, store: (Table.Facts, SnapshotSource) async throws -> Void
    ) async throws -> Bool {
        if snapshot.origin == .known { return true }
        let id = Table.id(of: snapshot.facts)
        // Also keeps others from inserting the row.
        try await work.lock(["snapshot:" + id])
        let stored = try await work.query(Self.row(id)).first.map {
            SnapshotSource(time: try $0.get("source_time"), ticket: try $0.get("read_ticket"))
        }
        switch snapshot.origin {
        case .known: break
        case .payload(let created, let isFirst):
            if let stored, isFirst || created <= stored.time { return false }
            try await store(snapshot.facts, SnapshotSource(time: created, ticket: Self.ticket(in: work)))
        case .read(let source):
            // This very read, stored by another event that shared it, or by a transaction whose commit was not heard of.
            if let stored, stored.ticket == source.ticket { return true }
            if let stored, isOvertaken(source, by: stored) { return false }
            try await store(snapshot.facts, source)
        }
        return true
    }

    /// A read that is dated before what the row was built from is not believed, unless the row is from the future.
    private func isOvertaken(_ source: SnapshotSource, by stored: SnapshotSource) -> Bool {
        source.ticket < stored.ticket || (source.time < stored.time && stored.time <= stripe.now)
    }

    private static func row(_ id: String) -> Query { "SELECT * FROM \(unsafe: Table.table) WHERE \(unsafe: Table.key) = \(id)" }

    private static func ticket(in database: some Querying) async throws -> Int64 {
        try await database.query("SELECT nextval('stripe_reads') AS ticket")[0].get("ticket")
    }
}

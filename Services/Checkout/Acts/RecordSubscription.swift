import Foundation
import Messaging
import Models
import Postgres
import Stripe

/// Keeps the snapshot of a subscription as new as what was heard.
///
/// Stripe's events carry whole seconds and come in any order, so a payload is taken only when its event is strictly newer than what
/// the row was built from; otherwise the subscription is read again. Reads are numbered before they begin, payloads when they are
/// stored: a read that began before what is stored may be older than it and is made again, and so is one whose `Date` is before the
/// row's source.
struct RecordSubscription: Sendable {
    let pool: PostgresPool
    let stripe: StripeClient
    let plans: Plans

    /// A snapshot and where it comes from.
    enum Source: Sendable {
        case event(SubscriptionFacts, created: Date)
        case read(SubscriptionFacts, at: Date, ticket: Int64)
    }

    /// Decides, outside any transaction, whether the payload will do, and reads Stripe where it will not.
    func prepare(_ facts: SubscriptionFacts, created: Date) async throws -> Source {
        guard let row = try await Subscriptions.find(facts.id, in: pool), created <= row.sourceTime else {
            return .event(facts, created: created)
        }
        return try await read(facts.id)
    }

    /// Reads the subscription under a new ticket.
    func read(_ id: SubscriptionID) async throws -> Source {
        let ticket = try await Subscriptions.ticket(in: pool)
        let read = try await stripe.subscription(id)
        return .read(read.value, at: read.readAt, ticket: ticket)
    }

    /// Stores the snapshot; false when the row has meanwhile moved past it and it must be prepared again.
    func apply(_ source: Source, user: UserID, in work: UnitOfWork) async throws -> Bool {
        switch source {
        case .event(let facts, let created):
            let row = try await Subscriptions.lock(facts.id, in: work)
            if let row, created <= row.sourceTime { return false }
            let ticket = try await Subscriptions.ticket(in: work)
            try await store(facts, user: row?.userID ?? user, sourceTime: created, ticket: ticket, in: work)
        case .read(let facts, let time, let ticket):
            let row = try await Subscriptions.lock(facts.id, in: work)
            // This very read, stored by a transaction whose commit was not heard of.
            if let row, ticket == row.readTicket { return true }
            if let row, ticket < row.readTicket || time < row.sourceTime { return false }
            try await store(facts, user: row?.userID ?? user, sourceTime: time, ticket: ticket, in: work)
        }
        return true
    }

    private func store(
        _ facts: SubscriptionFacts, user: UserID, sourceTime: Date, ticket: Int64, in work: UnitOfWork
    ) async throws {
        let row = SubscriptionRow(
            facts: facts, userID: user, plan: plans.plan(of: facts.priceID), sourceTime: sourceTime, readTicket: ticket)
        try await Subscriptions.store(row, in: work)
    }
}

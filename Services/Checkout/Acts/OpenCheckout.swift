import Foundation
import Messaging
import Models
import Postgres
import Stripe

/// Opens the page where a user pays for a plan; whoever asks again, or at the same time, gets the same page.
///
/// The intention is a row before Stripe is asked, one per user by a unique index, with the parameters and the idempotency key that
/// every caller sends. So a lost answer, a second click and a second replica all end in one session.
struct OpenCheckout: Sendable {
    let outbox: Outbox
    let stripe: StripeClient
    let plans: Plans

    private var pool: PostgresPool { outbox.pool }

    /// What the customer asked for.
    struct Request: Sendable {
        var user: UserID
        var plan: Plan
        var successURL: String
        var cancelURL: String
    }

    /// A page that can be paid on.
    struct Opened: Sendable {
        var sessionID: CheckoutSessionID
        var url: String
        var expiresAt: Date?
    }

    /// Stripe forgets an idempotency key after 24 hours; an intention older than this is made anew.
    private static let keyLifetime: TimeInterval = 23 * 3600
    /// A page that expires within this time is not worth sending anybody to.
    private static let usefulRest: TimeInterval = 60
    /// Each round ends in a page or changes the state that the next one meets; more than this many mean that callers keep undoing each
    /// other's choice of plan.
    private static let rounds = 6

    func callAsFunction(_ request: Request) async throws -> Opened {
        for _ in 0..<Self.rounds {
            if let current = try await Subscriptions.current(of: request.user, in: pool), current.facts.status.occupies {
                throw CheckoutRefusal.alreadySubscribed
            }
            guard let row = try await CheckoutSessions.current(of: request.user, in: pool) else {
                try await begin(request)
                continue
            }
            if let opened = try await carryOn(row, for: request) { return opened }
        }
        throw CheckoutBusy()
    }

    private func begin(_ request: Request) async throws {
        let row = SessionRow(
            id: 0, plan: request.plan, sessionID: nil, idempotencyKey: "session-\(UUID().uuidString.lowercased())",
            customerID: try await customer(of: request.user), priceID: plans.price(of: request.plan), successURL: request.successURL,
            cancelURL: request.cancelURL, url: nil, expiresAt: nil, createdAt: Date())
        _ = try await CheckoutSessions.begin(row, user: request.user, in: pool)
    }

    /// Brings the session that is there one step further; returns it when it is what was asked for.
    private func carryOn(_ row: SessionRow, for request: Request) async throws -> Opened? {
        guard let id = row.sessionID, let url = row.url else {
            try await create(row, for: request.user)
            return nil
        }
        if let expiry = row.expiresAt, expiry.timeIntervalSinceNow < Self.usefulRest {
            try await CheckoutSessions.close(row, as: "expired", in: pool)
            return nil
        }
        if row.plan == request.plan { return Opened(sessionID: id, url: url, expiresAt: row.expiresAt) }
        try await expire(id, row)
        return nil
    }

    private func create(_ row: SessionRow, for user: UserID) async throws {
        guard row.createdAt.timeIntervalSinceNow > -Self.keyLifetime else {
            return try await CheckoutSessions.abandon(row, in: pool)
        }
        let parameters = CheckoutSessionParameters(
            customer: row.customerID, price: row.priceID, plan: row.plan, userID: user, successURL: row.successURL,
            cancelURL: row.cancelURL)
        do {
            let created = try await stripe.createCheckoutSession(parameters, idempotencyKey: row.idempotencyKey)
            try await CheckoutSessions.opened(row, as: created.value, in: pool)
        } catch let error as StripeError where !error.isRetriable && !error.isUnknownOutcome {
            try await CheckoutSessions.abandon(row, in: pool)
            throw error
        }
    }

    /// Ends an open session for another plan. One that was paid meanwhile cannot be expired: it stays, and is found complete.
    private func expire(_ id: CheckoutSessionID, _ row: SessionRow) async throws {
        do {
            _ = try await stripe.expireCheckoutSession(id, idempotencyKey: "expire-\(id)")
            try await CheckoutSessions.close(row, as: "expired", in: pool)
        } catch let error as StripeError where error.kind == .invalidRequest || error.kind == .notFound {
            let status = try await stripe.checkoutSession(id).value.status ?? "expired"
            guard status != "open" else { throw error }
            try await CheckoutSessions.close(row, as: status, in: pool)
            if status == "complete" { throw CheckoutRefusal.alreadySubscribed }
        }
    }

    private func customer(of user: UserID) async throws -> CustomerID {
        if let known = try await Customers.first(of: user, in: pool) { return known }
        let key = try await Customers.creationKey(for: user, in: pool)
        let created = try await stripe.createCustomer(userID: user, idempotencyKey: key).value.id
        // Linked at once, not when its event comes: Stripe forgets the key after a day and would make a second customer.
        _ = try await outbox.transaction { work in try await Customers.link(created, to: user, in: work) }
        return created
    }
}

/// Callers with different plans kept replacing each other's session.
struct CheckoutBusy: Error {}

extension SubscriptionStatus {
    /// Whether a subscription of this status stands in the way of a second one. An incomplete one does not: its first payment was never
    /// made, and it ends by itself.
    var occupies: Bool { !isEnded && self != .incomplete }
}

import Foundation
import Messaging
import Models
import Postgres
import Stripe

/// Opens the page where a user pays for a plan; whoever asks again, or at the same time, gets the same page.
///
/// The intention is a row before Stripe is asked, one per user by a unique index, with the parameters and the idempotency key that
/// every caller sends. So a lost answer, a second click and a second replica all end in one session. A session makes room for another
/// only when Stripe has said that nobody can pay on it any more.
struct OpenCheckout: Sendable {
    let catchUp: CatchUp
    let plans: PlanCatalogue

    private var pool: PostgresPool { catchUp.outbox.pool }
    private var stripe: StripeClient { catchUp.stripe }

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> OpenCheckout {
        OpenCheckout(catchUp: catchUp.until(deadline), plans: plans)
    }

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
            if try await isSubscribed(request.user) { throw CheckoutRefusal.alreadySubscribed }
            guard let row = try await CheckoutSessions.current(of: request.user, in: pool) else {
                try await begin(request)
                continue
            }
            if let opened = try await carryOn(row, for: request) { return opened }
        }
        throw CheckoutRefusal.busy
    }

    /// Whether any subscription stands in the way. One that was paid for on a page and has not been heard of yet is read first.
    private func isSubscribed(_ user: UserID) async throws -> Bool {
        for session in try await CheckoutSessions.awaitingSubscription(of: user, in: pool) {
            do {
                var subscription = session.subscriptionID
                if subscription == nil { subscription = try await catchUp.session(session.sessionID).subscriptionID }
                if let subscription { try await catchUp.subscription(subscription) }
            } catch let error as StripeError where error.kind == .notFound {
                // Removed at Stripe, as test data are: it stands in nobody's way.
            }
        }
        return try await Subscriptions.toPlans(of: user, plans, in: pool).contains { $0.facts.status.occupies }
    }

    private func begin(_ request: Request) async throws {
        guard let price = plans.price(of: request.plan) else { throw CheckoutRefusal.unknownPlan }
        let row = SessionRow(
            id: 0, plan: request.plan, sessionID: nil, idempotencyKey: "session-\(UUID().uuidString.lowercased())",
            customerID: try await customer(of: request.user), priceID: price, successURL: request.successURL, cancelURL: request.cancelURL,
            url: nil, expiresAt: nil, createdAt: Date())
        _ = try await CheckoutSessions.begin(row, user: request.user, in: pool)
    }

    /// Brings the session that is there one step further; returns it when it is what was asked for.
    private func carryOn(_ row: SessionRow, for request: Request) async throws -> Opened? {
        guard let id = row.sessionID, let url = row.url else {
            try await create(row, for: request.user)
            return nil
        }
        let isUseful = row.expiresAt.map { $0.timeIntervalSinceNow >= Self.usefulRest } ?? true
        if isUseful && row.plan == request.plan { return Opened(sessionID: id, url: url, expiresAt: row.expiresAt) }
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

    /// Ends an open session at Stripe, for another plan or because its time is nearly up; our own clock closes nothing. One that is over
    /// already cannot be expired: what became of it is read, and a paid one is then found by its subscription.
    private func expire(_ id: CheckoutSessionID, _ row: SessionRow) async throws {
        do {
            _ = try await stripe.expireCheckoutSession(id, idempotencyKey: "expire-\(id)")
        } catch let error as StripeError where error.kind == .invalidRequest {
            guard try await catchUp.session(id).status != "open" else { throw error }
            return
        } catch let error as StripeError where error.kind == .notFound {
            // Removed at Stripe, as test data are: nobody can pay on it.
        }
        try await CheckoutSessions.close(row, in: pool)
    }

    private func customer(of user: UserID) async throws -> CustomerID {
        if let known = try await Customers.first(of: user, in: pool) { return known }
        let key = try await Customers.creationKey(for: user, in: pool)
        let created = try await stripe.createCustomer(userID: user, idempotencyKey: key).value.id
        // Linked at once, not when its event comes: Stripe forgets the key after a day and would make a second customer.
        _ = try await catchUp.outbox.transaction { work in try await Customers.link(created, to: user, in: work) }
        return created
    }
}

extension SubscriptionStatus {
    /// Whether a subscription of this status stands in the way of a second one. An incomplete one does not: its first payment was never
    /// made, and it ends by itself.
    var occupies: Bool { !isEnded && self != .incomplete }
}

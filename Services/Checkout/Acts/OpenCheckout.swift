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
    let alerts: Alerts
    var offer = CheckoutOffer()
    var onSale = PricesOnSale()

    private var pool: PostgresPool { catchUp.outbox.pool }
    private var stripe: StripeClient { catchUp.stripe }
    private var refusals: StripeRefusals { StripeRefusals(alerts: alerts, call: "create-checkout-session") }
    private var plans: PlanCatalogue { catchUp.objects.plans }
    private var installation: Installation { catchUp.objects.installation }

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> OpenCheckout {
        OpenCheckout(catchUp: catchUp.until(deadline), alerts: alerts, offer: offer, onSale: onSale)
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

    /// A page that expires within this time is not worth sending anybody to.
    private static let usefulRest: TimeInterval = 60
    /// Each round ends in a page or changes the state that the next one meets: a customer or a key that Stripe knows no more, a session that is
    /// over. More than this many mean that callers keep undoing each other's choice of plan.
    private static let rounds = 8

    func callAsFunction(_ request: Request) async throws -> Opened {
        try await refusals.told {
            for _ in 0..<Self.rounds {
                try await StandingSubscriptions(catchUp: catchUp).refuse(request.user)
                guard let row = try await CheckoutSessions.current(of: request.user, in: pool) else {
                    try await begin(request)
                    continue
                }
                if let opened = try await carryOn(row, for: request) { return opened }
            }
            throw CheckoutRefusal.busy
        }
    }

    private func begin(_ request: Request) async throws {
        guard let price = plans.price(of: request.plan) else { throw CheckoutRefusal.unknownPlan }
        try await LeaveIncomplete(catchUp: catchUp)(request.user)
        let row = SessionRow(
            id: 0, plan: request.plan, sessionID: nil, idempotencyKey: "session-\(UUID().uuidString.lowercased())",
            customerID: try await customer(of: request.user, toBuy: price), priceID: price, successURL: request.successURL,
            cancelURL: request.cancelURL, url: nil, expiresAt: nil, createdAt: stripe.time)
        _ = try await CheckoutSessions.begin(row, user: request.user, in: pool)
    }

    private func customer(of user: UserID, toBuy price: PriceID) async throws -> CustomerID {
        if let known = try await Customers.first(of: user, in: pool) { return known }
        try await makeSure(of: price)
        return try await MakeCustomer(outbox: catchUp.outbox, stripe: stripe, installation: installation)(for: user)
    }

    /// Nobody gets a customer for a price that cannot be bought. Whatever else is the matter, the session will tell.
    private func makeSure(of price: PriceID) async throws {
        if onSale.knows(price) { return }
        do {
            if try await stripe.price(price).value.isActive { return onSale.remember(price) }
        } catch let error as StripeError where error.kind == .notFound {
        } catch is StripeError {
            return
        }
        throw try await refusals.unavailable(price, because: "Stripe knows no such price, or it is archived")
    }

    /// Brings the session that is there one step further; returns it when it is what was asked for.
    private func carryOn(_ row: SessionRow, for request: Request) async throws -> Opened? {
        guard let id = row.sessionID, let url = row.url else {
            try await create(row, for: request.user)
            return nil
        }
        let isUseful = row.expiresAt.map { $0.timeIntervalSince(stripe.time) >= Self.usefulRest } ?? true
        if isUseful && !row.isForNobody && row.plan == request.plan { return Opened(sessionID: id, url: url, expiresAt: row.expiresAt) }
        try await expire(id, row)
        return nil
    }

    private func create(_ row: SessionRow, for user: UserID) async throws {
        do {
            try await make(row, for: user)
        } catch let error as StripeError where !error.isRetriable && !error.isUnknownOutcome {
            onSale.forget(row.priceID)
            try await CheckoutSessions.abandon(row, in: pool)
            // Test data were wiped, the account is another, or somebody deleted it by hand: the user gets a new one.
            if error.isMissing("customer") { return try await Customers.markDeleted(row.customerID, in: pool) }
            throw try await refusals.refusal(for: error, price: row.priceID)
        }
    }

    /// Makes the session, or adopts the one that was made though nobody was told; where there is none and the key is of no more use, the intention
    /// gets another. A session that appears after that stays open until it expires, and nobody is sent there.
    private func make(_ row: SessionRow, for user: UserID) async throws {
        let name = try await installation.names().own
        var parameters = CheckoutSessionParameters(
            customer: row.customerID, price: row.priceID, plan: row.plan, userID: user, installation: name, successURL: row.successURL,
            cancelURL: row.cancelURL)
        (parameters.takesPromotionCodes, parameters.computesTax) = (offer.takesPromotionCodes, offer.computesTax)
        // Once: whoever has subscribed before has tried it.
        if offer.trialDays > 0, try await Subscriptions.toPlans(of: user, plans, in: pool).isEmpty {
            parameters.trialDays = offer.trialDays
        }
        let made = try await KeyedCreation.run(keyMadeAt: row.createdAt, stripe) {
            try await stripe.createCheckoutSession(parameters, idempotencyKey: row.idempotencyKey).value
        } find: { since in
            try await stripe.openCheckoutSessions(of: row.customerID, since: since).value.first {
                $0.userID == user && $0.installation == name && $0.plan == row.plan && $0.url != nil
            }
        }
        guard let made else { return try await CheckoutSessions.replaceKey(of: row, at: stripe.time, in: pool) }
        try await CheckoutSessions.opened(row, as: made, in: pool)
        try await refusals.clear(row.priceID)
    }

    /// Ends an open session at Stripe, for another plan or because its time is nearly up; our own clock closes nothing. One that is over
    /// already cannot be expired: what became of it is read, and a paid one is then found by its subscription. To expire one twice does no
    /// harm, so each try has a key of its own.
    private func expire(_ id: CheckoutSessionID, _ row: SessionRow) async throws {
        do {
            _ = try await stripe.expireCheckoutSession(id, idempotencyKey: "expire-\(UUID().uuidString.lowercased())")
        } catch let error as StripeError where error.kind == .invalidRequest {
            guard try await catchUp.session(id).status != "open" else { throw error }
            return
        } catch let error as StripeError where error.kind == .notFound {
            // Removed at Stripe, as test data are: nobody can pay on it.
        }
        try await CheckoutSessions.close(row, in: pool)
    }
}

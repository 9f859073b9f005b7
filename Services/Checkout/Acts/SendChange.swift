import Foundation
import Logging
import Messaging
import Models
import Postgres
import Stripe

/// Asks Stripe for what a customer has ordered, until it is known what became of it.
struct SendChange: Sendable {
    let catchUp: CatchUp
    let endCollection: EndCollection
    let alerts: Alerts
    let retry: RetryPolicy
    let logger: Logger

    private var pool: PostgresPool { catchUp.outbox.pool }
    private var stripe: StripeClient { catchUp.stripe }

    /// A change that costs money and is not heard of for so long is wanted no more: it is not asked for again.
    private static let patience: TimeInterval = 3600
    /// A burnt key is replaced and the new one tried at once; a second one in a row is Stripe's trouble.
    private static let keys = 2

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> SendChange {
        SendChange(
            catchUp: catchUp.until(deadline), endCollection: endCollection.until(deadline), alerts: alerts, retry: retry,
            logger: logger)
    }

    /// The same for the customer, who is told when the end is not known: it is carried on with, so nobody is told that nothing was done.
    func andTell(_ change: SubscriptionChange) async throws -> String? {
        do {
            return try await self(change)
        } catch let error as StripeError where error.isRetriable || error.isUnknownOutcome {
            throw CheckoutRefusal.outcomeUnknown
        }
    }

    /// Returns where the customer has to confirm a payment, if that is what the change waits for. Throws `CheckoutRefusal` for what Stripe has
    /// refused, and `StripeError` where the end is not known: the order stays open then.
    func callAsFunction(_ ordered: SubscriptionChange) async throws -> String? {
        for _ in 0..<Self.keys {
            // Somebody else may have finished it, or taken another key.
            guard let change = try await SubscriptionChanges.find(ordered.id, in: pool) else { throw CheckoutRefusal.busy }
            guard change.isOpen else { return try Self.end(of: change) }
            do {
                if let end = try await carryOut(change) { return try await finish(change, end) }
                try await keepOpen(change, "its key is of no more use", newKey: true)
            } catch let error as StripeError where error.isRetriable || error.isUnknownOutcome {
                try await keepOpen(change, error.debugDescription, newKey: false)
                throw error
            } catch let error as StripeError {
                try await refuse(change, because: error)
            }
        }
        throw StripeError(.api, message: "\(Self.keys) keys in a row burnt", isUnknownOutcome: true)
    }

    /// What became of an order that Stripe has taken.
    private enum End {
        case done
        case confirm(String)
        case refused(CheckoutRefusal)
    }

    private static func end(of change: SubscriptionChange) throws -> String? {
        guard let refusal = change.refusal else { return change.confirmationURL }
        throw refusal == CheckoutRefusal.cardDeclined.code ? CheckoutRefusal.cardDeclined : .changeRefused
    }

    /// Nil where the key is of no more use and nothing came of it.
    private func carryOut(_ change: SubscriptionChange) async throws -> End? {
        if change.order.kind == .changePlan, stripe.time.timeIntervalSince(change.createdAt) > Self.patience {
            return try await look(for: change) ?? .refused(.changeRefused)
        }
        let became = try await KeyedCreation.run(keyMadeAt: change.keyMadeAt, stripe) {
            try await end(of: change, said: ask(change))
        } find: { _ in
            try await look(for: change)
        }
        if became != nil, change.order.kind == .cancelNow { try await endCollection(of: change.subscriptionID) }
        return became
    }

    private func ask(_ change: SubscriptionChange) async throws -> SubscriptionFacts {
        let (id, key, comment) = (change.subscriptionID, change.key, change.order.comment)
        return switch change.order.kind {
        case .cancelAtPeriodEnd: try await stripe.setCancelAtPeriodEnd(true, of: id, comment: comment, idempotencyKey: key).value
        case .cancelNow: try await stripe.cancelSubscription(id, comment: comment).value
        case .reactivate: try await stripe.setCancelAtPeriodEnd(false, of: id, idempotencyKey: key).value
        case .clearCancelAt: try await stripe.clearCancelAt(of: id, idempotencyKey: key).value
        case .resume: try await stripe.resumeSubscription(id, idempotencyKey: key).value
        case .changePlan:
            if let item = change.order.change {
                try await stripe.changeItem(item, of: id, idempotencyKey: key).value
            } else {
                try await stripe.subscription(id).value
            }
        }
    }

    private func end(of change: SubscriptionChange, said: SubscriptionFacts) async throws -> End {
        guard change.order.kind == .changePlan, said.pendingUpdateUntil != nil, let invoice = said.latestInvoiceID else { return .done }
        return try await waiting(for: invoice)
    }

    /// What a change waits for (Stripe's documentation, "Pending updates"): the bank wants to ask the customer, or has declined. Declined, its
    /// invoice is voided, so that nobody is charged for it later and the change is dropped.
    private func waiting(for id: InvoiceID) async throws -> End {
        let invoice = try await stripe.invoice(id).value
        if invoice.isPaid { return .done }
        let status =
            if let intent = invoice.paymentIntentID { try await stripe.paymentIntent(intent).value.status } else {
                "requires_payment_method"
            }
        switch status {
        case "succeeded": return .done
        case "requires_action", "requires_confirmation", "processing":
            guard let url = invoice.hostedURL else { return .done }
            return .confirm(url)
        default:
            try await endCollection.void(id)
            return .refused(.cardDeclined)
        }
    }

    /// What became of it, where the subscription shows that.
    private func look(for change: SubscriptionChange) async throws -> End? {
        let facts = try await stripe.subscription(change.subscriptionID).value
        if change.order.shows(in: facts) { return .done }
        guard change.order.kind == .changePlan, facts.pendingUpdateUntil != nil, let invoice = facts.latestInvoiceID else { return nil }
        return try await waiting(for: invoice)
    }

    /// The subscription is brought into the tables before the order ends, so that whoever decides next sees what it has done.
    private func finish(_ change: SubscriptionChange, _ end: End) async throws -> String? {
        try await catchUp.subscription(change.subscriptionID)
        switch end {
        case .done: try await SubscriptionChanges.done(change, confirmationURL: nil, in: pool)
        case .confirm(let url): try await SubscriptionChanges.done(change, confirmationURL: url, in: pool)
        case .refused(let rule):
            try await SubscriptionChanges.refused(change, rule.code, because: "the change was not paid for", in: pool)
        }
        guard let ended = try await SubscriptionChanges.find(change.id, in: pool), !ended.isOpen else { throw CheckoutRefusal.busy }
        return try Self.end(of: ended)
    }

    private func refuse(_ change: SubscriptionChange, because error: StripeError) async throws {
        do {
            try await catchUp.subscription(change.subscriptionID)
        } catch let error as StripeError where error.kind == .notFound {
            try await Subscriptions.markGone(change.subscriptionID, in: pool)
        }
        let rule: CheckoutRefusal = error.kind == .card ? .cardDeclined : .changeRefused
        try await SubscriptionChanges.refused(change, rule.code, because: String(error.debugDescription.prefix(500)), in: pool)
        // A bank's no is its customer's affair; whatever else Stripe refuses somebody has to look at.
        if rule != .cardDeclined {
            try await alerts.raise(StripeRefusals.refused, about: change.order.kind.call, error.debugDescription)
        }
        // The key or the account is at fault, not the order.
        if error.kind == .authentication || error.kind == .permission { throw error }
    }

    private func keepOpen(_ change: SubscriptionChange, _ error: String, newKey: Bool) async throws {
        try await SubscriptionChanges.keepOpen(
            change, because: String(error.prefix(500)), newKeyAt: newKey ? stripe.time : nil,
            after: retry.delay(afterAttempts: Int(change.tries) + 1), in: pool)
    }
}

extension SubscriptionChange.Order {
    /// Whether a subscription is as ordered.
    fileprivate func shows(in facts: SubscriptionFacts) -> Bool {
        switch kind {
        case .cancelAtPeriodEnd: facts.isEndScheduled || facts.status.isEnded
        case .cancelNow: facts.status.isEnded
        case .reactivate, .clearCancelAt: !facts.isEndScheduled
        case .resume: facts.status != .paused
        case .changePlan: change.map { facts.prices.contains($0.price) } ?? false
        }
    }
}

import Foundation
import Messages
import Messaging
import Models
import Postgres
import Stripe

/// What Stripe said, brought into checkout's tables: the one path for events, for reads after a customer's return, and for repairs.
struct ApplyStripeObject: Sendable {
    let pool: PostgresPool
    let stripe: StripeClient
    let plans: Plans

    private var resolve: ResolveCustomer { ResolveCustomer(pool: pool, stripe: stripe) }
    private var subscriptions: RecordSubscription { RecordSubscription(pool: pool, stripe: stripe, plans: plans) }

    /// An object with everything that was read outside the transaction.
    struct Prepared: Sendable {
        var object: StripeObject
        var user: UserID?
        var subscription: RecordSubscription.Source?
        /// The join of a failed intent and its invoice, where Stripe knows one.
        var join: InvoicePaymentFacts?
    }

    /// Reads what `apply` will need. `created` is the time of the event that carried the object.
    func prepare(_ object: StripeObject, created: Date) async throws -> Prepared {
        var prepared = Prepared(object: object)
        prepared.user = try await resolve(object.customerID, named: object.userID)
        guard prepared.user != nil || object.isAboutNobody else { return prepared }
        switch object {
        case .subscription(let facts): prepared.subscription = try await subscriptions.prepare(facts, created: created)
        case .paymentIntent(let intent) where intent.lastFailure != nil && intent.invoiceID == nil:
            prepared.join = try await join(of: intent.id)
        case .charge(let charge) where charge.invoiceID == nil:
            if let intent = charge.paymentIntentID { prepared.join = try await join(of: intent) }
        default: break
        }
        return prepared
    }

    /// A subscription freshly read from Stripe, prepared.
    func prepareRead(of subscription: SubscriptionID) async throws -> Prepared {
        let source = try await subscriptions.read(subscription)
        guard case .read(let facts, _, _) = source else { preconditionFailure("a read gives a read") }
        var prepared = Prepared(object: .subscription(facts))
        prepared.user = try await resolve(facts.customerID, named: facts.userID)
        prepared.subscription = source
        return prepared
    }

    /// What became of an object.
    enum Result: Sendable, Hashable {
        /// In the tables, for this user.
        case applied(UserID?)
        /// Nobody knows whom it concerns; the customer or the intent that must be linked first.
        case unclaimed(waitingFor: String)
        /// Overtaken; prepare again.
        case overtaken
    }

    /// Changes the tables. `event` names a failed attempt that has no charge; nil for what was read without an event.
    func apply(_ prepared: Prepared, event: EventID?, created: Date, in work: UnitOfWork) async throws -> Result {
        var user = prepared.user
        if let customer = prepared.object.customerID {
            if let named = user {
                user = try await Customers.link(customer, to: named, in: work)
            } else {
                try await Customers.lock(customer.rawValue, in: work)
                guard try await Customers.user(of: customer, in: work) == nil else { return .overtaken }
                return .unclaimed(waitingFor: customer.rawValue)
            }
        }
        switch prepared.object {
        case .customer(let customer): if customer.deleted { try await Customers.markDeleted(customer.id, in: work) }
        case .subscription:
            guard let user, let source = prepared.subscription else { return .overtaken }
            guard try await subscriptions.apply(source, user: user, in: work) else { return .overtaken }
        case .invoice(let invoice): try await apply(invoice, user: user, in: work)
        case .invoicePayment(let payment): try await apply(payment, in: work)
        case .paymentIntent(let intent):
            guard user != nil else { return .unclaimed(waitingFor: intent.id.rawValue) }
            try await apply(intent, prepared, user: user, event: event, at: created, in: work)
        case .charge(let charge): try await apply(charge, prepared, user: user, in: work)
        case .checkoutSession(let session): try await apply(session, user: user, in: work)
        // Refund's; the topology sends none of them here.
        case .refund, .dispute: break
        }
        return .applied(user)
    }

    private func join(of intent: PaymentIntentID) async throws -> InvoicePaymentFacts? {
        let known = try await pool.query("SELECT 1 FROM invoice_payments WHERE stripe_payment_intent_id = \(intent)")
        return known.isEmpty ? try await stripe.invoicePayments(paymentIntent: intent).value.first : nil
    }
}

extension StripeObject {
    /// An object that names no customer by its nature: whom it concerns is known from the rows that it joins.
    fileprivate var isAboutNobody: Bool {
        if case .invoicePayment = self { true } else { false }
    }
}

// MARK: Payments

extension ApplyStripeObject {
    private func apply(_ invoice: InvoiceFacts, user: UserID?, in work: UnitOfWork) async throws {
        let row = try await Invoices.record(invoice, plan: plans.plan(of: invoice.priceID), in: work)
        let record = RecordPayment(work: work)
        if let intent = invoice.paymentIntentID { try await Payments.join(intent, invoice.id, in: work) }
        if var update = PaymentUpdate(paid: invoice, plan: row.plan) {
            update.userID = user
            try await record(update)
        } else {
            try await record.complete(row)
        }
    }

    private func apply(_ payment: InvoicePaymentFacts, in work: UnitOfWork) async throws {
        guard let intent = payment.paymentIntentID else { return }
        try await Payments.join(intent, payment.invoiceID, in: work)
        try await RecordPayment(work: work).unite(intent, payment.invoiceID)
    }

    private func apply(
        _ intent: PaymentIntentFacts, _ prepared: Prepared, user: UserID?, event: EventID?, at time: Date, in work: UnitOfWork
    ) async throws {
        if let join = prepared.join { try await Payments.join(intent.id, join.invoiceID, in: work) }
        var update = PaymentUpdate(intent)
        update.userID = user
        let payment = try await RecordPayment(work: work)(update)
        if intent.status != "succeeded", let attempt = FailedAttempt(intent, event: event, at: time) {
            try await PaymentAttempts.record(attempt, payment: payment, in: work)
        }
    }

    private func apply(_ charge: ChargeFacts, _ prepared: Prepared, user: UserID?, in work: UnitOfWork) async throws {
        guard charge.status == "failed", var update = PaymentUpdate(failed: charge), let attempt = FailedAttempt(charge) else { return }
        if let join = prepared.join { try await Payments.join(attempt.paymentIntentID, join.invoiceID, in: work) }
        update.userID = user
        let payment = try await RecordPayment(work: work)(update)
        try await PaymentAttempts.record(attempt, payment: payment, in: work)
    }

    private func apply(_ session: CheckoutSessionFacts, user: UserID?, in work: UnitOfWork) async throws {
        var session = session
        session.userID = user ?? session.userID
        try await CheckoutSessions.record(session, user: session.userID, in: work)
        try await RecordPayment(work: work).link(session)
        if let intent = session.paymentIntentID, session.userID != nil {
            try await UnclaimedEvents.revive(waitingFor: intent.rawValue, in: work)
        }
    }
}

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

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> ApplyStripeObject {
        ApplyStripeObject(pool: pool, stripe: stripe.until(deadline), plans: plans)
    }

    private var resolve: ResolveCustomer { ResolveCustomer(pool: pool, stripe: stripe) }
    private var subscriptions: RecordSubscription { RecordSubscription(pool: pool, stripe: stripe, plans: plans) }

    /// An object with everything that was read outside the transaction.
    struct Prepared: Sendable {
        var object: StripeObject
        /// When the event that carried the object was made, or when Stripe was read.
        var created: Date
        var user: UserID?
        var subscription: RecordSubscription.Source?
        /// The invoice that an intent collects, or the intent of a charge, where Stripe knows one.
        var invoice: InvoiceID?
    }

    /// Reads what `apply` will need. `created` is the time of the event that carried the object.
    func prepare(_ object: StripeObject, created: Date) async throws -> Prepared {
        var prepared = Prepared(object: object, created: created)
        prepared.user = try await resolve(object.customerID, named: object.userID)
        if prepared.user == nil, let intent = object.intentOfGuest {
            prepared.user = try await CheckoutSessions.payer(of: intent, in: pool)
        }
        guard prepared.user != nil || object.isAboutNobody else { return prepared }
        switch object {
        case .subscription(let facts): prepared.subscription = try await subscriptions.prepare(facts, created: created)
        case .paymentIntent(let intent): prepared.invoice = try await invoice(of: intent.id, named: intent.invoiceID)
        case .charge(let charge) where charge.status == "failed":
            if let intent = charge.paymentIntentID { prepared.invoice = try await invoice(of: intent, named: charge.invoiceID) }
        default: break
        }
        return prepared
    }

    /// A subscription freshly read from Stripe, prepared.
    func prepareRead(of subscription: SubscriptionID) async throws -> Prepared {
        let source = try await subscriptions.read(subscription)
        guard case .read(let facts, let time, _) = source else { preconditionFailure("a read gives a read") }
        var prepared = Prepared(object: .subscription(facts), created: time)
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

    /// Changes the tables. `failure` is the event that told of a failed attempt, which names the attempt if there was no charge; nil for
    /// everything else, because objects keep showing their newest failure.
    func apply(_ prepared: Prepared, failure: EventID?, in work: UnitOfWork) async throws -> Result {
        var user = prepared.user
        if let customer = prepared.object.customerID {
            if let named = user {
                user = try await Customers.link(customer, to: named, in: work)
            } else {
                try await Customers.lock(customer.rawValue, in: work)
                guard try await Customers.user(of: customer, in: work) == nil else { return .overtaken }
                return .unclaimed(waitingFor: customer.rawValue)
            }
        } else if user == nil, let intent = prepared.object.intentOfGuest {
            // A session that leads to the intent takes the same lock: it is seen here, or it finds the event set aside.
            try await Payments.lock(intent, in: work)
            guard try await CheckoutSessions.payer(of: intent, in: work) == nil else { return .overtaken }
            return .unclaimed(waitingFor: intent.rawValue)
        }
        switch prepared.object {
        case .customer(let customer): if customer.deleted { try await Customers.markDeleted(customer.id, in: work) }
        case .subscription:
            guard let user, let source = prepared.subscription else { return .overtaken }
            guard try await subscriptions.apply(source, user: user, in: work) else { return .overtaken }
        case .invoice(let invoice): try await apply(invoice, user: user, in: work)
        case .invoicePayment(let payment): try await apply(payment, in: work)
        case .paymentIntent(let intent): try await apply(intent, prepared, user: user, failure: failure, in: work)
        case .charge(let charge): try await apply(charge, prepared, user: user, in: work)
        case .checkoutSession(let session): try await apply(session, user: user, in: work)
        // Refund's; the topology sends none of them here.
        case .refund, .dispute: break
        }
        return .applied(user)
    }

    /// The invoice that an intent collects: `named` by the object in versions before 2025-03-31, else asked of Stripe once, unless somebody
    /// has said it already.
    private func invoice(of intent: PaymentIntentID, named: InvoiceID?) async throws -> InvoiceID? {
        if let named { return named }
        guard try await !Payments.isSettled(intent, in: pool) else { return nil }
        let invoice = try await stripe.invoicePayments(paymentIntent: intent).value.first?.invoiceID
        if invoice == nil { try await Payments.noteWithoutInvoice(intent, in: pool) }
        return invoice
    }
}

extension StripeObject {
    /// An object that names no customer by its nature: whom it concerns is known from the rows that it joins.
    fileprivate var isAboutNobody: Bool {
        if case .invoicePayment = self { true } else { false }
    }

    /// The intent of somebody who has no customer at Stripe: only a session can say who it is.
    fileprivate var intentOfGuest: PaymentIntentID? {
        guard customerID == nil else { return nil }
        return switch self {
        case .paymentIntent(let intent): intent.id
        case .charge(let charge): charge.paymentIntentID
        default: nil
        }
    }
}

// MARK: Payments

extension ApplyStripeObject {
    private func apply(_ invoice: InvoiceFacts, user: UserID?, in work: UnitOfWork) async throws {
        let row = try await Invoices.record(invoice, plan: plans.plan(of: invoice.priceID), in: work)
        try await RecordPayment(work: work).hear(invoice, plan: row.plan, user: user)
    }

    private func apply(_ payment: InvoicePaymentFacts, in work: UnitOfWork) async throws {
        guard let intent = payment.paymentIntentID else { return }
        try await RecordPayment(work: work).unite(intent, payment.invoiceID)
    }

    private func apply(
        _ intent: PaymentIntentFacts, _ prepared: Prepared, user: UserID?, failure: EventID?, in work: UnitOfWork
    ) async throws {
        var update = PaymentUpdate(intent)
        update.userID = user
        let payment = try await RecordPayment(work: work).hear(update, of: intent.id, joining: prepared.invoice)
        if intent.status != "succeeded", let attempt = FailedAttempt(intent, event: failure, at: prepared.created) {
            try await PaymentAttempts.record(attempt, payment: payment, in: work)
        }
    }

    private func apply(_ charge: ChargeFacts, _ prepared: Prepared, user: UserID?, in work: UnitOfWork) async throws {
        guard charge.status == "failed", var update = PaymentUpdate(failed: charge), let attempt = FailedAttempt(charge) else { return }
        update.userID = user
        let payment = try await RecordPayment(work: work).hear(update, of: attempt.paymentIntentID, joining: prepared.invoice)
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

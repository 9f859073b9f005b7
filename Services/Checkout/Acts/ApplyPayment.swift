import Messaging
import Models
import StripeSync

/// What Stripe's objects say about money, as words on a payment.
struct ApplyPayment: Sendable {
    let work: UnitOfWork
    let heard: HeardOf
    /// Whose the object is.
    let user: UserID?

    private var record: RecordPayment { RecordPayment(work: work) }

    /// An invoice, stored already, with the payments of it that Stripe was asked for.
    func apply(_ invoice: InvoiceFacts, paidBy payments: [InvoicePaymentFacts]) async throws {
        for payment in payments { try await apply(payment) }
        try await record.hear(invoice, user: user, at: heard.time)
    }

    /// What an invoice said when it could not be collected, in its own words, which a newer reading may have overtaken.
    func failed(_ invoice: InvoiceFacts) async throws {
        guard let time = heard.time(ofEvent: "invoice.payment_failed"), invoice.attemptCount > 0 else { return }
        try await PaymentAttempts.record(invoice, failedAt: time, in: work)
        try await PaymentAttempts.settle(nil, invoice.id, in: work)
    }

    /// Any other object that says something about money.
    func apply(_ prepared: ApplyStripeObject.Prepared) async throws {
        switch prepared.object {
        case .invoicePayment(let payment): try await apply(payment)
        case .paymentIntent(let intent): try await apply(intent, of: prepared.collects)
        case .charge(let charge): try await apply(charge, of: prepared.collects)
        case .checkoutSession(let session): try await apply(session, paidBy: prepared.payments)
        // Snapshots are not words; refunds and disputes are refund's, and the topology sends none of them here.
        case .customer, .subscription, .invoice, .refund, .dispute: break
        }
    }

    private func apply(_ payment: InvoicePaymentFacts) async throws {
        if let intent = payment.paymentIntentID {
            try await record.unite(intent, payment.invoiceID)
        } else if let charge = payment.chargeID {
            try await record.unite(charge, payment.invoiceID)
        }
    }

    private func apply(_ intent: PaymentIntentFacts, of invoice: InvoiceID?) async throws {
        var update = PaymentUpdate(intent, at: heard.time, paidAt: heard.time(ofEvent: "payment_intent.succeeded"))
        update.userID = user
        let payment = try await record.hear(update, of: intent.id, joining: invoice)
        // Objects keep showing their newest failure: only the event that told of one names an attempt that had no charge.
        let event = heard.id(ofEvent: "payment_intent.payment_failed")
        if intent.status != "succeeded", let attempt = FailedAttempt(intent, event: event, at: heard.time) {
            try await keep(attempt, payment)
        }
    }

    private func keep(_ attempt: FailedAttempt, _ payment: PaymentRow) async throws {
        try await PaymentAttempts.record(attempt, payment: payment, in: work)
        try await PaymentAttempts.settle(attempt.paymentIntentID, Payments.invoice(of: attempt.paymentIntentID, in: work), in: work)
    }

    private func apply(_ charge: ChargeFacts, of invoice: InvoiceID?) async throws {
        guard var update = PaymentUpdate(charge, at: heard.time, paidAt: heard.time(ofEvent: "charge.succeeded")) else { return }
        update.userID = user
        guard let intent = charge.paymentIntentID else {
            return try await record.hear(update, by: charge.id, of: charge.invoiceID)
        }
        let payment = try await record.hear(update, of: intent, joining: invoice)
        if let attempt = FailedAttempt(charge) { try await keep(attempt, payment) }
    }

    private func apply(_ session: CheckoutSessionFacts, paidBy payments: [InvoicePaymentFacts]) async throws {
        var session = session
        // Not what it says itself: that may be anybody's word.
        session.userID = user
        // The object itself shows no difference between money that is on its way and money that did not come.
        if heard.time(ofEvent: "checkout.session.async_payment_failed") != nil { session.paymentStatus = "failed" }
        try await CheckoutSessions.record(session, user: session.userID, in: work)
        for payment in payments { try await apply(payment) }
        try await record.link(session)
        if let intent = session.paymentIntentID, session.userID != nil {
            try await UnclaimedEvents.revive(waitingFor: intent.rawValue, in: work)
        }
    }
}

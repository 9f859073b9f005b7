package import Models

/// What a refund is made with. The same values with the same idempotency key give the same refund.
package struct RefundParameters: Sendable, Hashable {
    /// What this system calls it; kept in `metadata.refund_id`, by which it is found again.
    package var ownID: OwnRefundID
    /// The charge that is given back, where it is known.
    package var chargeID: ChargeID?
    /// Else the intent, whose successful charge Stripe finds.
    package var paymentIntentID: PaymentIntentID?
    /// Minor units.
    package var amount: Int64
    /// duplicate, fraudulent or requested_by_customer; nil for none.
    package var reason: String?

    package init(ownID: OwnRefundID, chargeID: ChargeID?, paymentIntentID: PaymentIntentID?, amount: Int64, reason: String?) {
        self.ownID = ownID
        self.chargeID = chargeID
        self.paymentIntentID = paymentIntentID
        self.amount = amount
        self.reason = reason
    }

    var form: Form {
        var form = Form()
        if let chargeID {
            form.set(chargeID.rawValue, at: "charge")
        } else {
            form.set(paymentIntentID?.rawValue, at: "payment_intent")
        }
        form.set(Int(amount), at: "amount")
        form.set(reason, at: "reason")
        form.set(ownID.rawValue, at: "metadata", "refund_id")
        return form
    }
}

extension StripeClient {
    /// Gives money back. What Stripe answers to a key that it knows may be old: read the refund again when `isReplay`.
    package func createRefund(_ parameters: RefundParameters, idempotencyKey: String) async throws -> StripeRead<RefundFacts> {
        try await object(.post("refunds", form: parameters.form, idempotencyKey: idempotencyKey))
    }

    /// Reads a refund.
    package func refund(_ id: RefundID) async throws -> StripeRead<RefundFacts> {
        try await object(.get("refunds", id.rawValue), id: id.rawValue)
    }

    /// Every refund of a charge, newest first, also those that failed.
    package func refunds(of charge: ChargeID) async throws -> StripeRead<[RefundFacts]> {
        var form = Form()
        form.set(charge.rawValue, at: "charge")
        return try await all(.get("refunds", form: form), where: { $0.chargeID == charge })
    }

    /// Every refund of an intent's charges, newest first, also those that failed.
    package func refunds(of intent: PaymentIntentID) async throws -> StripeRead<[RefundFacts]> {
        var form = Form()
        form.set(intent.rawValue, at: "payment_intent")
        return try await all(.get("refunds", form: form), where: { $0.paymentIntentID == intent })
    }

    /// One page of all refunds of the account, newest first.
    package func refunds(startingAfter last: String?, limit: Int) async throws -> StripeRead<ListPage<RefundFacts>> {
        try await page(of: "refunds", startingAfter: last, limit: limit)
    }
}

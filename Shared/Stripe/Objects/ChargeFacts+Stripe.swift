import Models

extension ChargeFacts: StripeResource {
    static let objectName = "charge"

    init(stripe charge: Fields) throws {
        let status = try charge.required("status", charge.text("status"))
        let hasFailed = try status == "failed" || charge.text("failure_code") != nil
        self.init(
            id: try charge.required("id", charge.id("id")),
            paymentIntentID: try charge.id("payment_intent"),
            customerID: try charge.id("customer"),
            invoiceID: try charge.id("invoice"),
            status: status,
            currency: try charge.required("currency", charge.text("currency")),
            amount: try charge.required("amount", charge.integer("amount")),
            amountCaptured: try charge.integer("amount_captured"),
            isCaptured: try charge.flag("captured"),
            amountRefunded: try charge.integer("amount_refunded") ?? 0,
            failure: hasFailed ? try PaymentFailure(failedCharge: charge) : nil,
            paymentMethodType: try charge.object("payment_method_details")?.text("type"),
            metadata: try charge.metadata(),
            created: try charge.required("created", charge.time("created")))
    }
}

extension PaymentFailure {
    /// `outcome.reason` is the bank's reason; `outcome.seller_message` is not for customers and left out.
    fileprivate init(failedCharge charge: Fields) throws {
        self.init(
            chargeID: try charge.id("id"),
            code: try charge.text("failure_code"),
            declineCode: try charge.object("outcome")?.text("reason"),
            message: try charge.text("failure_message"),
            paymentMethodID: try charge.reference("payment_method"),
            paymentMethodType: try charge.object("payment_method_details")?.text("type"))
    }
}

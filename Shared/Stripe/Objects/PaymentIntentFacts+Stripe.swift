import Models

extension PaymentIntentFacts: StripeResource {
    static let objectName = "payment_intent"

    /// `payment_method_types` is a list of what is allowed (Stripe's documentation, "Dynamic payment methods"): no evidence of what was used.
    init(stripe intent: Fields) throws {
        let failure = try intent.object("last_payment_error").map(PaymentFailure.init(lastPaymentError:))
        let charge = try intent.object("latest_charge")
        self.init(
            id: try intent.required("id", intent.id("id")),
            customerID: try intent.id("customer"),
            userID: try intent.metadata("user_id").map(UserID.init(rawValue:)),
            invoiceID: try intent.id("invoice"),
            status: try intent.required("status", intent.text("status")),
            currency: try intent.required("currency", intent.text("currency")),
            amount: try intent.required("amount", intent.integer("amount")),
            amountReceived: try intent.integer("amount_received") ?? 0,
            paymentMethodType: try charge?.object("payment_method_details")?.text("type")
                ?? intent.object("payment_method")?.text("type") ?? failure?.paymentMethodType,
            latestChargeID: try intent.id("latest_charge"),
            lastFailure: failure,
            chargedAt: try charge?.text("status") == "succeeded" ? charge?.time("created") : nil,
            pendingSince: try charge?.text("status") == "pending" ? charge?.time("created") : nil,
            metadata: try intent.metadata(),
            created: try intent.required("created", intent.time("created")))
    }
}

extension PaymentFailure {
    /// Leaves out everything personal: names, addresses and card numbers lie in the method's other members.
    fileprivate init(lastPaymentError error: Fields) throws {
        self.init(
            chargeID: try error.id("charge"),
            code: try error.text("code"),
            declineCode: try error.text("decline_code"),
            message: try error.text("message"),
            paymentMethodID: try error.reference("payment_method"),
            paymentMethodType: try error.object("payment_method")?.text("type"))
    }
}

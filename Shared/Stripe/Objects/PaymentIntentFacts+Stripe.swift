import Models

extension PaymentIntentFacts: StripeResource {
    static let objectName = "payment_intent"

    init(stripe intent: Fields) throws {
        let failure = try intent.object("last_payment_error").map(PaymentFailure.init(lastPaymentError:))
        self.init(
            id: try intent.required("id", intent.id("id")),
            customerID: try intent.id("customer"),
            userID: try intent.metadata("user_id").map(UserID.init(rawValue:)),
            invoiceID: try intent.id("invoice"),
            status: try intent.required("status", intent.text("status")),
            currency: try intent.required("currency", intent.text("currency")),
            amount: try intent.required("amount", intent.integer("amount")),
            amountReceived: try intent.integer("amount_received") ?? 0,
            paymentMethodType: try Self.methodType(intent, failed: failure?.paymentMethodType),
            latestChargeID: try intent.id("latest_charge"),
            lastFailure: failure,
            created: try intent.required("created", intent.time("created")))
    }

    /// The type of the method that was used, from the surest source to the weakest. What the intent merely allows is no
    /// evidence unless it allows one thing only.
    private static func methodType(_ intent: Fields, failed: String?) throws -> String? {
        let charged = try intent.object("latest_charge")?.object("payment_method_details")?.text("type")
        let allowed = try intent.texts("payment_method_types")
        return try charged ?? intent.object("payment_method")?.text("type") ?? failed ?? (allowed.count == 1 ? allowed[0] : nil)
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

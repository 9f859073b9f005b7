import Models

extension RefundFacts: StripeResource {
    static let objectName = "refund"
    static let statesMode = false

    init(stripe refund: Fields) throws {
        self.init(
            id: try refund.required("id", refund.id("id")),
            chargeID: try refund.id("charge"),
            paymentIntentID: try refund.id("payment_intent"),
            currency: try refund.required("currency", refund.text("currency")),
            amount: try refund.required("amount", refund.integer("amount")),
            status: try refund.required("status", refund.text("status")),
            reason: try refund.text("reason"),
            failureReason: try refund.text("failure_reason"),
            ownID: try refund.metadata("refund_id").map(OwnRefundID.init(rawValue:)),
            created: try refund.required("created", refund.time("created")))
    }
}

import Models

extension CheckoutSessionFacts: StripeResource {
    static let objectName = "checkout.session"

    init(stripe session: Fields) throws {
        self.init(
            id: try session.required("id", session.id("id")),
            mode: try session.required("mode", session.text("mode")),
            status: try session.text("status"),
            paymentStatus: try session.text("payment_status"),
            customerID: try session.id("customer"),
            userID: try session.metadata("user_id").map(UserID.init(rawValue:)),
            installation: try session.metadata("installation"),
            plan: try session.metadata("plan_id").flatMap(Plan.init(rawValue:)),
            subscriptionID: try session.id("subscription"),
            paymentIntentID: try session.id("payment_intent"),
            invoiceID: try session.id("invoice"),
            amountTotal: try session.integer("amount_total"),
            currency: try session.text("currency"),
            url: try session.text("url"),
            expiresAt: try session.time("expires_at"))
    }
}

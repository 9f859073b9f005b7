import Models

extension DisputeFacts: StripeResource {
    static let objectName = "dispute"

    init(stripe dispute: Fields) throws {
        self.init(
            id: try dispute.required("id", dispute.id("id")),
            chargeID: try dispute.required("charge", dispute.id("charge")),
            paymentIntentID: try dispute.id("payment_intent"),
            currency: try dispute.required("currency", dispute.text("currency")),
            amount: try dispute.required("amount", dispute.integer("amount")),
            reason: try dispute.required("reason", dispute.text("reason")),
            status: try dispute.required("status", dispute.text("status")),
            evidenceDueBy: try dispute.object("evidence_details").flatMap { try $0.integer("due_by") == 0 ? nil : try $0.time("due_by") },
            created: try dispute.required("created", dispute.time("created")))
    }
}

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
            submissionCount: try dispute.object("evidence_details")?.integer("submission_count"),
            submissionMethod: try dispute.object("evidence_details")?.text("submission_method"),
            isMoneyOut: try dispute.moneyOut(),
            created: try dispute.required("created", dispute.time("created")))
    }
}

extension Fields {
    /// Of the movements of the money, which are in the account's own currency, only the direction is used.
    fileprivate func moneyOut() throws -> Bool? {
        try elements("balance_transactions").map { moves in try moves.reduce(0) { try $0 + ($1.integer("amount") ?? 0) } < 0 }
    }
}

extension Refund: Resource {
    static let noun = "refund"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        var refund: JSON = [
            "amount": .number(amount), "balance_transaction": .text(balanceTransaction), "charge": .text(charge),
            "created": .number(created), "currency": .text(currency), "metadata": .metadata(metadata),
            "payment_intent": .text(paymentIntent), "reason": .optional(reason), "status": .text(status.rawValue),
        ]
        if account.charges[charge]?.instrument.testCard != nil { refund["destination_details"] = ["card": destination, "type": "card"] }
        if let failureReason { refund["failure_reason"] = .text(failureReason) }
        if let failureBalanceTransaction { refund["failure_balance_transaction"] = .text(failureBalanceTransaction) }
        if status == .pending && !version.isLegacy { refund["pending_reason"] = "processing" }
        return .resource(
            id: id, object: "refund", refund, nulls: ["receipt_number", "source_transfer_reversal", "transfer_reversal"])
    }

    private var destination: JSON {
        var card: JSON = [
            "reference_status": reference == nil ? "pending" : "available", "reference_type": "acquirer_reference_number", "type": "refund",
        ]
        if let reference { card["reference"] = .text(reference) }
        return card
    }
}

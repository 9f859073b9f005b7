extension BalanceTransaction {
    /// The transaction as expansions and disputes show it.
    func rendered(_ version: APIVersion) -> JSON {
        let fees: [JSON] =
            fee == 0
            ? []
            : [
                [
                    "amount": .number(fee), "application": nil, "currency": .text(currency), "description": "Dispute fee",
                    "type": "stripe_fee",
                ]
            ]
        var members: JSON = [
            "amount": .number(amount), "available_on": .number(created), "created": .number(created), "currency": .text(currency),
            "description": .optional(description), "fee": .number(fee), "fee_details": .list(fees), "net": .number(amount - fee),
            "reporting_category": .text(kind.rawValue), "source": .text(source), "status": "available", "type": .text(type),
        ]
        if !version.isLegacy { members["balance_type"] = "payments" }
        return .resource(id: id, object: "balance_transaction", members, nulls: ["exchange_rate"])
    }

    private var type: String {
        switch kind {
        case .dispute, .disputeReversal: "adjustment"
        case .charge, .refund, .refundFailure: kind.rawValue
        }
    }
}

extension Account {
    /// What a balance transaction's id stands for; nil when nothing here caused it.
    func balanceTransaction(_ id: String) -> BalanceTransaction? {
        guard id.hasPrefix("txn_") else { return nil }
        if let charge = charges.all.first(where: { $0.balanceTransaction == id }) {
            return BalanceTransaction(
                id: id, created: charge.created, kind: .charge, amount: charge.amount, currency: charge.currency, source: charge.id)
        }
        if let refund = refunds.all.first(where: { $0.balanceTransaction == id }) {
            return BalanceTransaction(
                id: id, created: refund.created, kind: .refund, amount: -refund.amount, currency: refund.currency, source: refund.id)
        }
        if let transaction = disputes.all.lazy.flatMap(\.balanceTransactions).first(where: { $0.id == id }) { return transaction }
        guard let refund = refunds.all.first(where: { $0.failureBalanceTransaction == id }) else { return nil }
        return BalanceTransaction(
            id: id, created: refund.failedAt ?? refund.created, kind: .refundFailure, amount: refund.amount, currency: refund.currency,
            source: refund.id)
    }
}

/// What was charged in one currency and given back, in minor units. Fees are not simulated.
struct LedgerAmounts {
    let currency: String
    private var charged = 0
    private var refunded = 0
    private var charges = 0
    private var failedCharges = 0

    /// What customers took back through their banks: nothing, as long as the sandbox has no disputes.
    private let disputed = 0

    private init(_ currency: String, _ all: [Charge]) {
        self.currency = currency
        for charge in all {
            if charge.succeeded {
                charges += 1
                charged += charge.amount
                refunded += charge.amountRefunded
            } else {
                failedCharges += 1
            }
        }
    }

    /// One for each currency, by its name.
    static func byCurrency(_ charges: some Sequence<Charge>) -> [LedgerAmounts] {
        Dictionary(grouping: charges, by: \.currency).sorted { $0.key < $1.key }.map { LedgerAmounts($0.key, $0.value) }
    }

    var json: JSON {
        [
            "currency": .text(currency), "charged": .number(charged), "refunded": .number(refunded), "disputed": .number(disputed),
            "charges": .number(charges), "failed_charges": .number(failedCharges),
        ]
    }
}

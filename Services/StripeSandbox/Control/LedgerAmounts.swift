/// What was charged in one currency and given back, in minor units. Fees are not simulated.
struct LedgerAmounts {
    let currency: String
    private var charged = 0
    private var refunded = 0
    private var charges = 0
    private var failedCharges = 0
    private let disputed: Int

    private init(_ currency: String, _ all: [Charge], disputed: Int) {
        self.currency = currency
        self.disputed = disputed
        for charge in all {
            if charge.succeeded {
                charges += 1
                charged += charge.amount
                refunded += charge.amountRefunded
            } else if charge.failure != nil {
                failedCharges += 1
            }
        }
    }

    /// One for each currency, by its name. `disputed` says what banks took back of some charges.
    static func byCurrency(_ charges: [Charge], disputed: ([Charge]) -> Int) -> [LedgerAmounts] {
        let groups = Dictionary(grouping: charges, by: \.currency).sorted { $0.key < $1.key }
        return groups.map { LedgerAmounts($0.key, $0.value, disputed: disputed($0.value)) }
    }

    var json: JSON {
        [
            "currency": .text(currency), "charged": .number(charged), "refunded": .number(refunded), "disputed": .number(disputed),
            "charges": .number(charges), "failed_charges": .number(failedCharges),
        ]
    }
}

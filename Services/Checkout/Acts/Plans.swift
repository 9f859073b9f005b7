import Models

/// Which of Stripe's prices is which plan, from configuration alone.
struct Plans: Sendable {
    let basic: PriceID
    let premium: PriceID

    /// The price that a plan is sold at.
    func price(of plan: Plan) -> PriceID {
        switch plan {
        case .basic: basic
        case .premium: premium
        }
    }

    /// The plan behind a price; nil for prices that are no plan of ours.
    func plan(of price: PriceID?) -> Plan? {
        guard let price else { return nil }
        if price == basic { return .basic }
        return price == premium ? .premium : nil
    }
}

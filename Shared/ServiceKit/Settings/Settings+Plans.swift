package import Models

extension Settings {
    /// The catalogue of `STRIPE_PRICE_BASIC` and `STRIPE_PRICE_PREMIUM`: prices separated by commas, of which the first is sold and the
    /// others, which the plan was sold at before, are known.
    package func plans() -> PlanCatalogue {
        var prices: [Plan: [PriceID]] = [:]
        for plan in Plan.allCases { prices[plan] = list(Self.priceSetting(of: plan)).map(PriceID.init(rawValue:)) }
        do {
            return try PlanCatalogue(prices)
        } catch {
            let names = Plan.allCases.filter { prices[$0]?.contains(error.price) == true }.map(Self.priceSetting)
            reject(names[0], because: "names \(error.price), and so does \(names.dropFirst().joined(separator: ", "))")
            return .empty
        }
    }

    private static func priceSetting(of plan: Plan) -> String { "STRIPE_PRICE_\(plan.rawValue.uppercased())" }
}

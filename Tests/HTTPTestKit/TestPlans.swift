package import Models

extension PlanCatalogue {
    /// The plans of most tests: each has a price that is sold, and the cheaper one has an older price too.
    package static let ofTests =
        (try? PlanCatalogue([.basic: ["price_basic", "price_basic_old"], .premium: ["price_premium"]])) ?? .empty
}

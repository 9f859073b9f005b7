package import Models

extension StripeClient {
    /// Reads a price; throws `notFound` when the account has none of that id.
    package func price(_ id: PriceID) async throws -> StripeRead<PriceFacts> {
        try await object(.get("prices", id.rawValue), id: id.rawValue)
    }
}

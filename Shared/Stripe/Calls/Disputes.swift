package import Models

extension StripeClient {
    /// Reads a dispute.
    package func dispute(_ id: DisputeID) async throws -> StripeRead<DisputeFacts> {
        try await object(.get("disputes", id.rawValue), id: id.rawValue)
    }
}

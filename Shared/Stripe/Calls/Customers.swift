package import Models

extension StripeClient {
    /// Reads a customer; a deleted one comes with `deleted` set.
    package func customer(_ id: CustomerID) async throws -> StripeRead<CustomerFacts> {
        try await object(.get("customers", id.rawValue), id: id.rawValue)
    }

    /// Creates a customer that carries the user's id in `metadata.user_id`, and nothing personal.
    package func createCustomer(userID: UserID, idempotencyKey: String) async throws -> StripeRead<CustomerFacts> {
        var form = Form()
        form.set(userID.rawValue, at: "metadata", "user_id")
        return try await object(.post("customers", form: form, idempotencyKey: idempotencyKey))
    }
}

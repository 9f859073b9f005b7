package import Models

extension StripeClient {
    /// Opens a hosted page on which a customer subscribes.
    package func createCheckoutSession(
        _ parameters: CheckoutSessionParameters, idempotencyKey: String
    ) async throws -> StripeRead<CheckoutSessionFacts> {
        try await object(.post("checkout", "sessions", form: parameters.form, idempotencyKey: idempotencyKey))
    }

    /// Reads a session.
    package func checkoutSession(_ id: CheckoutSessionID) async throws -> StripeRead<CheckoutSessionFacts> {
        try await object(.get("checkout", "sessions", id.rawValue), id: id.rawValue)
    }

    /// Closes an open session; throws `invalidRequest` when it is open no more.
    package func expireCheckoutSession(_ id: CheckoutSessionID, idempotencyKey: String) async throws -> StripeRead<CheckoutSessionFacts> {
        try await object(.post("checkout", "sessions", id.rawValue, "expire", idempotencyKey: idempotencyKey), id: id.rawValue)
    }
}

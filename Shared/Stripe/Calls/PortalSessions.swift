package import Models

extension StripeClient {
    /// Opens Stripe's customer portal for one customer; `returnURL` is where its back link leads.
    package func createPortalSession(
        customer: CustomerID, returnURL: String, idempotencyKey: String
    ) async throws -> StripeRead<PortalSession> {
        var form = Form()
        form.set(customer.rawValue, at: "customer")
        form.set(returnURL, at: "return_url")
        return try await object(.post("billing_portal", "sessions", form: form, idempotencyKey: idempotencyKey))
    }
}

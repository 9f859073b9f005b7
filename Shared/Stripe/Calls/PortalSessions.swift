package import Models

extension StripeClient {
    /// Opens Stripe's customer portal for one customer; `returnURL` is where its back link leads.
    ///
    /// The session's mode is not checked: nothing is concluded from a link, and stand-ins for Stripe give an example of live mode.
    package func createPortalSession(
        customer: CustomerID, returnURL: String, idempotencyKey: String
    ) async throws -> StripeRead<PortalSession> {
        var form = Form()
        form.set(customer.rawValue, at: "customer")
        form.set(returnURL, at: "return_url")
        return try await send(.post("billing_portal", "sessions", form: form, idempotencyKey: idempotencyKey)) { body throws(StripeError) in
            try StripeJSON.decode(Wire<PortalSession>.self, from: body).value
        }
    }
}

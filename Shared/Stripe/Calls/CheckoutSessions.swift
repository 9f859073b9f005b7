package import Foundation
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

    /// The sessions of a customer that are open and were created since a time (whole seconds), newest first.
    package func openCheckoutSessions(of customer: CustomerID, since time: Date) async throws -> StripeRead<[CheckoutSessionFacts]> {
        var form = Form()
        form.set(customer.rawValue, at: "customer")
        form.set("open", at: "status")
        form.set(Int(time.timeIntervalSince1970.rounded(.down)), at: "created", "gte")
        return try await all(.get("checkout", "sessions", form: form)) { $0.customerID == customer }
    }

    /// Closes an open session; throws `invalidRequest` when it is open no more.
    package func expireCheckoutSession(_ id: CheckoutSessionID, idempotencyKey: String) async throws -> StripeRead<CheckoutSessionFacts> {
        try await object(.post("checkout", "sessions", id.rawValue, "expire", idempotencyKey: idempotencyKey), id: id.rawValue)
    }
}

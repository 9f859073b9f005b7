package import Foundation
package import Models

extension StripeClient {
    /// Reads a customer; a deleted one comes with `deleted` set.
    package func customer(_ id: CustomerID) async throws -> StripeRead<CustomerFacts> {
        try await object(.get("customers", id.rawValue), id: id.rawValue)
    }

    /// The customers of the account that were created since a time (whole seconds) and are still there, newest first.
    package func customers(since time: Date) async throws -> StripeRead<[CustomerFacts]> {
        var form = Form()
        form.set(Int(time.timeIntervalSince1970.rounded(.down)), at: "created", "gte")
        return try await all(.get("customers", form: form))
    }

    /// Creates a customer that carries the user's id in `metadata.user_id`, `installation` beside it, and nothing personal.
    package func createCustomer(userID: UserID, installation: String, idempotencyKey: String) async throws -> StripeRead<CustomerFacts> {
        var form = Form()
        form.set(userID.rawValue, at: "metadata", "user_id")
        form.set(installation, at: "metadata", "installation")
        return try await object(.post("customers", form: form, idempotencyKey: idempotencyKey))
    }
}

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

    /// One page of all customers of the account, newest first, with what `key` of their metadata says who they are.
    package func customers(
        namedBy key: String, startingAfter last: String?, limit: Int
    ) async throws -> StripeRead<ListPage<MappedCustomer>> {
        let read: StripeRead<ListPage<NamedCustomer>> = try await page(of: "customers", startingAfter: last, limit: limit)
        return read.map { page in
            var mapped = ListPage<MappedCustomer>(hasMore: page.hasMore)
            mapped.items = page.items.map {
                MappedCustomer(id: $0.id, user: $0.metadata[key].map(UserID.init(rawValue:)), installation: $0.metadata["installation"])
            }
            (mapped.oddRows, mapped.lastID) = (page.oddRows, page.lastID)
            return mapped
        }
    }
}

/// A customer, and who it says it is.
package struct MappedCustomer: Sendable, Hashable {
    /// Stripe's id.
    package var id: CustomerID
    /// The user; nil where it does not say.
    package var user: UserID?
    /// Which installation of this system made it; nil for others.
    package var installation: String?

    package init(id: CustomerID, user: UserID?, installation: String?) {
        self.id = id
        self.user = user
        self.installation = installation
    }
}

/// A customer with all that its metadata say.
private struct NamedCustomer: StripeResource {
    static let objectName = "customer"

    let id: CustomerID
    let metadata: [String: String]

    init(stripe customer: Fields) throws {
        id = try customer.required("id", customer.id("id"))
        metadata = try customer.metadata() ?? [:]
    }
}

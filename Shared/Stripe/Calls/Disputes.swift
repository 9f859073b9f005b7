package import Models

extension StripeClient {
    /// Reads a dispute.
    package func dispute(_ id: DisputeID) async throws -> StripeRead<DisputeFacts> {
        try await object(.get("disputes", id.rawValue), id: id.rawValue)
    }

    /// Every dispute about a charge, newest first, also those that are decided.
    package func disputes(of charge: ChargeID) async throws -> StripeRead<[DisputeFacts]> {
        var form = Form()
        form.set(charge.rawValue, at: "charge")
        return try await all(.get("disputes", form: form)) { $0.chargeID == charge }
    }

    /// One page of all disputes of the account, newest first.
    package func disputes(startingAfter last: String?, limit: Int) async throws -> StripeRead<ListPage<DisputeFacts>> {
        try await page(of: "disputes", startingAfter: last, limit: limit)
    }

    /// Puts evidence to a dispute, by the names of its fields; files by Stripe's ids of them. With `submit` all of it goes to the bank, which
    /// cannot be undone; else it is kept at Stripe until then (API reference, "Update a dispute").
    package func updateDispute(
        _ id: DisputeID, evidence: [String: String], submit: Bool, idempotencyKey: String
    ) async throws -> StripeRead<DisputeFacts> {
        var form = Form()
        for (name, value) in evidence.sorted(by: { $0.key < $1.key }) { form.set(value, at: "evidence", name) }
        form.set(submit, at: "submit")
        return try await object(.post("disputes", id.rawValue, form: form, idempotencyKey: idempotencyKey), id: id.rawValue)
    }

    /// Accepts a dispute as lost, which cannot be undone (API reference, "Close a dispute").
    package func closeDispute(_ id: DisputeID, idempotencyKey: String) async throws -> StripeRead<DisputeFacts> {
        try await object(.post("disputes", id.rawValue, "close", idempotencyKey: idempotencyKey), id: id.rawValue)
    }
}

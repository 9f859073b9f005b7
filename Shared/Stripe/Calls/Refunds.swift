package import Models

extension StripeClient {
    /// Reads a refund.
    package func refund(_ id: RefundID) async throws -> StripeRead<RefundFacts> {
        try await object(.get("refunds", id.rawValue), id: id.rawValue)
    }

    /// Every refund of a charge, newest first, also those that failed.
    package func refunds(of charge: ChargeID) async throws -> StripeRead<[RefundFacts]> {
        var form = Form()
        form.set(charge.rawValue, at: "charge")
        return try await all(.get("refunds", form: form), where: { $0.chargeID == charge })
    }
}

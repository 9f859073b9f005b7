package import Models

extension StripeClient {
    /// Every refund of a charge, newest first, also those that failed.
    package func refunds(of charge: ChargeID) async throws -> StripeRead<[RefundFacts]> {
        var form = Form()
        form.set(charge.rawValue, at: "charge")
        return try await all(.get("refunds", form: form), where: { $0.chargeID == charge })
    }
}

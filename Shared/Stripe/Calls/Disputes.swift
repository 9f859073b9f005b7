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
}

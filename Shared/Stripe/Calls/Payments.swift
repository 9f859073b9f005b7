package import Models

extension StripeClient {
    /// Reads a payment intent with its newest charge, which knows the type of the method that was used.
    package func paymentIntent(_ id: PaymentIntentID) async throws -> StripeRead<PaymentIntentFacts> {
        var form = Form()
        form.add(["latest_charge"], to: "expand")
        return try await object(.get("payment_intents", id.rawValue, form: form), id: id.rawValue)
    }

    /// Reads a charge.
    package func charge(_ id: ChargeID) async throws -> StripeRead<ChargeFacts> {
        try await object(.get("charges", id.rawValue), id: id.rawValue)
    }
}

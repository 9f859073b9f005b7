/// What becomes of a subscription, or of a change, whose invoice is not paid at once (API reference, `payment_behavior`).
enum PaymentBehavior: String, Sendable, CaseIterable {
    /// It is made all the same, and stays incomplete or past due.
    case allowIncomplete = "allow_incomplete"
    /// It is made, and nothing is charged until the customer confirms.
    case defaultIncomplete = "default_incomplete"
    /// It is not made: 402.
    case errorIfIncomplete = "error_if_incomplete"
    /// A change waits for its payment.
    case pendingIfIncomplete = "pending_if_incomplete"

    /// The `payment_behavior` of a request.
    init(_ parameters: inout Parameters, refusing refused: Self? = nil) throws(APIError) {
        let names = Self.allCases.filter { $0 != refused }.map(\.rawValue)
        self = try parameters.choice("payment_behavior", names).flatMap(Self.init) ?? .allowIncomplete
    }
}

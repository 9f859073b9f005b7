/// What the bank's page shows.
struct ChallengeForm: Sendable {
    let title = "Authentication required"
    let amount: String
    /// Where the form is sent.
    let action: String

    init(_ intent: PaymentIntent) {
        amount = Money(intent.amount, intent.currency).description
        action = "/3ds/\(intent.id)"
    }
}

/// How a bank refuses a card.
struct Decline: Sendable, Equatable {
    let code = "card_declined"
    let declineCode: String
    let message: String
    let networkCode: String

    static let generic = Decline(declineCode: "generic_decline", message: "Your card was declined.", networkCode: "01")
    static let insufficientFunds = Decline(
        declineCode: "insufficient_funds", message: "Your card has insufficient funds.", networkCode: "51")
}

/// One movement of the account's balance.
///
/// The sandbox keeps no balance: each movement is told from the charge, refund or dispute that caused it.
struct BalanceTransaction: Sendable, Codable {
    enum Kind: String, Sendable, Codable {
        case charge, refund, dispute
        case refundFailure = "refund_failure"
        case disputeReversal = "dispute_reversal"
    }

    let id: String
    let created: Int
    let kind: Kind
    /// Minor units; negative where money leaves.
    let amount: Int
    var fee = 0
    let currency: String
    /// The charge, refund or dispute.
    let source: String
    var description: String?
}

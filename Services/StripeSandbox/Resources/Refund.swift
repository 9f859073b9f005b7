/// Money given back, or meant to be.
struct Refund: Sendable, Codable {
    enum Status: String, Sendable, CaseIterable, Codable {
        case pending, succeeded, failed, canceled
        case requiresAction = "requires_action"

        /// Whether a refund may go on to another status; failed and canceled are final.
        func mayBecome(_ next: Status) -> Bool {
            switch self {
            case .pending, .requiresAction: next != self
            case .succeeded: next == .failed
            case .failed, .canceled: false
            }
        }
    }

    /// Why a bank sends a refund back (the specification's values of `failure_reason`).
    static let failureReasons: Set<String> = [
        "lost_or_stolen_card", "expired_or_canceled_card", "charge_for_pending_refund_disputed", "insufficient_funds", "declined",
        "merchant_request", "unknown",
    ]

    let id: String
    let created: Int
    let amount: Int
    let currency: String
    let charge: String
    let paymentIntent: String
    let reason: String?
    var metadata: [String: String]
    let balanceTransaction: String
    var status: Status
    /// The bank's number for it, known some days later.
    var reference: String?
    var failureReason: String?
    /// Brings back what `balanceTransaction` took.
    var failureBalanceTransaction: String?
    var failedAt: Int?
}

/// A customer's objection to a charge, raised with the card's bank, and how it goes.
struct Dispute: Sendable, Codable {
    enum Status: String, Sendable, Codable {
        case won, lost
        case needsResponse = "needs_response"
        case underReview = "under_review"
        case warningNeedsResponse = "warning_needs_response"
        case warningUnderReview = "warning_under_review"
        case warningClosed = "warning_closed"
        /// Lost, and looked at once more (from 2026-09-30.endive by these names).
        case appealNeedsResponse = "appeal_needs_response"
        case appealUnderReview = "appeal_under_review"

        /// The bank only asks; no money has been withdrawn.
        var isInquiry: Bool { self == .warningNeedsResponse || self == .warningUnderReview }
        var awaitsResponse: Bool { self == .needsResponse || self == .warningNeedsResponse || self == .appealNeedsResponse }
        var isAppeal: Bool { self == .appealNeedsResponse || self == .appealUnderReview }
        var isOpen: Bool { awaitsResponse || self == .underReview || self == .warningUnderReview || self == .appealUnderReview }
    }

    /// Where the bank takes it.
    enum Verdict: String, Sendable, CaseIterable, Codable {
        case won, lost
        /// An inquiry becomes a chargeback.
        case escalated
        /// A lost dispute is looked at once more.
        case appealed
    }

    let id: String
    let created: Int
    let amount: Int
    let currency: String
    let charge: String
    let paymentIntent: String
    let reason: String
    var status: Status
    /// The end of the time to respond; 0 where no answer is heard.
    var dueBy: Int
    /// By name of the field.
    var evidence: [String: String] = [:]
    var submissionCount = 0
    var metadata: [String: String] = [:]
    /// The withdrawal, and what was reinstated.
    var balanceTransactions: [BalanceTransaction] = []

    /// The texts and files that evidence consists of (the specification's `dispute_evidence`).
    static let evidenceFields = [
        "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure", "cancellation_rebuttal",
        "customer_communication", "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
        "duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt",
        "refund_policy", "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation",
        "shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
        "uncategorized_file", "uncategorized_text",
    ]
}

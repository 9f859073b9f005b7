/// What a customer tells the bank about a charge.
struct Complaint: Sendable, Equatable, Codable {
    /// Stripe's `reason` of a dispute.
    let reason: String
    /// The bank asks first and withdraws nothing yet.
    var isInquiry = false
    /// The bank hears no answer: a debit that was not authorized is lost at once.
    var isFinal = false

    static let fraudulent = Complaint(reason: "fraudulent")
    static let notReceived = Complaint(reason: "product_not_received")
    static let debitNotAuthorized = Complaint(reason: "debit_not_authorized", isFinal: true)
    static let noncompliant = Complaint(reason: "noncompliant")
    static let inquiry = Complaint(reason: "general", isInquiry: true)

    /// Every reason a dispute can have (the specification's values of `reason`).
    static let reasons: Set<String> = [
        "bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated", "debit_not_authorized", "duplicate",
        "fraudulent", "general", "incorrect_account_details", "insufficient_funds", "noncompliant", "product_not_received",
        "product_unacceptable", "subscription_canceled", "unrecognized",
    ]
}

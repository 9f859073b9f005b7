/// How a bank refuses a payment; codes and texts as Stripe documents them ("Testing", "Decline codes", "Error codes").
struct Decline: Sendable, Equatable, Codable {
    var code = "card_declined"
    /// Nil where the code says it all.
    var declineCode: String?
    let message: String
    /// The card network's own code.
    var networkCode: String?
    /// What Stripe advises: `try_again_later`, `do_not_try_again`, `confirm_card_data`.
    var advice = "try_again_later"

    /// Stripe makes no further charge with the same method: the issuer will not change its mind. The times of the retries pass all the
    /// same, in case a new method comes (docs "Automate payment retries", hard decline codes).
    var isHard: Bool { Self.hardCodes.contains(declineCode ?? code) }

    private static let hardCodes: Set<String> = [
        "authentication_required", "highest_risk_level", "incorrect_number", "lost_card", "pickup_card", "revocation_of_all_authorizations",
        "revocation_of_authorization", "stolen_card", "transaction_not_allowed",
    ]

    static let generic = Decline(declineCode: "generic_decline", message: "Your card was declined.", networkCode: "01")
    static let insufficientFunds = Decline(
        declineCode: "insufficient_funds", message: "Your card has insufficient funds.", networkCode: "51")
    static let lostCard = Decline(
        declineCode: "lost_card", message: "Your card was declined.", networkCode: "41", advice: "do_not_try_again")
    static let stolenCard = Decline(
        declineCode: "stolen_card", message: "Your card was declined.", networkCode: "43", advice: "do_not_try_again")
    static let expiredCard = Decline(
        code: "expired_card", message: "Your card has expired.", networkCode: "54", advice: "confirm_card_data")
    static let incorrectCVC = Decline(
        code: "incorrect_cvc", message: "Your card's security code is incorrect.", networkCode: "N7", advice: "confirm_card_data")
    static let processingError = Decline(
        code: "processing_error", message: "An error occurred while processing your card. Try again in a little bit.", networkCode: "06")
    static let velocityExceeded = Decline(
        declineCode: "card_velocity_exceeded",
        message: "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.", networkCode: "65")
    /// Refused by the seller's or Stripe's rules before any bank was asked.
    static let blocked = Decline(declineCode: "fraudulent", message: "Your card was declined.", advice: "do_not_try_again")
    static let highestRisk = Decline(declineCode: "highest_risk_level", message: "Your card was declined.", advice: "do_not_try_again")
    /// Nobody was there to prove who they are.
    static let authenticationRequired = Decline(
        code: "authentication_required", declineCode: "authentication_required",
        message: "Your card was declined. This transaction requires authentication.", networkCode: "1A")
    /// The customer was asked and did not prove who they are; nothing was charged.
    static let failedAuthentication = Decline(
        code: "payment_intent_authentication_failure",
        message: "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to "
            + "attempt to fulfill this PaymentIntent again.")

    // Debits.
    static let accountFunds = Decline(
        code: "insufficient_funds", message: "The customer's account has insufficient funds to cover this payment.")
    static let debitFailed = Decline(code: "generic_could_not_process", message: "The customer's bank could not process this payment.")
    static let accountClosed = Decline(code: "account_closed", message: "The customer's bank account has been closed.")
    static let noAccount = Decline(code: "no_account", message: "The customer's bank account could not be located.")
    static let notAuthorized = Decline(
        code: "debit_not_authorized", message: "The customer has notified their bank that this payment was unauthorized.")
    static let sourceLimit = Decline(
        code: "charge_exceeds_source_limit", message: "The payment would exceed the weekly volume limit of this account.")
    static let weeklyLimit = Decline(
        code: "charge_exceeds_weekly_limit", message: "The payment would exceed the weekly transaction limit of this account.")
}

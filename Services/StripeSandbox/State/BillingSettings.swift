/// What the account's owner has set about failed payments and events.
struct BillingSettings: Sendable, Equatable, Codable {
    /// What becomes of a subscription when the last retry has failed.
    enum AfterFinalFailure: String, Sendable, CaseIterable, Codable {
        case cancel, unpaid, pause
        case pastDue = "past_due"
    }

    /// What becomes of an invoice when its last retry has failed.
    enum InvoiceAfterFinalFailure: String, Sendable, CaseIterable, Codable { case open, uncollectible }

    /// What becomes of a subscription when the first charge of a renewal has failed.
    enum AfterFirstFailure: String, Sendable, CaseIterable, Codable { case retry, pause }

    /// When a failed invoice is tried again.
    enum Retries: Sendable, Equatable, Codable {
        /// Eight tries within two weeks, when Stripe thinks best (docs "Automate payment retries").
        case smart
        /// Days from each failure to the next try; so many retries follow the first attempt.
        case days([Int])

        /// `smart`, or whole days separated by commas.
        init?(_ text: String) {
            if text == "smart" {
                self = .smart
            } else {
                let days = text.split(separator: ",").map { Int($0.filter { $0 != " " }) ?? 0 }
                guard days.allSatisfy({ $0 > 0 }) else { return nil }
                self = .days(days)
            }
        }
    }

    var retries = Retries.days([3, 5, 7])
    var afterFirstFailure = AfterFirstFailure.retry
    var afterFinalFailure = AfterFinalFailure.unpaid
    var invoiceAfterFinalFailure = InvoiceAfterFinalFailure.open
    /// A subscription that a failure has paused is resumed when the failed invoice is paid or written off by hand.
    var resumesWhenSettled = true
    /// How long banks take to decide about a debit; nil is what the account's test number says.
    var debitSeconds: Int?
    /// The version events are made in.
    var eventVersion = APIVersion.current

    /// Failures pause only subscriptions in flexible billing mode; of others the first failure leaves them past due, the last ends them
    /// (docs "Pause subscriptions after payment failure").
    var canPause: Bool { !eventVersion.isLegacy }

    init() {}

    /// Takes over what two starts have set differently; what was changed while the sandbox ran stays.
    mutating func follow(_ new: BillingSettings, since old: BillingSettings) {
        if new.eventVersion != old.eventVersion { eventVersion = new.eventVersion }
        if new.afterFirstFailure != old.afterFirstFailure { afterFirstFailure = new.afterFirstFailure }
        if new.afterFinalFailure != old.afterFinalFailure { afterFinalFailure = new.afterFinalFailure }
        if new.invoiceAfterFinalFailure != old.invoiceAfterFinalFailure { invoiceAfterFinalFailure = new.invoiceAfterFinalFailure }
        if new.retries != old.retries { retries = new.retries }
    }

    /// What the sandbox is started with.
    init(_ config: SandboxConfig) {
        eventVersion = APIVersion(ofEvents: config.eventVersion) ?? .current
        afterFirstFailure = AfterFirstFailure(rawValue: config.afterFirstFailure) ?? .retry
        afterFinalFailure = AfterFinalFailure(rawValue: config.afterFinalFailure) ?? .unpaid
        invoiceAfterFinalFailure = InvoiceAfterFinalFailure(rawValue: config.invoiceAfterFinalFailure) ?? .open
        retries = Retries(config.retries) ?? .days([3, 5, 7])
    }
}

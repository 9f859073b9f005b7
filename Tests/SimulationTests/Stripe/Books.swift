/// Everything that Stripe knows of one user, as it is at one moment. Times are whole seconds since 1970, amounts minor units.
///
/// Written from Stripe's documentation ("How subscriptions work", "Subscription invoices", "Smart Retries", "Pause payment collection",
/// "SEPA Direct Debit payments") and shares nothing with the services or the sandbox.
struct Books: Sendable {
    var customers: [Customer] = []
    var subscriptions: [Subscription] = []
    var invoices: [Invoice] = []
    var intents: [Intent] = []
    var charges: [Charge] = []
    var refunds: [Refund] = []
    var disputes: [Dispute] = []

    struct Customer: Sendable {
        var id: String
        var isDeleted = false
    }

    struct Subscription: Sendable {
        var id: String
        var customer: Int
        var price: Price
        var status: Status
        var created: Int
        var periodStart: Int
        var periodEnd: Int
        /// How long a period lasts.
        var interval: Int
        var isCanceledAtPeriodEnd = false
        var cancelAt: Int?
        var canceledAt: Int?
        var endedAt: Int?
        var reason: String?
        var pause: Pause?
        var trialEnd: Int?
        var latestInvoice: Int?
        var isMailed = false

        var hasEnded: Bool { status == .canceled || status == .incompleteExpired }
    }

    enum Status: String, Sendable, CaseIterable {
        case incomplete, trialing, active, canceled, unpaid, paused
        case incompleteExpired = "incomplete_expired"
        case pastDue = "past_due"
    }

    /// What is sold: the two plans, an old price of a plan, and something that is no plan at all.
    enum Price: String, Sendable {
        case basic = "price_basic"
        case premium = "price_premium"
        case basicOld = "price_basic_old"
        case mug = "price_mug"

        var isPlan: Bool { self != .mug }
        var amount: Int { self == .premium ? 4900 : self == .mug ? 700 : 1900 }
    }

    struct Pause: Sendable {
        var behavior: String
        var resumesAt: Int?
    }

    struct Invoice: Sendable {
        var id: String
        /// Nil for one that was written by hand.
        var subscription: Int?
        var customer: Int
        var status: InvoiceStatus
        var created: Int
        /// The end of the period that it bills.
        var serviceEnd: Int
        var reason: String
        var amount: Int
        var isMailed = false
        /// Whether Stripe finalizes it by itself.
        var isAdvancing = true
        var due: Int?
        var attempts = 0
        var nextAttempt: Int?
        var paidAt: Int?
        var intent: Int?
        /// When collecting it first failed: Stripe keeps no such time, the truth does.
        var firstFailed: Int?
    }

    enum InvoiceStatus: String, Sendable { case draft, open, paid, uncollectible, void }

    struct Intent: Sendable {
        var id: String
        var customer: Int
        var invoice: Int
        var status: String
        var created: Int
        var amount: Int
        var method: String
        var charge: Int?
    }

    struct Charge: Sendable {
        var id: String
        var intent: Int
        var status: String
        var created: Int
        var amount: Int
        var refunded = 0
        /// When it succeeded: Stripe keeps no such time, the truth does.
        var paidAt: Int?
    }

    struct Refund: Sendable {
        var id: String
        var charge: Int
        var amount: Int
        var status: String
        var created: Int
        /// What whoever made it calls it, in `metadata.refund_id`.
        var name: String?
    }

    struct Dispute: Sendable {
        var id: String
        var charge: Int
        var status: String
        var created: Int
    }
}

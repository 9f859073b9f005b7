/// A promise to pay every month.
struct Subscription: Sendable, Codable {
    enum Status: String, Sendable, Codable {
        case incomplete, trialing, active, unpaid, canceled, paused
        case incompleteExpired = "incomplete_expired"
        case pastDue = "past_due"
    }

    /// One price of the subscription.
    struct Item: Sendable, Codable {
        let id: String
        let price: String
        let quantity: Int
        var metadata: [String: String] = [:]
    }

    /// What becomes of its invoices while nobody collects them.
    struct PauseCollection: Sendable, Equatable, Codable {
        enum Behavior: String, Sendable, Codable {
            case void
            case keepAsDraft = "keep_as_draft"
            case markUncollectible = "mark_uncollectible"
        }

        let behavior: Behavior
        /// When collection goes on by itself.
        var resumesAt: Int?
    }

    /// What happens when a trial ends and there is nothing to charge.
    enum MissingPaymentMethod: String, Sendable, Codable {
        case cancel, pause
        case createInvoice = "create_invoice"
    }

    /// Who sees to it that an invoice is paid: Stripe, or the customer that it was sent to.
    enum CollectionMethod: String, Sendable, Codable {
        case chargeAutomatically = "charge_automatically"
        case sendInvoice = "send_invoice"
    }

    /// What a change asks for while its invoice is unpaid.
    struct PendingUpdate: Sendable, Codable {
        let items: [Item]
        let expiresAt: Int
        let invoice: String
        /// The first try to pay it has failed.
        var isTold = false
    }

    /// Why it ended, or will.
    struct CancellationDetails: Sendable, Equatable, Codable {
        var reason: String?
        var comment: String?
        var feedback: String?
    }

    let id: String
    let created: Int
    let customer: String
    let currency: String
    var items: [Item]
    var status: Status
    /// Renewals fall on this day and second of the month.
    var billingCycleAnchor: Int
    var periodStart: Int
    var periodEnd: Int
    var trialStart: Int?
    var trialEnd: Int?
    var cancelAt: Int?
    var cancelAtPeriodEnd = false
    var canceledAt: Int?
    var endedAt: Int?
    var cancellation = CancellationDetails()
    var defaultPaymentMethod: String?
    var latestInvoice: String?
    /// The newest invoice that was made final; a later draft asks for nothing yet.
    var finalInvoice: String?
    /// The failed invoice that has paused it; nil where a trial ended without a payment method.
    var pausedBy: String?
    /// Which of its failures that was, in Stripe's words.
    var pauseType: String?
    /// A change that waits for its payment.
    var pendingUpdate: PendingUpdate?
    var collection = CollectionMethod.chargeAutomatically
    /// For invoices that are sent.
    var daysUntilDue: Int?
    /// The method that pays its first invoice becomes its default.
    var keepsMethod = false
    /// That was asked for by `save_default_payment_method`.
    var savesDefaultMethod = false
    var discounts: [String] = []
    /// Prorations that the next invoice asks for.
    var pendingLines: [Invoice.Line] = []
    var pauseCollection: PauseCollection?
    var missingPaymentMethod = MissingPaymentMethod.createInvoice
    var metadata: [String: String]
    var description: String?

    /// Canceled or never begun: nothing happens to it any more.
    var hasEnded: Bool { status == .canceled || status == .incompleteExpired }
}

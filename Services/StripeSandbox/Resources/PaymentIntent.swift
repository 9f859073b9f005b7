/// One collection of money and all its attempts.
struct PaymentIntent: Sendable, Codable {
    enum Status: String, Sendable, Codable {
        case processing, succeeded, canceled
        case requiresPaymentMethod = "requires_payment_method"
        case requiresAction = "requires_action"
        case requiresConfirmation = "requires_confirmation"

        /// An attempt may be made.
        var isPayable: Bool { self == .requiresPaymentMethod || self == .requiresAction || self == .requiresConfirmation }
    }

    /// The last attempt's failure.
    struct Failure: Sendable, Codable {
        let decline: Decline
        /// Nil when nothing was charged: the customer failed to prove who they are.
        let charge: String?
        let paymentMethod: String
    }

    /// The customer's way by the bank, to prove who they are.
    struct Challenge: Sendable, Codable {
        /// What is charged afterwards.
        let paymentMethod: String
        /// What the payment completes; nil for an invoice.
        var session: String?
    }

    let id: String
    let created: Int
    let amount: Int
    let currency: String
    var customer: String?
    var invoice: String?
    /// The session whose page it is paid on; nil for an invoice, or a payment of its own.
    var session: String?
    var description: String?
    let clientSecret: String
    var metadata: [String: String] = [:]
    /// Its method is kept for charges without the customer.
    var savesMethod = false
    /// What may pay it.
    var paymentMethodTypes = ["card"]
    var status = Status.requiresPaymentMethod
    var paymentMethod: String?
    /// Every try, oldest first.
    var charges: [String] = []
    var lastFailure: Failure?
    /// The last one; stays when it is over.
    var challenge: Challenge?
    var canceledAt: Int?
    var cancellationReason: String?

    /// A new one, with an id and a secret of its own.
    init(
        created: Int, amount: Int, currency: String, customer: String?, invoice: String? = nil, description: String?,
        metadata: [String: String] = [:]
    ) {
        id = Identifier.object("pi_")
        self.created = created
        self.amount = amount
        self.currency = currency
        self.customer = customer
        self.invoice = invoice
        self.description = description
        clientSecret = Identifier.secret(of: id)
        self.metadata = metadata
    }

    var latestCharge: String? { charges.last }

    /// Ends it, unpaid.
    mutating func cancel(at time: Int, because reason: String?) {
        status = .canceled
        canceledAt = time
        cancellationReason = reason
    }
}

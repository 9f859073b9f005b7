package import Models

package import struct Foundation.Date

/// The user's VM must not run. Published by enforcement, consumed by the VM controller.
///
/// A level, not an act: a controller that has seen a higher `generation` for the user ignores it.
package struct VMShutdown: FixedMessage, Hashable {
    /// What is ordered and why.
    package var order: VMOrder

    /// Wraps an order.
    package init(_ order: VMOrder) { self.order = order }

    /// Reads the order's fields, unnested.
    package init(from decoder: any Decoder) throws { order = try VMOrder(from: decoder) }

    /// Writes the order's fields, unnested.
    package func encode(to encoder: any Encoder) throws { try order.encode(to: encoder) }

    /// Where it is published.
    package static let exchange = Exchange.vmCommands
    /// Its key, for good.
    package static let key = "vm.shutdown.v1"
    /// The user.
    package var subject: String? { order.userID.rawValue }
}

/// The user's VM may run. Published by enforcement, consumed by the VM controller; otherwise as `VMShutdown`.
package struct VMRestore: FixedMessage, Hashable {
    /// What is ordered and why.
    package var order: VMOrder

    /// Wraps an order.
    package init(_ order: VMOrder) { self.order = order }

    /// Reads the order's fields, unnested.
    package init(from decoder: any Decoder) throws { order = try VMOrder(from: decoder) }

    /// Writes the order's fields, unnested.
    package func encode(to encoder: any Encoder) throws { try order.encode(to: encoder) }

    /// Where it is published.
    package static let exchange = Exchange.vmCommands
    /// Its key, for good.
    package static let key = "vm.restore.v1"
    /// The user.
    package var subject: String? { order.userID.rawValue }
}

/// What both commands to the VM controller carry.
package struct VMOrder: Codable, Sendable, Hashable {
    /// The command's own id, the same each time it is repeated.
    package var commandID: CommandID
    /// Grows with every command to this user's VM.
    package var generation: Int64
    /// Whose VM.
    package var userID: UserID
    /// The subscription that decided it, if any.
    package var subscriptionID: SubscriptionID?
    /// Why: `active`, `payment_failed`, `canceled`, ….
    package var reason: String
    /// What was read at Stripe for it.
    package var evidence: VMEvidence

    package init(
        commandID: CommandID, generation: Int64, userID: UserID, subscriptionID: SubscriptionID?, reason: String,
        evidence: VMEvidence
    ) {
        self.commandID = commandID
        self.generation = generation
        self.userID = userID
        self.subscriptionID = subscriptionID
        self.reason = reason
        self.evidence = evidence
    }
}

/// The proof that a command rests on, in short.
package struct VMEvidence: Codable, Sendable, Hashable {
    /// When Stripe answered, by Stripe's clock.
    package var readAt: Date
    /// The deciding subscription's status.
    package var subscriptionStatus: String?
    /// Its latest invoice.
    package var invoiceID: InvoiceID?
    /// How often Stripe had tried to collect that invoice.
    package var attemptCount: Int?
    /// When it will try again; null in JSON when it will not.
    package var nextPaymentAttempt: Date?

    package init(
        readAt: Date, subscriptionStatus: String?, invoiceID: InvoiceID?, attemptCount: Int?, nextPaymentAttempt: Date?
    ) {
        self.readAt = readAt
        self.subscriptionStatus = subscriptionStatus
        self.invoiceID = invoiceID
        self.attemptCount = attemptCount
        self.nextPaymentAttempt = nextPaymentAttempt
    }

    private enum CodingKeys: CodingKey {
        case readAt, subscriptionStatus, invoiceID, attemptCount, nextPaymentAttempt
    }

    /// Writes every field, null where there is nothing: controllers read a fixed set of keys.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(readAt, forKey: .readAt)
        try container.encode(subscriptionStatus, forKey: .subscriptionStatus)
        try container.encode(invoiceID, forKey: .invoiceID)
        try container.encode(attemptCount, forKey: .attemptCount)
        try container.encode(nextPaymentAttempt, forKey: .nextPaymentAttempt)
    }
}

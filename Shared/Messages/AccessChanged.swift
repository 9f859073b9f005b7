package import Models

package import struct Foundation.Date

/// Whether a user may run a VM has changed.
///
/// Published by enforcement, which alone decides it; consumed by checkout, which shows it to the customer as `entitled`.
package struct AccessChanged: FixedMessage, Hashable {
    /// The user.
    package var userID: UserID
    /// Grows with every change of this user's access; the newest wins. Within one `entitledUntil` may move: then the later `decidedAt` wins.
    package var generation: Int64
    /// Whether the VM may run.
    package var wanted: AccessLevel
    /// Why, as in the command to the VM controller.
    package var reason: String
    /// Until when the present state is paid for, where that is known.
    package var entitledUntil: Date?
    /// When Stripe was read for this decision, by Stripe's clock.
    package var decidedAt: Date

    package init(
        userID: UserID, generation: Int64, wanted: AccessLevel, reason: String, entitledUntil: Date?, decidedAt: Date
    ) {
        self.userID = userID
        self.generation = generation
        self.wanted = wanted
        self.reason = reason
        self.entitledUntil = entitledUntil
        self.decidedAt = decidedAt
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "access.changed.v1"
    /// The user.
    package var subject: String? { userID.rawValue }
}

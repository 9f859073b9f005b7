package import Models

/// The VM controller's answer to a command. Published by the VM controller, consumed by enforcement.
package struct VMReported: FixedMessage, Hashable {
    /// What the controller did.
    package enum Outcome: String, Codable, Sendable {
        /// The VM is in the ordered state, or there is none.
        case done
        /// A newer command was already seen.
        case ignoredStale = "ignored_stale"
        /// It could not be done.
        case failed
    }

    /// The command answered.
    package var commandID: CommandID
    /// Its generation.
    package var generation: Int64
    /// Whose VM.
    package var userID: UserID
    /// What was done.
    package var outcome: Outcome
    /// Anything for people to read.
    package var detail: String?

    package init(commandID: CommandID, generation: Int64, userID: UserID, outcome: Outcome, detail: String? = nil) {
        self.commandID = commandID
        self.generation = generation
        self.userID = userID
        self.outcome = outcome
        self.detail = detail
    }

    /// Where it is published.
    package static let exchange = Exchange.vmReports
    /// Its key, for good.
    package static let key = "vm.reported.v1"
    /// The user.
    package var subject: String? { userID.rawValue }
}

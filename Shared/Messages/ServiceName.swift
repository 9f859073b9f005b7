/// A program that takes part in the exchange of messages: its name at the broker, in queues and in envelopes.
package enum ServiceName: String, Codable, Sendable, CaseIterable {
    case checkout
    case webhook
    case refund
    case analytics
    case enforcement
    /// TarkovBoost Pro's program that runs the VMs; not ours.
    case vmController = "vm-controller"

    /// The `source` of the messages that it publishes, as outside programs know it.
    package var source: String {
        self == .enforcement ? "/payments/subscription-enforcement" : "/payments/\(rawValue)"
    }

    /// The services of this system.
    package static let ours = allCases.filter { $0 != .vmController }

    private static let sources = Set(ours.map(\.source))

    /// Whether one of our own services says so of itself.
    package static func isSource(_ source: String) -> Bool { sources.contains(source) }
}

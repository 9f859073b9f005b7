/// Lies in a queue of its service's own for as long as the broker loses nothing.
///
/// Published by each service to itself and never consumed: that it is there is all it says.
package struct BrokerMarker: Message, Hashable {
    /// Whose it is.
    package var service: ServiceName

    package init(service: ServiceName) {
        self.service = service
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Each service has a key of its own.
    package static func key(of service: ServiceName) -> String { "marker.\(service.rawValue).v1" }
    /// The key of its service.
    package var type: String { Self.key(of: service) }
    /// The service.
    package var subject: String? { service.rawValue }
}

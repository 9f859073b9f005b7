/// A service has sealed what was added to its trail.
///
/// Published by every service; consumed by analytics, which keeps each seal's hash: so it is noticed when the end of a trail is cut off, or
/// all of it written anew.
package struct AuditSealed: FixedMessage, Hashable {
    /// Whose trail it is.
    package var service: ServiceName
    /// The seal's place in the chain, from 1 on without gaps.
    package var sequence: Int64
    /// Its SHA-256 in lower-case hexadecimal.
    package var hash: String

    package init(service: ServiceName, sequence: Int64, hash: String) {
        self.service = service
        self.sequence = sequence
        self.hash = hash
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "audit.sealed.v1"
    /// The service.
    package var subject: String? { service.rawValue }
}

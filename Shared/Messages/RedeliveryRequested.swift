package import Foundation

/// A queue of a service had vanished, or the broker lost what lay in it.
///
/// Published by whoever consumes the queue; consumed by all that publish: each says again what it said to that queue since then, and the
/// inbox behind the queue absorbs what was done.
package struct RedeliveryRequested: FixedMessage, Hashable {
    /// The queue at the broker.
    package var queue: String
    /// From when on messages may be missing there, by the times inside them.
    package var since: Date

    package init(queue: String, since: Date) {
        self.queue = queue
        self.since = since
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "redelivery.requested.v1"
    /// The queue.
    package var subject: String? { queue }
}

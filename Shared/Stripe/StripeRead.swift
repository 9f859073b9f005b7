package import Foundation

/// What Stripe answered, with the moment at which it was true.
package struct StripeRead<Value: Sendable>: Sendable {
    /// The decoded answer.
    package var value: Value
    /// The answer's own `Date`, whole seconds by Stripe's clock; of a list read in pages, the first page's, which is the oldest.
    package var readAt: Date
    /// Stripe's id of the request.
    package var requestID: String?
    /// Whether Stripe repeated a stored answer because the idempotency key had been used before: the value is then as old as that
    /// first answer, and `readAt` says nothing about it. Read the object again before building on its state.
    package var isReplay: Bool

    package init(value: Value, readAt: Date, requestID: String? = nil, isReplay: Bool = false) {
        self.value = value
        self.readAt = readAt
        self.requestID = requestID
        self.isReplay = isReplay
    }

    /// The same read with its value turned into another.
    package func map<Other: Sendable, Failure: Error>(_ transform: (Value) throws(Failure) -> Other) throws(Failure) -> StripeRead<Other> {
        StripeRead<Other>(value: try transform(value), readAt: readAt, requestID: requestID, isReplay: isReplay)
    }
}

extension StripeRead: Equatable where Value: Equatable {}
extension StripeRead: Hashable where Value: Hashable {}

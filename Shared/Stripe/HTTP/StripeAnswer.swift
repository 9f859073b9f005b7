import Foundation

/// A whole 2xx answer, not decoded yet.
struct StripeAnswer: Sendable {
    let status: Int
    let readAt: Date
    let requestID: String?
    let isReplay: Bool
    let body: [UInt8]

    /// This answer's stamp on a decoded value.
    func stamp<Value: Sendable>(_ value: Value) -> StripeRead<Value> {
        StripeRead(value: value, readAt: readAt, requestID: requestID, isReplay: isReplay)
    }
}

import Stripe

/// An event about to be stored.
struct ReceivedEvent: Sendable {
    /// How an event came here: each way has its own proof that it is Stripe's.
    enum Source: String, Sendable {
        /// Posted by Stripe, and signed.
        case webhook
        /// Read from Stripe by an authenticated call of ours.
        case reconciliation
    }

    var head: StripeEventHead
    var rawData: [UInt8]
    var source: Source
    /// Both nil for what was read.
    var signatureHeader: String?
    var secretFingerprint: String?
    var traceparent: String?
    /// Why it will never be processed, if so: another mode's or another account's.
    var foreign: String?
    /// Whether anybody subscribes to its type.
    var hasSubscribers: Bool

    /// It goes to its subscribers.
    var isToBePublished: Bool { foreign == nil && hasSubscribers }
}

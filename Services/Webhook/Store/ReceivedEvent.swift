import Foundation
import Stripe

/// A verified event, about to be stored.
struct ReceivedEvent: Sendable {
    var envelope: StripeEventEnvelope
    var rawData: [UInt8]
    var signatureHeader: String
    var secretFingerprint: String
    var traceparent: String?
    /// Why it will never be processed, if so: another mode's or another account's.
    var foreign: String?
    /// Whether anybody subscribes to its type.
    var hasSubscribers: Bool
}

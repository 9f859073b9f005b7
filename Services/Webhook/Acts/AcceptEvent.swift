import Foundation
import Messages
import Messaging
import Metrics
import Models
import ServiceContextModule
import Stripe

/// Decides whether a body is one of Stripe's events and what is to become of it.
struct AcceptEvent: Sendable {
    let config: WebhookConfig
    let now: @Sendable () -> Date

    /// Longer ids or types than this are none of Stripe's; the columns are indexed.
    private static let longestName = 255

    /// The event, verified over its raw bytes before anything is parsed. Throws `WebhookRefusal`.
    func callAsFunction(_ body: [UInt8], signature header: String?) throws -> ReceivedEvent {
        let secret = try verified(body, header)
        do {
            try JSONDepth.check(body)
            let envelope = try StripeEventEnvelope(json: body)
            guard [envelope.id.rawValue, envelope.type].allSatisfy(Self.isName) else { throw WebhookRefusal.notAnEvent }
            return ReceivedEvent(
                envelope: envelope, rawData: body, signatureHeader: header ?? "", secretFingerprint: secret.fingerprint,
                traceparent: ServiceContext.current?.trace?.traceparent, foreign: foreignness(of: envelope),
                hasSubscribers: !Topology.subscribers(ofStripeEvent: envelope.type).isEmpty)
        } catch is JSONDepth.TooDeep {
            throw WebhookRefusal.notAnEvent
        } catch is StripeError {
            throw WebhookRefusal.notAnEvent
        }
    }

    private func verified(_ body: [UInt8], _ header: String?) throws -> WebhookSecret {
        switch WebhookSignature.verify(body: body, header: header, secrets: config.secrets, now: now()) {
        case .success(let index):
            Counter(label: "webhook_verified_total", dimensions: [("secret", config.secrets[index].fingerprint)]).increment()
            return config.secrets[index]
        case .failure(let refusal):
            Counter(label: "webhook_refused_total", dimensions: [("reason", refusal.label)]).increment()
            throw WebhookRefusal.badSignature
        }
    }

    private func foreignness(of envelope: StripeEventEnvelope) -> String? {
        if envelope.livemode != config.livemode { return "livemode is \(envelope.livemode), this system's is \(config.livemode)" }
        if let account = envelope.account, account != config.account { return "of another account" }
        return nil
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= longestName && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }
}

extension WebhookSignature.Refusal {
    /// The refusal as a metric's label: a clock that is wrong shows here first.
    fileprivate var label: String {
        switch self {
        case .missing: "missing"
        case .malformed: "malformed"
        case .stale: "stale"
        case .future: "future"
        case .mismatch: "mismatch"
        }
    }
}

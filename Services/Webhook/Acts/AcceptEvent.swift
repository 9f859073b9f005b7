import Models
import Foundation
import Messages
import Messaging
import Metrics
import ServiceContextModule
import Stripe

/// Decides whether a body is one of Stripe's events and what is to become of it.
struct AcceptEvent: Sendable {
    private let config: WebhookConfig
    private let now: @Sendable () -> Date
    /// `webhook_verified_total{secret}`, in the order of the secrets: shows when an old one is not used any more.
    private let verified: [Counter]

    /// Longer ids or types than this are none of Stripe's; the columns are indexed.
    private static let longestName = 255

    init(config: WebhookConfig, now: @escaping @Sendable () -> Date) {
        self.config = config
        self.now = now
        verified = config.secrets.map { Counter(label: "webhook_verified_total", dimensions: [("secret", $0.fingerprint)]) }
    }

    /// A delivery, verified over its raw bytes before anything is parsed. Throws `WebhookRefusal`.
    func callAsFunction(_ body: [UInt8], signature header: String?) throws -> ReceivedEvent {
        let secret = try secret(that: body, wasSignedWith: header)
        let head: StripeEventHead
        do { head = try StripeEventHead(json: body) } catch { throw WebhookRefusal.notAnEvent }
        return try event(
            head, body, source: .webhook, signatureHeader: header, secretFingerprint: secret.fingerprint,
            traceparent: ServiceContext.current?.trace?.traceparent)
    }

    /// An event that was read from Stripe. Throws `WebhookRefusal`.
    func callAsFunction(read json: [UInt8]) throws -> ReceivedEvent {
        let head: StripeEventHead
        do { head = try StripeEventHead(json: json) } catch { throw WebhookRefusal.notAnEvent }
        return try event(head, json, source: .reconciliation)
    }

    private func event(
        _ head: StripeEventHead, _ body: [UInt8], source: ReceivedEvent.Source, signatureHeader: String? = nil,
        secretFingerprint: String? = nil, traceparent: String? = nil
    ) throws -> ReceivedEvent {
        guard Self.isName(head.id.rawValue), Self.isName(head.type) else { throw WebhookRefusal.notAnEvent }
        return ReceivedEvent(
            head: head, rawData: body, source: source, signatureHeader: signatureHeader, secretFingerprint: secretFingerprint,
            traceparent: traceparent, foreign: foreignness(of: head),
            hasSubscribers: !Topology.subscribers(ofStripeEvent: head.type).isEmpty)
    }

    private func secret(that body: [UInt8], wasSignedWith header: String?) throws -> WebhookSecret {
        switch WebhookSignature.verify(body: body, header: header, secrets: config.secrets, now: now()) {
        case .success(let index):
            verified[index].increment()
            return config.secrets[index]
        case .failure(let refusal):
            Counter(label: "webhook_refused_total", dimensions: [("reason", refusal.label)]).increment()
            throw WebhookRefusal.badSignature
        }
    }

    private func foreignness(of head: StripeEventHead) -> String? {
        if head.livemode != config.stripe.livemode { return "livemode is \(head.livemode), this system's is \(config.stripe.livemode)" }
        if let account = head.account, account != config.account { return "of another account" }
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

import Foundation
import Messages
import Messaging
import Metrics
import Models
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
    func callAsFunction(
        _ body: [UInt8], signature header: String?, trace: TraceContext? = nil
    ) throws(WebhookRefusal) -> ReceivedEvent {
        switch verify(body, header) {
        case .success(let index): return try event(body, header, signedWith: index, trace)
        case .failure(let refusal):
            Counter(label: "webhook_refused_total", dimensions: [("reason", refusal.label)]).increment()
            throw .badSignature
        }
    }

    /// The same, for whoever asks again in full when it is refused: nil then, and not counted.
    func ifGood(_ body: [UInt8], signature header: String?, trace: TraceContext) -> ReceivedEvent? {
        guard case .success(let index) = verify(body, header) else { return nil }
        return try? event(body, header, signedWith: index, trace)
    }

    /// An event that was read from Stripe. Throws `WebhookRefusal`.
    func callAsFunction(read json: [UInt8]) throws(WebhookRefusal) -> ReceivedEvent {
        try event(head(of: json), json, source: .reconciliation)
    }

    private func verify(_ body: [UInt8], _ header: String?) -> Result<Int, WebhookSignature.Refusal> {
        WebhookSignature.verify(body: body, header: header, secrets: config.secrets, now: now())
    }

    private func event(
        _ body: [UInt8], _ header: String?, signedWith index: Int, _ trace: TraceContext?
    ) throws(WebhookRefusal) -> ReceivedEvent {
        verified[index].increment()
        return try event(
            head(of: body), body, source: .webhook, signatureHeader: header, secretFingerprint: config.secrets[index].fingerprint,
            traceparent: trace?.traceparent)
    }

    private func head(of body: [UInt8]) throws(WebhookRefusal) -> StripeEventHead {
        do { return try StripeEventHead(json: body) } catch { throw .notAnEvent }
    }

    private func event(
        _ head: StripeEventHead, _ body: [UInt8], source: ReceivedEvent.Source, signatureHeader: String? = nil,
        secretFingerprint: String? = nil, traceparent: String? = nil
    ) throws(WebhookRefusal) -> ReceivedEvent {
        guard Self.isName(head.id.rawValue), Self.isName(head.type) else { throw .notAnEvent }
        return ReceivedEvent(
            head: head, rawData: body, source: source, signatureHeader: signatureHeader, secretFingerprint: secretFingerprint,
            traceparent: traceparent, foreign: foreignness(of: head),
            hasSubscribers: !Topology.subscribers(ofStripeEvent: head.type).isEmpty)
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

import Crypto
package import Foundation

/// Stripe's webhook signatures: HMAC-SHA256 over the time of sending, a dot, and the raw body.
///
/// Source: Stripe's documentation, "Verify webhook signatures manually".
package enum WebhookSignature {
    /// Why a delivery is not believed.
    package enum Refusal: Error, Hashable, Sendable {
        /// There is no header, or an empty one.
        case missing
        /// The header is not `t=…,v1=…` as Stripe writes it.
        case malformed
        /// Truly signed, but so many seconds ago: a replay, or one of the two clocks is wrong.
        case stale(seconds: Int64)
        /// Truly signed, but so many seconds from now: one of the two clocks is wrong.
        case future(seconds: Int64)
        /// No secret made any of the signatures.
        case mismatch
    }

    /// Tells which of `secrets` (its index) signed `body`, the bytes as they came in, or why none is believed.
    ///
    /// Every signature is compared with every secret in constant time, whichever matches. The age is judged last, so that `stale` and
    /// `future` mean an authentic delivery and point at a clock. An age of exactly `tolerance` is accepted.
    package static func verify(
        body: [UInt8], header: String?, secrets: [WebhookSecret], now: Date, tolerance: Duration = .seconds(300)
    ) -> Result<Int, Refusal> {
        guard let header, !header.isEmpty else { return .failure(.missing) }
        guard let header = SignatureHeader(header) else { return .failure(.malformed) }
        var match: Int?
        for (index, secret) in secrets.enumerated() {
            let code = code(of: body, at: header.timestampText, key: secret.key)
            for signature in header.signatures {
                // MessageAuthenticationCode's == takes the same time wherever the bytes differ.
                let isEqual = code == signature
                if isEqual, match == nil { match = index }
            }
        }
        guard let match else { return .failure(.mismatch) }
        let age = Int64(now.timeIntervalSince1970.rounded(.down)) - header.timestamp
        if age > tolerance.components.seconds { return .failure(.stale(seconds: age)) }
        if -age > tolerance.components.seconds { return .failure(.future(seconds: -age)) }
        return .success(match)
    }

    /// The header that Stripe would send with `body` at that time.
    package static func sign(body: [UInt8], secret: WebhookSecret, at time: Date) -> String {
        let seconds = String(Int64(time.timeIntervalSince1970.rounded(.down)))
        return "t=\(seconds),v1=\(Hex.encode(code(of: body, at: seconds[...], key: secret.key)))"
    }

    /// Fed in three pieces: a body of megabytes is not copied.
    private static func code(of body: [UInt8], at time: Substring, key: SymmetricKey) -> HMAC<SHA256>.MAC {
        var hmac = HMAC<SHA256>(key: key)
        hmac.update(data: Array(time.utf8))
        hmac.update(data: [UInt8(ascii: ".")])
        hmac.update(data: body)
        return hmac.finalize()
    }
}

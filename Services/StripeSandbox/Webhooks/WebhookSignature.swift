import Crypto
import Foundation

/// Signs webhook bodies as Stripe does (docs "Verify webhook signatures manually").
enum WebhookSignature {
    /// The value of `Stripe-Signature` under one secret.
    static func header(body: String, time: Int, secret: String) -> String { header(body: body, time: time, secrets: [secret]) }

    /// The value of `Stripe-Signature`: HMAC-SHA256 under each whole secret over `<time>.<body>`.
    static func header(body: String, time: Int, secrets: [String]) -> String {
        "t=\(time)" + secrets.map { ",v1=" + code(of: "\(time).\(body)", under: $0) }.joined()
    }

    private static func code(of text: String, under secret: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        let digits = Array("0123456789abcdef")
        return String(code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

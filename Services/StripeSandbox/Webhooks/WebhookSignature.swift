import Crypto
import Foundation

/// Signs webhook bodies as Stripe does (docs "Verify webhook signatures manually").
enum WebhookSignature {
    /// The value of `Stripe-Signature`: HMAC-SHA256 under the whole secret over `<time>.<body>`.
    static func header(body: String, time: Int, secret: String) -> String {
        let key = SymmetricKey(data: Data(secret.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(time).\(body)".utf8), using: key)
        let digits = Array("0123456789abcdef")
        let hex = String(code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        return "t=\(time),v1=\(hex)"
    }
}

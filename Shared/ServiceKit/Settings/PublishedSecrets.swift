import Foundation

/// Secrets that anybody can read in this project's source: those of `.env.example` and of the tests.
///
/// They are good for trying things out. Beside a key that moves real money they would give everybody the rights of an admin, or of Stripe.
enum PublishedSecrets {
    /// Each as it stands there.
    static let all: Set<String> = [
        "test-secret-of-more-than-32-bytes-for-tests-only", "whsec_0123456789abcdef0123456789abcdef", "test", "owner",
        "whsec_sandbox",
        "a secret for tests that is long enough for HS256", "a-secret-of-forty-bytes-for-these-tests.",
    ]

    /// Whether a setting is one of them, holds one among several, or is an address with one as its password.
    static func contains(_ text: String) -> Bool {
        if Settings.parts(of: text).contains(where: all.contains) { return true }
        guard let password = text.firstMatch(of: /:\/\/[^:\/@]*:([^@\/]*)@/)?.output.1 else { return false }
        return all.contains(password.removingPercentEncoding ?? String(password))
    }
}

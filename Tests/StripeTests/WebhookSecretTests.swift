import Testing

@testable import Stripe

@Suite("A webhook secret")
struct WebhookSecretTests {
    @Test("is known by the first 8 digits of its SHA-256")
    func fingerprint() throws {
        #expect(try #require(WebhookSecret(nonEmpty: "whsec_first")).fingerprint == "34ce3fa5")
    }

    @Test("shows itself in no text and no dump")
    func hidden() throws {
        let secret = try #require(WebhookSecret(nonEmpty: "whsec_canary"))
        var dumped = ""
        dump([secret], to: &dumped)
        for text in [dumped, "\(secret)", String(reflecting: secret), "\([secret])", "\(Optional(secret) as Any)"] {
            #expect(!text.contains("canary"))
            #expect(text.contains(secret.fingerprint))
        }
    }

    @Test("is not empty")
    func empty() {
        #expect(WebhookSecret(nonEmpty: "") == nil)
    }

    @Test("is read from a list, trimmed")
    func list() throws {
        let secrets = try #require(WebhookSecret.parse("whsec_first , whsec_second\n"))
        #expect(secrets == [WebhookSecret(nonEmpty: "whsec_first"), WebhookSecret(nonEmpty: "whsec_second")])
    }

    @Test("makes the whole list unusable when it is empty", arguments: ["", " ", ",", "whsec_first,", ",whsec_first", "a,,b", "a, ,b"])
    func emptyInList(text: String) {
        #expect(WebhookSecret.parse(text) == nil)
    }
}

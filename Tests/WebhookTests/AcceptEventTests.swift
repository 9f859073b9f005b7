import Foundation
import ServiceKit
import Stripe
import Testing

@testable import Webhook

@Suite("Whether a body is one of Stripe's events")
struct AcceptEventTests {
    private static let now = Date(timeIntervalSince1970: 1_767_261_600)

    private static func accept(secrets: String = "whsec_new,whsec_old", account: String? = nil) throws -> AcceptEvent {
        var settings = ["STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": secrets]
        settings["STRIPE_ACCOUNT_ID"] = account
        let loaded = Settings(settings)
        let config = WebhookConfig(loaded)
        try loaded.validate()
        return AcceptEvent(config: config, now: { now })
    }

    private static func body(_ id: String = "evt_1", type: String = "invoice.paid", livemode: Bool = false, account: String? = nil)
        -> [UInt8]
    {
        let account = account.map { #""account":"\#($0)","# } ?? ""
        return Array(
            (#"{"id":"\#(id)","object":"event","created":1767261600,"livemode":\#(livemode),"type":"\#(type)",\#(account)"#
                + #""data":{"object":{"id":"in_1","object":"thing"}}}"#).utf8)
    }

    private static func signed(_ body: [UInt8], by secret: String = "whsec_new", at time: Date = now) throws -> String {
        WebhookSignature.sign(body: body, secret: try #require(WebhookSecret(nonEmpty: secret)), at: time)
    }

    @Test("any active secret will do while one is rolled, and it is noted which", arguments: ["whsec_new", "whsec_old"])
    func rolling(secret: String) throws {
        let body = Self.body()
        let event = try Self.accept()(body, signature: Self.signed(body, by: secret))
        #expect(event.secretFingerprint == WebhookSecret(nonEmpty: secret)?.fingerprint)
        #expect(event.rawData == body)
        #expect(event.hasSubscribers)
        #expect(event.foreign == nil)
    }

    @Test("a secret that is not active, a changed byte, another time: refused without detail")
    func forged() throws {
        let body = Self.body()
        for signature in [
            nil, "", try Self.signed(body, by: "whsec_stolen"), try Self.signed(Self.body("evt_2")),
            try Self.signed(body, at: Self.now.addingTimeInterval(-301)), try Self.signed(body, at: Self.now.addingTimeInterval(301)),
        ] {
            #expect(throws: WebhookRefusal.badSignature) { try Self.accept()(body, signature: signature) }
        }
    }

    @Test(
        "truly signed, but no event",
        arguments: [
            "", "[]", "{}", "null", #"{"id":"evt_1","object":"event"}"#,
            #"{"id":"evt_1","object":"v2.core.event","type":"x","created":"now"}"#,
            String(repeating: "[", count: 10_000),
        ])
    func notAnEvent(text: String) throws {
        let body = Array(text.utf8)
        #expect(throws: WebhookRefusal.notAnEvent) { try Self.accept()(body, signature: Self.signed(body)) }
    }

    @Test("ids and types must be printable and short", arguments: ["", "evt 1", "evt_\\u0000", String(repeating: "e", count: 256)])
    func names(id: String) throws {
        let body = Self.body(id)
        #expect(throws: WebhookRefusal.notAnEvent) { try Self.accept()(body, signature: Self.signed(body)) }
    }

    @Test(
        "another mode's or another account's event is foreign",
        arguments: [(true, nil, nil), (false, "acct_2", nil), (false, "acct_2", "acct_1")] as [(Bool, String?, String?)])
    func foreign(livemode: Bool, account: String?, own: String?) throws {
        let body = Self.body(livemode: livemode, account: account)
        #expect(try Self.accept(account: own)(body, signature: Self.signed(body)).foreign != nil)
    }

    @Test("a platform's own connected account is not")
    func ownAccount() throws {
        let body = Self.body(account: "acct_1")
        #expect(try Self.accept(account: "acct_1")(body, signature: Self.signed(body)).foreign == nil)
    }

    @Test("a type that nobody subscribes to is stored all the same")
    func unknownType() throws {
        let body = Self.body(type: "some.future.event")
        #expect(try Self.accept()(body, signature: Self.signed(body)).hasSubscribers == false)
    }

    @Test("an empty secret is refused at start", arguments: ["", " ", ",", "whsec_1,", ",whsec_1"])
    func emptySecret(secrets: String) {
        #expect(throws: SettingsError.self) { try Self.accept(secrets: secrets) }
    }
}

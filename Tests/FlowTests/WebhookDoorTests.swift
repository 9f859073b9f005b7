import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Postgres
import Stripe
import TestKit
import Testing

@testable import StripeSandbox

@Suite("POST /webhook")
struct WebhookDoorTests {
    private static let secret = "whsec_sandbox"

    private static func event(_ id: String, type: String = "thing.happened", livemode: Bool = false, more: String = "") -> [UInt8] {
        Array(
            #"{"id":"\#(id)","object":"event","api_version":"2026-05-27.dahlia","created":1767261600,"livemode":\#(livemode),"#.utf8)
            + Array(#""type":"\#(type)",\#(more)"data":{"object":{"id":"thing_1","object":"thing","name":"Zoë \u0000"}}}"#.utf8)
    }

    private func post(_ body: [UInt8], to system: RunningSystem, signature: String? = nil, at time: Date = Date()) async throws -> UInt {
        var request = HTTPClientRequest(url: system.webhook + "/api/payment/webhook")
        request.method = .POST
        let secret = try #require(WebhookSecret(nonEmpty: Self.secret))
        request.headers.add(
            name: "Stripe-Signature", value: signature ?? WebhookSignature.sign(body: body, secret: secret, at: time))
        request.body = .bytes(ByteBuffer(bytes: body))
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        _ = try await answer.body.collect(upTo: 1 << 20)
        return answer.status.code
    }

    @Test("an event is stored once, byte for byte, however often and however parallel it comes", .database, .broker)
    func storedOnce() async throws {
        try await RunningSystem.run { system in
            let body = Self.event("evt_1")
            try await withThrowingTaskGroup(of: UInt.self) { group in
                for _ in 0..<50 { group.addTask { try await post(body, to: system) } }
                for try await status in group { #expect(status == 200) }
            }
            let rows = try await system.database.observer.query("SELECT raw_data, processed, object_id FROM webhook.stripe_webhooks")
            #expect(rows.count == 1)
            #expect(try rows[0].get("raw_data", as: [UInt8].self) == body)
            #expect(try rows[0].get("processed", as: Bool.self), "nobody subscribes to it")
            #expect(try rows[0].get("object_id", as: String.self) == "thing_1")
        }
    }

    private func event(_ id: String, _ type: String, _ object: String) -> [UInt8] {
        Array(
            (#"{"id":"\#(id)","object":"event","api_version":"2026-05-27.dahlia","created":1767261600,"livemode":false,"#
                + #""type":"\#(type)","data":{"object":\#(object)}}"#).utf8)
    }

    @Test("why an object could not be decoded is said by each of its subscribers", .database, .broker)
    func undecodable() async throws {
        try await RunningSystem.run { system in
            let dispute = #"{"id":"du_1","object":"dispute","livemode":false,"charge":"ch_1","currency":"usd","created":1}"#
            try await #expect(post(event("evt_1", "charge.dispute.created", dispute), to: system) == 200)
            let invoice = #"{"id":"in_1","object":"invoice","livemode":false,"customer":"cus_1","currency":"usd","created":"then"}"#
            try await #expect(post(event("evt_2", "invoice.paid", invoice), to: system) == 200)
            let outcomes: Query = """
                SELECT string_agg(concat_ws(' ', stripe_event_id, service, outcome, error), ', ' ORDER BY stripe_event_id, service)
                FROM webhook.event_outcomes
                """
            try await eventually("each subscriber has failed, and says why") {
                try await system.value(outcomes)
                    == "evt_1 enforcement failed data.object.amount is null, evt_1 refund failed data.object.amount is null, "
                    + "evt_2 checkout failed data.object.created has another type, "
                    + "evt_2 enforcement failed data.object.created has another type"
            }
        }
    }

    @Test("half an emoji in whatever Stripe sends parks nothing", .database, .broker)
    func halfEmoji() async throws {
        try await RunningSystem.run { system in
            let session = try await system.checkout("POST", "create-checkout-session", as: "user_1", body: ["plan_id": "basic"])
            #expect(session.status == 200)
            let customer = try #require(await system.sandbox.account.customers.newestFirst.first?.id)
            let intent = #"""
                {"id":"pi_1","object":"payment_intent","livemode":false,"customer":"\#(customer)","status":"requires_payment_method",
                 "amount":1900,"currency":"usd","created":1767261600,"description":"\ud83d","metadata":{"note":"cut \ud83d"},
                 "last_payment_error":{"code":"card_declined","charge":"ch_1","message":"no \ude00"}}
                """#
            try await #expect(post(event("evt_1", "payment_intent.payment_failed", intent), to: system) == 200)
            let kept: Query = """
                SELECT concat_ws(' | ', metadata->>'note', failure_message) FROM checkout.payments
                JOIN checkout.payment_attempts ON payment_id = payments.id
                """
            try await eventually("it is kept") { try await system.value(kept) == "cut \u{FFFD} | no \u{FFFD}" }
        }
    }

    @Test("what is not signed, or no event, is 400 and leaves nothing", .database, .broker)
    func refused() async throws {
        try await RunningSystem.run { system in
            let body = Self.event("evt_1")
            for signature in [
                "", "t=1,v1=00", "v1=" + String(repeating: "0", count: 64), "t=1767261600,v1=" + String(repeating: "0", count: 64),
            ] {
                try await #expect(post(body, to: system, signature: signature) == 400)
            }
            try await #expect(post(body, to: system, at: Date().addingTimeInterval(-301)) == 400)
            try await #expect(post(body, to: system, at: Date().addingTimeInterval(310)) == 400)
            let deep = Array((#"{"id":"evt_1","object":"event","data":"# + String(repeating: "[", count: 500)).utf8)
            for broken in [
                [], Array("[]".utf8), Array("{".utf8), Array(#"{"id":"evt_1"}"#.utf8), deep, Self.event(""), Self.event("evt 1"),
            ] {
                try await #expect(post(broken, to: system) == 400)
            }
            try await #expect(system.value("SELECT count(*) FROM webhook.stripe_webhooks") == "0")
        }
    }

    @Test("an event of the other mode or of another account is stored and never processed", .database, .broker)
    func foreign() async throws {
        try await RunningSystem.run { system in
            try await #expect(post(Self.event("evt_live", type: "invoice.paid", livemode: true), to: system) == 200)
            try await #expect(post(Self.event("evt_other", type: "invoice.paid", more: #""account":"acct_2","#), to: system) == 200)
            let rows = try await system.database.observer.query(
                "SELECT processed, processing_error, published_at FROM webhook.stripe_webhooks ORDER BY id")
            #expect(rows.count == 2)
            for row in rows {
                #expect(try row.get("processed", as: Bool.self) == false)
                #expect(try row.get("processing_error", as: String?.self) != nil)
            }
            try await #expect(system.value("SELECT count(*) FROM checkout.inbox_heard") == "0")
        }
    }

    @Test("an event about somebody unknown is handled without a trace, and comes to life when the customer is linked", .database, .broker)
    func stranger() async throws {
        try await RunningSystem.run { system in
            let customer = "cus_stranger"
            let session =
                #"{"id":"cs_1","object":"checkout.session","mode":"payment","status":"complete","payment_status":"paid","#
                + #""customer":"\#(customer)","metadata":{"user_id":"user_late","plan_id":"basic"},"payment_intent":"pi_1","currency":"usd","livemode":false}"#
            let intent =
                #"{"id":"pi_1","object":"payment_intent","status":"succeeded","amount":500,"amount_received":500,"#
                + #""currency":"usd","customer":"\#(customer)","created":1767261600,"livemode":false,"metadata":{}}"#
            try await #expect(post(Self.about(intent, "payment_intent.succeeded", id: "evt_1"), to: system) == 200)
            try await system.atRest()
            try await #expect(system.value("SELECT count(*) FROM checkout.payments") == "0")
            try await #expect(system.value("SELECT processed FROM webhook.stripe_webhooks") == "true")

            try await #expect(post(Self.about(session, "checkout.session.completed", id: "evt_2"), to: system) == 200)
            try await eventually("the payment is the user's") {
                try await system.value("SELECT user_id || ' ' || amount || ' ' || status FROM checkout.payments")
                    == "user_late 500 succeeded"
            }
            try await #expect(system.value("SELECT count(*) FROM checkout.unclaimed_events") == "0")
        }
    }

    private static func about(_ object: String, _ type: String, id: String) -> [UInt8] {
        Array(
            (#"{"id":"\#(id)","object":"event","api_version":"2026-05-27.dahlia","created":1767261600,"livemode":false,"#
                + #""type":"\#(type)","data":{"object":\#(object)}}"#).utf8)
    }
}

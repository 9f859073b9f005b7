import HTTPTestKit
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Webhook

@Suite("What is signed and cannot be read")
struct SignedStrangerTests {
    private static let alerts: Query = """
        SELECT string_agg(concat_ws(' ', code, subject), ', ' ORDER BY code, subject) FROM webhook.alerts
        """

    /// The form of Stripe's documentation, "Event destinations", payload style thin.
    private static let thin = Array(
        #"""
        {"id": "evt_test_1", "object": "v2.core.event", "type": "v1.customer.subscription.updated", "created": "2026-11-20T10:00:00.000Z",
         "livemode": false, "context": null, "related_object": {"id": "sub_1", "type": "subscription", "url": "/v1/subscriptions/sub_1"}}
        """#.utf8)

    @Test("a thin event is refused, and the operator is told the cause and the cure, once", .database, .broker)
    func thin() async throws {
        try await RunningWebhook.run { webhook in
            for _ in 1...3 { try await #expect(webhook.deliver(Self.thin) == 400) }
            try await #expect(webhook.value(Self.alerts) == "webhook_thin_event v2.core.event")
            let detail = try await webhook.value("SELECT concat_ws(' ', times, detail, remedy) FROM webhook.alerts")
            #expect(detail?.hasPrefix("3 Thin events (v2.core.event)") == true && detail?.contains("payload style to snapshot") == true)
            try await #expect(webhook.value("SELECT count(*) FROM webhook.stripe_webhooks") == "0")
        }
    }

    @Test("anything else that is signed is told of by what it calls itself, what is not signed by nothing", .database, .broker)
    func others() async throws {
        try await RunningWebhook.run { webhook in
            for body in ["[]", "not JSON", #"{"object": "new.event", "id": "x"}"#] {
                try await #expect(webhook.deliver(Array(body.utf8)) == 400)
            }
            try await #expect(webhook.deliver(Self.thin, signature: "t=1,v1=00") == 400)
            try await #expect(
                webhook.value(Self.alerts) == "webhook_signed_stranger new.event, webhook_signed_stranger unreadable")
        }
    }

    @Test("an object that cannot be decoded is stored and published, and the operator is told why", .database, .broker)
    func undecodable() async throws {
        try await RunningWebhook.run { webhook in
            let invoice = event("evt_1", type: "invoice.paid", object: #"{"id":"in_1","object":"invoice","created":1}"#)
            try await #expect(webhook.deliver(invoice) == 200)
            try await eventually("it is published") {
                try await webhook.value("SELECT published_at IS NOT NULL FROM webhook.stripe_webhooks") == "true"
            }
            let reason = "data.object.currency is null"
            try await #expect(webhook.value(Self.alerts) == "webhook_undecodable_object invoice.paid")
            try await #expect(webhook.value("SELECT detail FROM webhook.alerts")?.contains("\(reason) (event evt_1") == true)
        }
    }

    @Test(
        "half an emoji is no reason: the event is published whole", .database, .broker, arguments: ["customer.updated", "charge.refunded"])
    func halfEmoji(type: String) async throws {
        let object =
            type == "customer.updated"
            ? #"{"id":"cus_1","object":"customer","name":"\ud83d","metadata":{"user_id":"user_1\ude00"}}"#
            : #"{"id":"ch_1","object":"charge","status":"succeeded","currency":"usd","amount":1,"created":1,"description":"\ud83d"}"#
        try await RunningWebhook.run { webhook in
            try await #expect(webhook.deliver(event("evt_1", type: type, object: object)) == 200)
            try await eventually("it is published") {
                try await webhook.value("SELECT published_at IS NOT NULL FROM webhook.stripe_webhooks") == "true"
            }
            try await #expect(webhook.value("SELECT processing_error IS NULL FROM webhook.stripe_webhooks") == "true")
            try await #expect(webhook.value(Self.alerts) == nil)
        }
    }
}

import Foundation
import Messages
import Models
import Postgres
import TestKit
import Testing

@testable import Webhook

@Suite("What admins see of events, and do with them")
struct EventAdminTests {
    private static func ids(_ json: [String: Any]) -> [String] {
        (json["data"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
    }

    @Test("the list is filtered, newest first, page by page", .database, .broker)
    func list() async throws {
        try await RunningWebhook.run { webhook in
            for number in 1...5 {
                try await #expect(webhook.deliver(event("evt_\(number)", type: number == 3 ? "invoice.paid" : "thing.happened")) == 200)
            }
            let all = try await webhook.admin("GET", "admin/webhooks?limit=2")
            #expect(all.status == 200 && Self.ids(all.json) == ["evt_5", "evt_4"])
            let cursor = try #require(all.json["next_cursor"] as? String)
            try await #expect(
                Self.ids(webhook.admin("GET", "admin/webhooks?limit=3&cursor=\(cursor)").json) == ["evt_3", "evt_2", "evt_1"])
            try await #expect(Self.ids(webhook.admin("GET", "admin/webhooks?processed=false").json) == ["evt_3"])
            try await #expect(Self.ids(webhook.admin("GET", "admin/webhooks?type=invoice.paid").json) == ["evt_3"])
            try await #expect(Self.ids(webhook.admin("GET", "admin/webhooks?from=2999-01-01").json) == [])
            try await #expect(Self.ids(webhook.admin("GET", "admin/webhooks?to=2999-01-01&limit=1").json) == ["evt_5"])
            for bad in ["processed=maybe", "from=yesterday", "limit=0", "limit=201", "cursor=x", "type=a&type=b"] {
                try await #expect(webhook.admin("GET", "admin/webhooks?\(bad)").status == 400, "\(bad)")
            }
        }
    }

    @Test("one event tells its whole life", .database, .broker)
    func life() async throws {
        try await RunningWebhook.run { webhook in
            let body = event(type: "customer.updated")
            let signature = try RunningWebhook.signature(of: body)
            try await #expect(webhook.deliver(body, signature: signature) == 200)
            try await webhook.report("evt_1", .checkout, .handled)
            try await eventually("it is processed") { try await webhook.value("SELECT processed FROM webhook.stripe_webhooks") == "true" }
            try await #expect(webhook.admin("POST", "admin/webhooks/evt_1/replay", #"{"reason":"to see"}"#).status == 200)
            let (status, life) = try await webhook.admin("GET", "admin/webhooks/evt_1")
            #expect(status == 200)
            let proof = try #require(life["proof"] as? [String: Any])
            #expect(proof["signature_header"] as? String == signature)
            #expect(proof["bytes"] as? Int == body.count)
            try await #expect(
                proof["sha256"] as? String == webhook.value("SELECT encode(sha256(raw_data), 'hex') FROM webhook.stripe_webhooks"))
            let steps = (life["life"] as? [[String: Any]] ?? []).compactMap { $0["what"] as? String }
            #expect(steps.first == "happened at Stripe")
            for step in ["checkout: handled", "processed", "replay 1 asked for by admin_1"] { #expect(steps.contains(step), "\(step)") }
            try await #expect(webhook.admin("GET", "admin/evidence/event/evt_1").status == 200)
            try await #expect(webhook.admin("GET", "admin/webhooks/evt_none").status == 404)
        }
    }

    @Test("a replay is another message about the same event", .database, .broker)
    func replay() async throws {
        try await RunningWebhook.run { webhook in
            try await #expect(webhook.deliver(event(type: "customer.updated")) == 200)
            try await eventually("it is published") {
                try await webhook.value("SELECT published_at IS NOT NULL FROM webhook.stripe_webhooks") == "true"
            }
            for expected in 1...2 {
                try await #expect(webhook.admin("POST", "admin/webhooks/evt_1/replay").status == 200)
                try await eventually("it is published again") {
                    try await webhook.value("SELECT published_at IS NOT NULL AND replays = \(expected) FROM webhook.stripe_webhooks")
                        == "true"
                }
            }
            let ids = try await webhook.broker.takeWholeMessages(from: Topology.checkoutStripeEvents.name).map {
                (try JSONSerialization.jsonObject(with: Data($0.body)) as? [String: Any])?["id"] as? String
            }
            #expect(ids == ["evt_1", "evt_1#1", "evt_1#2"])
        }
    }

    @Test("a filter says first what would happen, then does that", .database, .broker)
    func filter() async throws {
        try await RunningWebhook.run { webhook in
            for number in 1...3 { try await #expect(webhook.deliver(event("evt_\(number)", type: "customer.updated")) == 200) }
            try await #expect(webhook.deliver(event("evt_quiet")) == 200)
            try await #expect(webhook.deliver(event("evt_live", type: "customer.updated", livemode: true)) == 200)
            try await eventually("all are published") {
                try await webhook.value("SELECT count(*) FROM webhook.stripe_webhooks WHERE published_at IS NULL") == "0"
            }
            let dry = try await webhook.admin("POST", "admin/webhooks/replay", #"{"from":"2020-01-01T00:00:00Z","dry_run":true}"#)
            #expect(dry.status == 200)
            #expect(dry.json["matched"] as? Int == 5 && dry.json["replayable"] as? Int == 3 && dry.json["replayed"] as? Int == 0)
            let obstacles = (dry.json["groups"] as? [[String: Any]] ?? []).compactMap { $0["obstacle"] as? String }
            #expect(Set(obstacles) == ["foreign", "nobody_subscribes"])
            try await #expect(webhook.value("SELECT count(*) FROM webhook.event_replays") == "0")
            let real = try await webhook.admin(
                "POST", "admin/webhooks/replay", #"{"from":"2020-01-01T00:00:00Z","limit":2,"reason":"outage"}"#)
            #expect(real.status == 200 && real.json["replayed"] as? Int == 2)
            try await #expect(
                webhook.value(
                    "SELECT string_agg(stripe_event_id || ' ' || requested_by || ' ' || reason, ',' ORDER BY 1) FROM webhook.event_replays")
                    == "evt_1 admin_1 outage,evt_2 admin_1 outage")
        }
    }

    @Test(
        "a request that is not clear is refused and changes nothing", .database, .broker)
    func refused() async throws {
        try await RunningWebhook.run { webhook in
            for (path, body, status) in [
                ("admin/webhooks/replay", "{}", 400), ("admin/webhooks/replay", #"{"dry_run":true}"#, 400),
                ("admin/webhooks/replay", #"{"type":"a","limit":0}"#, 400), ("admin/webhooks/replay", #"{"type":"a","limit":10001}"#, 400),
                ("admin/webhooks/replay", #"{"type":7}"#, 400), ("admin/webhooks/replay", #"{"type":"a","reason":""}"#, 400),
                ("admin/webhooks/evt_none/replay", "{}", 404),
            ] as [(String, String, UInt)] {
                try await #expect(webhook.admin("POST", path, body).status == status, "\(path) \(body)")
            }
        }
    }
}

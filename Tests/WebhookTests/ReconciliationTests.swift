import Messages
import Postgres
import Foundation
import HTTPTestKit
import TestKit
import Testing

@testable import Webhook

@Suite("Events that never came")
struct ReconciliationTests {
    private static func list(_ events: [[UInt8]], hasMore: Bool = false) -> StripeStubAnswer {
        let rows = events.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
        return .json(#"{"object":"list","url":"/v1/events","has_more":\#(hasMore),"data":[\#(rows)]}"#)
    }

    private static let often = ["SWEEP_INTERVAL_SECONDS": "0.3"]

    @Test("are read from Stripe, stored byte for byte and published like any other", .database, .broker)
    func repaired() async throws {
        let missing = event("evt_missing", type: "customer.updated", object: #"{"id":"cus_1","object":"customer"}"#)
        let pages = [Self.list([event("evt_known")], hasMore: true), Self.list([missing]), Self.list([missing, event("evt_known")])]
        try await StripeStub.serving(pages) { stub in
            // The comparison may begin before the known event has been delivered: then it is repaired too, and comes as a duplicate.
            try await RunningWebhook.run(["STRIPE_API_BASE": stub.url, "SWEEP_INTERVAL_SECONDS": "3600"]) { webhook in
                try await eventually("the comparisons are recorded") {
                    try await webhook.value("SELECT count(*) FROM webhook.reconciliations WHERE finished_at IS NOT NULL AND error IS NULL")
                        == "2"
                }
                let row = try await webhook.database.observer.query(
                    "SELECT raw_data, source, signature_header FROM webhook.stripe_webhooks WHERE stripe_event_id = 'evt_missing'")
                #expect(try row[0].get("raw_data", as: [UInt8].self) == missing)
                #expect(try row[0].get("source", as: String.self) == "reconciliation")
                #expect(try row[0].get("signature_header", as: String?.self) == nil)
                try await eventually("it is published") {
                    try await webhook.value(
                        "SELECT published_at IS NOT NULL FROM webhook.stripe_webhooks WHERE stripe_event_id = 'evt_missing'") == "true"
                }
                let paths = stub.received.map(\.target)
                #expect(paths[0].contains("delivery_success=false") && paths[0].contains("created%5Bgte%5D="))
                #expect(paths[1].contains("starting_after=evt_known"))
                #expect(!paths[2].contains("delivery_success"))
                let part = try await webhook.admin("GET", "parts/reconciliation")
                let passes = try #require(part.json["events"] as? [[String: Any]])
                #expect(
                    passes.contains { $0["scope"] as? String == "undelivered" && $0["repaired"] as? Int == 2 && $0["seen"] as? Int == 2 })
                try await #expect(webhook.deliver(event("evt_known")) == 200)
                try await #expect(webhook.value("SELECT count(*) FROM webhook.stripe_webhooks") == "2")
                try await #expect(webhook.value("SELECT count(*) FROM webhook.event_conflicts") == "0")
            }
        }
    }

    @Test("are looked for by one replica at a time", .database, .broker)
    func oneReplica() async throws {
        try await StripeStub.serving([.json(emptyList), .json(emptyList)]) { stub in
            try await RunningWebhook.run(["STRIPE_API_BASE": stub.url, "SWEEP_INTERVAL_SECONDS": "3600"], replicas: 3) { webhook in
                try await eventually("both comparisons are recorded") {
                    try await webhook.value("SELECT count(*) FROM webhook.reconciliations WHERE finished_at IS NOT NULL") == "2"
                }
                // Each replica has looked whether there is anything to do: a turn was there for one.
                try await #expect(webhook.value("SELECT count(*) FROM webhook.reconciliations") == "2")
                #expect(stub.received.count == 2)
            }
        }
    }

    @Test("a comparison that fails is recorded and alerted, the next goes back as far, and then the alert ends", .database, .broker)
    func failing() async throws {
        let wrong = StripeStubAnswer.json(#"{"error":{"type":"invalid_request_error","message":"no"}}"#, status: 401)
        try await StripeStub.serving([wrong] + Array(repeating: .json(emptyList), count: 100)) { stub in
            try await RunningWebhook.run(["STRIPE_API_BASE": stub.url].merging(Self.often) { $1 }) { webhook in
                try await eventually("the alert was raised and has ended") {
                    try await webhook.value(
                        "SELECT cleared_at IS NOT NULL FROM webhook.alerts WHERE code = 'webhook_reconciliation_failed'") == "true"
                }
                try await #expect(webhook.value("SELECT error IS NOT NULL FROM webhook.reconciliations ORDER BY id LIMIT 1") == "true")
                try await #expect(
                    webhook.value(
                        """
                        SELECT abs(extract(epoch FROM max(window_from) - min(window_from))) < 60 FROM
                            (SELECT window_from FROM webhook.reconciliations ORDER BY id LIMIT 2) AS two
                        """) == "true")
            }
        }
    }
}

@Suite("The upkeep of events")
struct UpkeepTests {
    @Test("an event that a subscriber says nothing about is published again, one that was given up is not", .database, .broker)
    func silence() async throws {
        try await RunningWebhook.run(["SWEEP_INTERVAL_SECONDS": "0.3", "SILENCE_SECONDS": "0.2"]) { webhook in
            for id in ["evt_silent", "evt_failed", "evt_done"] {
                try await #expect(webhook.deliver(event(id, type: "customer.updated")) == 200)
            }
            try await webhook.report("evt_failed", .checkout, .failed, error: "why")
            try await webhook.report("evt_done", .checkout, .handled)
            try await eventually("the silent one is published again, twice") {
                try await webhook.value("SELECT replays >= 2 FROM webhook.stripe_webhooks WHERE stripe_event_id = 'evt_silent'") == "true"
            }
            try await #expect(webhook.value("SELECT bool_and(requested_by = 'sweep') FROM webhook.event_replays") == "true")
            let last = try await webhook.value("SELECT max(replays) FROM webhook.stripe_webhooks WHERE stripe_event_id <> 'evt_silent'")
            // Until their reports were heard the other two were silent as well.
            #expect(["0", "1"].contains(last))
            try await webhook.report("evt_silent", .checkout, .handled)
            try await eventually("all but the failed one are processed") {
                try await webhook.value("SELECT count(*) FROM webhook.stripe_webhooks WHERE NOT processed") == "1"
            }
        }
    }

    @Test("old payloads are removed, their hashes and rows stay, and they are not published again", .database, .broker)
    func retention() async throws {
        try await RunningWebhook.run(["SWEEP_INTERVAL_SECONDS": "0.3", "RAW_DATA_RETENTION_DAYS": "31"]) { webhook in
            for id in ["evt_old", "evt_new"] { try await #expect(webhook.deliver(event(id, type: "customer.updated")) == 200) }
            try await webhook.report("evt_old", .checkout, .handled)
            try await eventually("it is processed") {
                try await webhook.value("SELECT processed FROM webhook.stripe_webhooks WHERE stripe_event_id = 'evt_old'") == "true"
            }
            let hash = try await webhook.value("SELECT sha256(raw_data) FROM webhook.stripe_webhooks WHERE stripe_event_id = 'evt_old'")
            try await webhook.database.superuser.query(
                "UPDATE webhook.stripe_webhooks SET received_at = received_at - interval '32 days' WHERE stripe_event_id = 'evt_old'")
            try await eventually("the payload is gone") {
                try await webhook.value("SELECT raw_data IS NULL FROM webhook.stripe_webhooks WHERE stripe_event_id = 'evt_old'") == "true"
            }
            try await #expect(webhook.value("SELECT raw_sha256 FROM webhook.stripe_webhooks WHERE stripe_event_id = 'evt_old'") == hash)
            try await #expect(
                webhook.value("SELECT raw_data IS NOT NULL FROM webhook.stripe_webhooks WHERE stripe_event_id = 'evt_new'") == "true")
            let replay = try await webhook.admin("POST", "admin/webhooks/evt_old/replay")
            #expect(replay.status == 409 && (replay.json["error"] as? [String: Any])?["code"] as? String == "payload_removed")
            let life = try await webhook.admin("GET", "admin/webhooks/evt_old")
            #expect((life.json["proof"] as? [String: Any])?["sha256"] as? String == hash.map { String($0.dropFirst(2)) })
        }
    }
}

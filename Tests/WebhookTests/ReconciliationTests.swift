import Foundation
import HTTPTestKit
import Messages
import Postgres
import TestKit
import Testing

@testable import Webhook

@Suite("Events that never came")
struct ReconciliationTests {
    private static func list(_ events: [[UInt8]], hasMore: Bool = false, date: String = StripeStubAnswer.date) -> StripeStubAnswer {
        let rows = events.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
        return .json(#"{"object":"list","url":"/v1/events","has_more":\#(hasMore),"data":[\#(rows)]}"#, date: date)
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

    /// Runs webhook against a Stripe that gives these answers to the comparison of what was not delivered, and waits until it has ended.
    private func compared(
        _ answers: [StripeStubAnswer], _ body: @Sendable (RunningWebhook, [StripeStubRequest]) async throws -> Void
    ) async throws {
        try await StripeStub.serving(answers + Array(repeating: .json(emptyList), count: 100)) { stub in
            try await RunningWebhook.run(["STRIPE_API_BASE": stub.url, "SWEEP_INTERVAL_SECONDS": "3600"]) { webhook in
                try await eventually("the comparison has ended", within: .seconds(30)) {
                    try await webhook.value("SELECT count(*) FROM webhook.reconciliations WHERE finished_at IS NOT NULL") != "0"
                }
                try await body(webhook, stub.received)
            }
        }
    }

    private static let pass: Query =
        "SELECT concat_ws(' ', seen, repaired, passed_over, error IS NULL) FROM webhook.reconciliations ORDER BY id LIMIT 1"

    /// Thin events may stand among the others (Stripe's documentation, "Event destinations"), and what a proxy or a new version makes of an event
    /// is anybody's guess.
    @Test("keep no other from being repaired when they are odd: they are passed over, counted and alerted", .database, .broker)
    func odd() async throws {
        let rows = [
            #"{"id":"evt_null","object":"event","created":1767261600,"livemode":false,"type":"x.y","data":{"object":null}}"#,
            #"{"id":"evt_thin","object":"v2.core.event","created":"2026-11-20T10:00:00Z","type":"v1.customer.created"}"#, "{}", "7",
            #"{"id":"zero\u0000"}"#,
            #"{"id":"evt_\#(String(repeating: "x", count: 300))","object":"event","created":1767261600,"livemode":false,"type":"x.y","#
                + #""data":{"object":{}}}"#,
        ]
        let events = ["evt_1", "evt_2"].map { event($0, type: "customer.updated", object: #"{"id":"cus_1","object":"customer"}"#) }
        try await compared([Self.list([events[0]] + rows.map { Array($0.utf8) } + [events[1]])]) { webhook, _ in
            try await #expect(webhook.value(Self.pass) == "3 2 6 t")
            try await #expect(
                webhook.value("SELECT string_agg(stripe_event_id, ' ' ORDER BY stripe_event_id) FROM webhook.stripe_webhooks")
                    == "evt_1 evt_2")
            try await #expect(
                webhook.value(
                    "SELECT string_agg(left(subject, 10), ' ' ORDER BY subject) FROM webhook.alerts WHERE code = 'webhook_odd_event_listed'"
                )
                    == "evt_null evt_thin evt_xxxxxx without id zero\u{FFFD}")
        }
    }

    private static let unreadable: [StripeStubAnswer] = [
        .json("<html>busy</html>"), .half(of: emptyList), .json(#"{"object":"list","has_more":false,"data":7}"#),
        .json(#"{"object":"list","has_more":false,"data":[""# + String(repeating: "x", count: 5 << 20) + #""]}"#),
    ]

    @Test("are read in smaller pages where a page is too large, cut short or no page", .database, .broker, arguments: 0..<4)
    func smallerPages(number: Int) async throws {
        let missing = event("evt_1", type: "customer.updated", object: #"{"id":"cus_1","object":"customer"}"#)
        // What is cut short is asked for again as it was before it is asked for in part.
        let tries = number == 1 ? 6 : 2
        try await compared(Array(repeating: Self.unreadable[number], count: tries) + [Self.list([missing], hasMore: true)]) {
            webhook, requests in
            let pass = try await webhook.value(Self.pass)
            #expect(pass == "1 1 0 t")
            let limits = requests.prefix(tries + 2).compactMap { $0.target.split(separator: "limit=").last.map(String.init) }
            #expect(Set(limits.dropLast()) == ["100", "25", "6"] && limits.last == "12")
        }
    }

    private static func made(_ id: String, at created: Int) -> [UInt8] {
        Array(
            (#"{"id":"\#(id)","object":"event","created":\#(created),"livemode":false,"type":"customer.updated","#
                + #""data":{"object":{"id":"cus_1","object":"customer"}}}"#).utf8)
    }

    @Test(
        "that cannot be read even alone are left behind; the rest is repaired, and the comparison is not called complete", .database,
        .broker)
    func gap() async throws {
        let time = Int(Date().timeIntervalSince1970) - 3600
        let (newer, older) = (Self.made("evt_2", at: time), Self.made("evt_1", at: time - 10))
        let odd = StripeStubAnswer.json("<html>busy</html>")
        let now = httpDate(Date())
        let answers = [Self.list([newer], hasMore: true, date: now)] + Array(repeating: odd, count: 6) + [Self.list([older], date: now)]
        try await compared(answers) { webhook, requests in
            let pass = try await webhook.value(Self.pass)
            #expect(pass == "2 2 0 f")
            try await #expect(webhook.value("SELECT window_to IS NULL FROM webhook.reconciliations ORDER BY id LIMIT 1") == "true")
            let targets = requests.map(\.target)
            // 100, 25, 6 and 1 after the newer one; then by time, a second and two more before it.
            #expect(targets[1...4].allSatisfy { $0.contains("starting_after=evt_2") })
            #expect(targets[5].contains("created%5Blte%5D=\(time - 1)") && !targets[5].contains("starting_after"))
            #expect(targets[6].contains("created%5Blte%5D=\(time - 3)") && targets[7].contains("created%5Blte%5D=\(time - 7)"))
        }
    }

    @Test("are not looked for in smaller pages when Stripe refuses", .database, .broker)
    func refused() async throws {
        let refusal = StripeStubAnswer.json(#"{"error":{"type":"invalid_request_error","message":"no"}}"#, status: 403)
        try await compared([refusal]) { webhook, requests in
            try await #expect(webhook.value(Self.pass) == "0 0 0 f")
            #expect(requests[0].target.contains("limit=100"))
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

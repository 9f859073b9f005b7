import Foundation
import Messages
import Models
import Postgres
import TestKit
import Testing

@testable import Webhook

@Suite("The door for events")
struct DoorTests {
    @Test("a known id with another body is kept as a conflict and alerted; the first stays", .database, .broker)
    func conflict() async throws {
        try await RunningWebhook.run { webhook in
            let first = event()
            let other = event(object: #"{"id":"thing_2"}"#)
            for body in [first, other, other] { try await #expect(webhook.deliver(body) == 200) }
            let rows = try await webhook.database.observer.query("SELECT raw_data FROM webhook.stripe_webhooks")
            #expect(try rows.map { try $0.get("raw_data", as: [UInt8].self) } == [first])
            let conflicts = try await webhook.database.observer.query("SELECT raw_data FROM webhook.event_conflicts")
            #expect(try conflicts.map { try $0.get("raw_data", as: [UInt8].self) } == [other])
            try await #expect(
                webhook.value("SELECT code || ' ' || subject || ' ' || times FROM webhook.alerts") == "webhook_conflicting_body evt_1 2")
        }
    }

    @Test("a delivery that differs only in how many are outstanding, in spaces or in the API version is no conflict", .database, .broker)
    func sameAgain() async throws {
        try await RunningWebhook.run { webhook in
            let text = String(decoding: event(), as: UTF8.self)
            for again in [
                text, text.replacing(#""pending_webhooks":1"#, with: #""pending_webhooks":3"#), text.replacing(",", with: ",\n  "),
                text.replacing("2026-05-27.dahlia", with: "2024-06-20").replacing("thing_1", with: "thing_9"),
            ] {
                try await #expect(webhook.deliver(Array(again.utf8)) == 200)
            }
            try await #expect(webhook.value("SELECT count(*) FROM webhook.stripe_webhooks") == "1")
            try await #expect(webhook.value("SELECT count(*) FROM webhook.event_conflicts") == "0")
        }
    }

    @Test("two bodies of one new id that arrive together: one is stored, the other a conflict", .database, .broker)
    func together() async throws {
        try await RunningWebhook.run { webhook in
            try await withThrowingTaskGroup(of: UInt.self) { group in
                for number in 0..<20 { group.addTask { try await webhook.deliver(event(object: #"{"id":"thing_\#(number % 2)"}"#)) } }
                for try await status in group { #expect(status == 200) }
            }
            try await #expect(webhook.value("SELECT count(*) FROM webhook.stripe_webhooks") == "1")
            try await #expect(webhook.value("SELECT count(*) FROM webhook.event_conflicts") == "1")
        }
    }

    @Test("two replicas that get everything twice store and publish each event once", .database, .broker)
    func replicas() async throws {
        try await RunningWebhook.run(replicas: 2) { webhook in
            try await withThrowingTaskGroup(of: UInt.self) { group in
                for number in 0..<200 {
                    for replica in [0, 1, 0, 1] {
                        group.addTask { try await webhook.deliver(event("evt_\(number)", type: "customer.updated"), replica: replica) }
                    }
                }
                for try await status in group { #expect(status == 200) }
            }
            try await eventually("all are published") {
                try await webhook.value("SELECT count(*) FROM webhook.stripe_webhooks WHERE published_at IS NOT NULL") == "200"
            }
            try await #expect(webhook.value("SELECT count(*) FROM webhook.stripe_webhooks") == "200")
            #expect(try await webhook.broker.takeMessages(from: Topology.checkoutStripeEvents.name).count == 200)
        }
    }

    @Test("an event of the other mode is stored, marked, alerted once and published to nobody", .database, .broker)
    func foreign() async throws {
        try await RunningWebhook.run { webhook in
            for id in ["evt_1", "evt_2"] { try await #expect(webhook.deliver(event(id, type: "invoice.paid", livemode: true)) == 200) }
            try await #expect(
                webhook.value(
                    "SELECT count(*) FROM webhook.stripe_webhooks WHERE is_foreign AND NOT processed AND processing_error IS NOT NULL")
                    == "2")
            try await #expect(
                webhook.value("SELECT code || ' ' || subject || ' ' || times FROM webhook.alerts") == "webhook_foreign_mode live 2")
            let replay = try await webhook.admin("POST", "admin/webhooks/evt_1/replay")
            #expect(replay.status == 409)
        }
    }

    @Test("an event that verifies and cannot be decoded is stored, marked and does not hold up the others", .database, .broker)
    func unreadable() async throws {
        try await RunningWebhook.run { webhook in
            // A number that is JSON and that no decoder takes.
            try await #expect(
                webhook.deliver(event("evt_odd", type: "invoice.paid", object: #"{"id":"in_1","object":"invoice","x":1e999999}"#)) == 200)
            try await #expect(webhook.deliver(event("evt_fine", type: "invoice.paid", object: #"{"id":"in_2","object":"invoice"}"#)) == 200)
            try await eventually("the fine one is published") {
                try await webhook.value("SELECT count(*) FROM webhook.stripe_webhooks WHERE published_at IS NOT NULL") == "2"
            }
        }
    }

    @Test("every type of the mission goes to whoever subscribes, and is processed once they all have reported", .database, .broker)
    func everyType() async throws {
        try await RunningWebhook.run { webhook in
            for (type, _) in Topology.stripeEventTypes {
                try await #expect(webhook.deliver(event("evt_\(type)", type: type)) == 200)
            }
            try await eventually("all are published") {
                try await webhook.value("SELECT count(*) FROM webhook.stripe_webhooks WHERE published_at IS NULL") == "0"
            }
            for queue in Topology.queues where queue.purpose == "stripe-events" {
                let expected = Topology.stripeEventTypes.filter { $0.queues.contains(queue) }.map { "evt_\($0.type)" }
                let messages = try await webhook.broker.takeWholeMessages(from: queue.name)
                let ids = try messages.map { message in
                    let json = try JSONSerialization.jsonObject(with: Data(message.body)) as? [String: Any]
                    return try #require(json?["id"] as? String)
                }
                #expect(ids.sorted() == expected.sorted(), "\(queue.name)")
            }
            for (type, queues) in Topology.stripeEventTypes {
                for queue in queues { try await webhook.report("evt_\(type)", queue.service, .handled) }
            }
            try await eventually("all are processed") {
                try await webhook.value("SELECT count(*) FROM webhook.stripe_webhooks WHERE NOT processed") == "0"
            }
        }
    }

    @Test("a failure is shown until the same subscriber succeeds", .database, .broker)
    func failure() async throws {
        try await RunningWebhook.run { webhook in
            try await #expect(webhook.deliver(event(type: "customer.subscription.updated")) == 200)
            try await webhook.report("evt_1", .checkout, .handled)
            try await webhook.report("evt_1", .enforcement, .failed, error: "no such thing")
            try await eventually("the failure is known") {
                try await webhook.value("SELECT processing_error FROM webhook.stripe_webhooks") == "enforcement: no such thing"
            }
            try await #expect(webhook.value("SELECT processed FROM webhook.stripe_webhooks") == "false")
            try await webhook.report("evt_1", .enforcement, .handled)
            try await eventually("it is processed") {
                try await webhook.value(
                    "SELECT processed AND processing_error IS NULL AND user_id = 'user_1' FROM webhook.stripe_webhooks") == "true"
            }
        }
    }
}

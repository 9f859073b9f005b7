import Foundation
import HTTPTestKit
import Messages
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

@Suite("What the broker loses after it was confirmed")
struct BrokerLossTests {
    enum Loss: CaseIterable {
        case everyQueue, everything

        func strike(_ broker: TestBroker) async throws {
            switch self {
            case .everyQueue:
                for queue in Topology.queues where !queue.isMarkers && queue.service != .vmController {
                    try await broker.deleteQueue(queue.name)
                }
            case .everything: try await broker.wipe()
            }
            try await broker.importTopology()
        }
    }

    @Test("comes back, and the story ends the same", .database, .broker, arguments: Loss.allCases)
    func story(loss: Loss) async throws {
        try await RunningSystem.run { system in
            try await Self.markersLie(system)
            try await Story(user: "user_story", system: system) { try await loss.strike(system.broker) }.play()
            for service in ServiceName.ours {
                try await eventually("\(service) has raised its alert and ended it") {
                    try await system.value(
                        """
                        SELECT string_agg(DISTINCT CASE WHEN cleared_at IS NULL THEN 'up' ELSE 'cleared' END, ',')
                        FROM \(unsafe: service.rawValue).alerts WHERE code = 'broker_lost_messages'
                        """) == "cleared"
                }
            }
        }
    }

    /// The other queue of a fan-out has it: the broker confirms, and returns nothing.
    @Test("comes back where one of two queues was missing", .database, .broker)
    func oneOfTwo() async throws {
        try await RunningSystem.run { system in
            try await system.subscribe("user_1")
            try await system.atRest()
            try await system.broker.deleteQueue(Topology.analyticsPayments.name)
            try await system.subscribe("user_2")
            try await system.atRest()
            try await eventually("refund has heard of it") {
                try await system.value("SELECT count(*) FROM refund.refundable_payments") == "2"
            }
            try await #expect(system.value("SELECT count(*) FROM analytics.payments") == "1")
            try await system.broker.importTopology()
            try await eventually("analytics has heard of it") { try await system.value("SELECT count(*) FROM analytics.payments") == "2" }
            try await #expect(
                system.value("SELECT count(*) FROM analytics.alerts WHERE code = 'broker_lost_messages' AND subject = 'analytics.payments'")
                    == "1")
        }
    }

    @Test("comes back to a service that was down when the disk was lost", .database, .broker)
    func whileDown() async throws {
        let broker = try #require(TestBroker.current)
        try await broker.importTopology()
        try await RunningSystem.withAccount { sandbox, stripeURL in
            try await RunningSystem.run(on: sandbox, at: stripeURL) { system in
                try await system.subscribe("user_1")
                try await system.atRest()
                try await Self.markersLie(system)
            }
            try await RunningSystem.run(on: sandbox, at: stripeURL, without: [.analytics]) { system in
                try await system.subscribe("user_2")
                try await system.atRest()
            }
            try await broker.wipe()
            try await broker.importTopology()
            try await RunningSystem.run(on: sandbox, at: stripeURL) { system in
                try await eventually("analytics has heard of it") {
                    try await system.value("SELECT count(*) FROM analytics.payments WHERE status = 'succeeded'") == "2"
                }
            }
        }
    }

    @Test("is said again when an admin asks for it, and done once", .database, .broker)
    func byHand() async throws {
        try await RunningSystem.run { system in
            try await system.subscribe("user_1")
            try await system.atRest()
            try await eventually("analytics has heard of it") { try await system.value("SELECT count(*) FROM analytics.payments") == "1" }
            let analytics = try #require(system.urls[.analytics])
            let url = "\(analytics)/api/payment/admin/system/analytics/redelivery"
            let heard: Query = "SELECT count(*) FROM analytics.inbox_done WHERE queue = 'analytics.payments'"
            let before = try #require(try await system.value(heard))
            // As if it had never heard them.
            try await system.database.superuser.query("DELETE FROM analytics.inbox_done WHERE queue = 'analytics.payments'")
            let answer = try await system.post(url, ["since": "2026-01-01T00:00:00Z"], asAdmin: "admin_1")
            #expect(answer.status == 200)
            #expect(try (answer.json()["queues"] as? [String])?.contains("analytics.payments") == true)
            try await eventually("it is published again") {
                try await system.value("SELECT count(*) FROM checkout.inbox_done WHERE queue = 'checkout.redeliveries'") != "0"
            }
            try await eventually("analytics hears of it once more") { try await system.value(heard) == before }
            try await system.atRest()
            try await #expect(system.value("SELECT sum(amount) FROM analytics.payments") == "1900")
            for (body, field) in [(["since": "tomorrow"], "since"), (["since": "2999-01-01T00:00:00Z"], "since"), ([:], "since")] {
                let refused = try await system.post(url, body, asAdmin: "admin_1")
                let error = try refused.json()["error"] as? [String: Any]
                #expect(refused.status == 400 && error?["field"] as? String == field, "\(body)")
            }
            try await #expect(system.send("POST", url, "user_1", ["since": "2026-01-01T00:00:00Z"]).status == 403)
        }
    }

    /// The broker has confirmed the marker of each service.
    private static func markersLie(_ system: RunningSystem) async throws {
        try await eventually("every marker lies at the broker") {
            for service in ServiceName.ours {
                let waiting = try await system.value(
                    """
                    SELECT count(*) FROM \(unsafe: service.rawValue).broker_marker
                    JOIN \(unsafe: service.rawValue).outbox USING (message_id) WHERE published_at IS NOT NULL
                    """)
                if waiting != "1" { return false }
            }
            return true
        }
    }
}

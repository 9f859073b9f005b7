import Foundation
import HTTPTestKit
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

@Suite("GET /admin/system")
struct SystemRouteTests {
    @Test("tells of every service what waits, what failed, what is done when, and what to do about alerts", .database, .broker)
    func state() async throws {
        try await RunningSystem.run(["SWEEP_INTERVAL_SECONDS": "3600"]) { system in
            try await system.subscribe("user_1")
            try await system.atRest()
            // Nobody can handle it, and a message is committed whose exchange is not there.
            try await system.broker.publish(
                Array(#"{"specversion": "1.0", "id": "", "type": "refund.changed.v1", "data": 7}"#.utf8), to: "payments.events",
                routingKey: RefundChanged.key)
            try await system.database.superuser.query(
                "INSERT INTO refund.outbox_messages (message_id, exchange, routing_key, body) VALUES ('stuck', 'nowhere', 'x', '')")
            try await eventually("it is parked") {
                try await system.value("SELECT count(*) FROM analytics.inbox WHERE status = 'parked'") == "1"
            }
            // Queues are looked at every ten seconds.
            try await eventually("each queue has its consumer") { try await Self.hasConsumers(Self.answer(system)) }
            let answer = try await Self.answer(system)
            #expect(answer["incomplete"] as? [String] == [])
            let services = try #require(answer["services"] as? [[String: Any]])
            #expect(services.compactMap { $0["service"] as? String } == ["checkout", "webhook", "refund", "analytics", "enforcement"])
            let refund = services[2]
            let outbox = try #require((refund["outboxes"] as? [[String: Any]])?.first)
            #expect(outbox["table"] as? String == "outbox" && outbox["count"] as? Int == 1 && outbox["since"] is String)
            let failed = try #require(services[3]["messages"] as? [String: Any])
            let parked = try #require((failed["newest"] as? [[String: Any]])?.first)
            #expect(failed["parked"] as? Int == 1 && parked["queue"] as? String == "analytics.refunds" && parked["last_error"] is String)
            let work = try #require(services[3]["periodic_work"] as? [[String: Any]]).compactMap { $0["name"] as? String }
            #expect(work.contains("count_anew") && work.contains("purge"))
            let alert = try #require(
                (answer["alerts"] as? [[String: Any]])?.first {
                    $0["code"] as? String == "message_parked" && $0["service"] as? String == "analytics"
                })
            #expect(alert["times"] as? Int == 1 && alert["since"] is String)
            #expect((alert["what_to_do"] as? String)?.isEmpty == false)
        }
    }

    @Test("names a service that is down, and has the others", .database, .broker)
    func down() async throws {
        // Nobody listens where refund is said to be.
        try await RunningSystem.run(["REFUND_URL": "http://127.0.0.1:9"]) { system in
            let answer = try await Self.answer(system)
            #expect(answer["incomplete"] as? [String] == ["refund"])
            #expect((answer["services"] as? [Any])?.count == 4)
        }
    }

    private static func answer(_ system: RunningSystem) async throws -> [String: Any] {
        let analytics = try #require(system.urls[.analytics])
        let answer = try await system.get("\(analytics)/api/payment/admin/system", as: "admin_1", isAdmin: true)
        #expect(answer.status == 200)
        return try answer.json()
    }

    /// Whether each service shows the queues that it reads, each with a consumer.
    private static func hasConsumers(_ answer: [String: Any]) throws -> Bool {
        let services = try #require(answer["services"] as? [[String: Any]])
        return services.count == 5
            && services.allSatisfy { service in
                let own = (service["queues"] as? [[String: Any]] ?? []).filter {
                    ($0["name"] as? String)?.hasPrefix("\(service["service"] as? String ?? "").") == true
                        && ($0["name"] as? String)?.hasSuffix(".marker") == false
                }
                return !own.isEmpty && own.allSatisfy { $0["exists"] as? Bool == true && ($0["consumers"] as? Int ?? 0) >= 1 }
            }
    }
}

import Foundation
import HTTPTestKit
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

@Suite("Whatever changes something")
struct AuditCoverageTests {
    /// What needs no entry, and why.
    private static let silent: [String: String] = [
        "analytics.audit": "keeps seals of trails; an entry for each would ask for another seal, for ever",
        "unlisted_prices": "raises alerts and changes nothing else",
        "broker_marker": "looks whether the broker has lost anything, and asks for it again",
        "check_audit": "proves the trail and changes nothing else",
        "GET /api/payment/subscription-status": "reads", "GET /api/payment/payment-history": "reads", "GET /checkout/cancel": "reads",
        "GET /api/payment/admin/webhooks": "reads", "GET /api/payment/admin/webhooks/{event}": "reads",
        "GET /api/payment/admin/evidence/event/{event}": "reads", "GET /api/payment/parts/reconciliation": "reads",
        "GET /api/payment/admin/refund-requests": "reads", "GET /api/payment/admin/disputes": "reads",
        "GET /api/payment/admin/disputes/{dispute}": "reads", "GET /api/payment/admin/evidence/refund/{refund}": "reads",
        "watch_disputes": "raises alerts and changes nothing else", "watch_orphan_money": "raises alerts and changes nothing else",
        "GET /api/payment/admin/audit": "is told by the parts that it reads", "GET /api/payment/admin/audit/verify": "the same",
        "GET /api/payment/admin/reconciliation": "reads", "GET /api/payment/timeline": "reads one's own",
        "GET /api/payment/parts/timeline": "the same", "GET /api/payment/admin/analytics": "reads",
        "GET /api/payment/parts/system": "reads", "GET /api/payment/admin/system": "reads",
    ]
    /// Workers that are not done every so often: what they leave in the trail, or nil for those that carry, watch or seal.
    private static let workers: [String: String?] = [
        "RabbitPublisher": nil, "Relay": nil, "Consumer": nil, "AuditSealer": nil, "QueueWatch": nil, "ClockWorker": nil,
        "UseTimeZone": nil, "LookWorker": "looks", "Batcher<ReceivedEvent, ()>": "POST /api/payment/webhook",
        "Batcher<Identifier<User>, Array<UInt8>>": nil, "Batcher<Asked, Array<UInt8>>": nil,
    ]

    @Test("has an entry in the trail, written with it", .database, .broker)
    func everything() async throws {
        let database = try #require(TestDatabase.current)
        let probe = try await AuditProbe.watch(database)
        try await makeOld(database)
        try await RunningSystem.run(["SWEEP_INTERVAL_SECONDS": "1", "POLICY_FULL_REFUND": "end"]) { system in
            try await live(system)
            let expected = try Self.origins()
            // What is done every so often may still be under way; what stays out is named below.
            try? await eventually("every route, queue and work is in the trail") {
                try await expected.subtracting(origins(in: database)).isEmpty
            }
            let missing = try await expected.subtracting(origins(in: database)).sorted()
            #expect(missing == [], "without an entry")
            let silent = try await probe.silentChanges()
            #expect(silent == [], "changes without an entry")
            try await #expect(probe.count() > 100)
            let nameless = try await origins(in: database).filter { $0.contains("unnamed") }
            #expect(nameless.isEmpty)
        }
    }

    /// Each as `service origin`.
    private static func origins() throws -> Set<String> {
        var origins: Set<String> = []
        for composition in try Composition.all() {
            // What is asked for again changes nothing; what lies in the other queue is never taken.
            let technical = [Topology.redeliveries(of: composition.service), Topology.marker(of: composition.service)]
            let queues = Topology.queues.filter { $0.service == composition.service && !technical.contains($0) }.map(\.name)
            let known = try composition.workers.compactMap { try #require(workers[$0], "\($0) is not thought of") }
            let all = composition.routes + composition.periodic + queues + known
            origins.formUnion(all.filter { silent[$0] == nil }.map { "\(composition.service.rawValue) \($0)" })
        }
        return origins
    }

    private func origins(in database: TestDatabase) async throws -> Set<String> {
        var origins: Set<String> = []
        for (role, _, _) in RoleTests.schemas {
            let rows = try await database.superuser.query("SELECT DISTINCT origin FROM \(unsafe: role).audit_log")
            origins.formUnion(try rows.map { "\(role) \(try $0.get("origin", as: String.self))" })
        }
        return origins
    }

    /// What the first upkeep of each service will find to be old enough to go.
    private func makeOld(_ database: TestDatabase) async throws {
        for (role, _, _) in RoleTests.schemas {
            try await database.superuser.query(
                """
                INSERT INTO \(unsafe: role).inbox (message_id, queue, status, done_at) VALUES ('old', 'x', 'done', now() - interval '36 days')
                """)
        }
        let old: [Query] = [
            "INSERT INTO checkout.strangers (stripe_customer_id, is_foreign, asked_at) VALUES ('cus_x', true, now() - interval '2 days')",
            """
            INSERT INTO enforcement.hints (stripe_event_id, event_type, stripe_customer_id, received_at)
            VALUES ('evt_x', 'invoice.paid', 'cus_x', now() - interval '40 days')
            """,
            """
            INSERT INTO webhook.stripe_webhooks (stripe_event_id, event_type, livemode, stripe_created_at, raw_data, signature_header,
                                                 secret_fingerprint, processed, processed_at, received_at, published_at)
            VALUES ('evt_old', 'invoice.paid', false, now(), '{}', 't', 's', true, now(), now() - interval '400 days', now())
            """,
        ]
        let strangers: [Query] = [
            """
            INSERT INTO refund.refunds (stripe_refund_id, amount, currency, status, source_time, read_ticket, updated_at)
            VALUES ('re_old', 1, 'usd', 'succeeded', now(), 0, now() - interval '40 days')
            """
        ]
        for statement in old + strangers { try await database.superuser.query(statement) }
        // Whoever arranged it left no entry.
        try await database.superuser.query("TRUNCATE probe.changes")
    }

    /// The story, the portal, a return to our own page, a report of the controller's, a refund that ends a subscription, a replay, a read of the trail.
    private func live(_ system: RunningSystem) async throws {
        try await Story(user: "user_story", system: system).play()
        try await report(system)
        #expect(try await system.checkout("POST", "create-portal-session", as: "user_story", body: [:]).status == 200)
        // Before any event tells.
        await system.sandbox.pauseWebhooks(true)
        try await system.subscribe("user_2")
        let session = try #require(
            try await system.value("SELECT max(stripe_checkout_session_id) FROM checkout.checkout_sessions WHERE user_id = 'user_2'"))
        #expect(try await system.get("\(system.checkout)/checkout/success?session_id=\(session)", as: nil).status == 200)
        await system.sandbox.pauseWebhooks(false)
        try await system.atRest()
        let charge = try #require(try await system.value("SELECT max(stripe_charge_id) FROM checkout.payments WHERE user_id = 'user_2'"))
        try await system.call("POST", "/v1/refunds", "charge=\(charge)")
        try await eventually("the subscription is ended") {
            try await system.value("SELECT count(*) FROM checkout.subscription_ends WHERE ended_at IS NOT NULL") == "1"
        }
        let event = try #require(
            try await system.value(
                "SELECT max(stripe_event_id) FROM webhook.stripe_webhooks WHERE event_type = 'invoice.paid' AND raw_data IS NOT NULL"))
        for (path, body) in [("\(event)/replay", ["reason": "to see"]), ("replay", ["type": "customer.created"])] {
            #expect(try await system.post("\(system.webhook)/api/payment/admin/webhooks/\(path)", body, asAdmin: "admin_1").status == 200)
        }
        try await takeBack(system)
        try await change(system)
        let analytics = try #require(system.urls[.analytics])
        for path in ["", "/verify"] {
            let answer = try await system.get("\(analytics)/api/payment/admin/audit\(path)", as: "admin_1", isAdmin: true)
            #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        }
        let file = try await system.send("GET", "\(analytics)/api/payment/admin/payments", "admin_1", isAdmin: true, accept: "text/csv")
        #expect(file.status == 200 && String(decoding: file.body, as: UTF8.self).split(separator: "\r\n").count > 5)
        #expect(try await system.post("\(analytics)/api/payment/admin/analytics/rebuild", [:], asAdmin: "admin_1").status == 200)
        try await system.atRest()
        try await askAgain(system)
    }

    /// What an admin may do about how each service stands.
    private func askAgain(_ system: RunningSystem) async throws {
        for (service, url) in system.urls.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where service != .vmController {
            let acts = "\(url)/api/payment/admin/system/\(service.rawValue)"
            #expect(try await system.post("\(acts)/redelivery", ["since": "2020-01-01T00:00:00Z"], asAdmin: "admin_1").status == 200)
            try await system.database.superuser.query(
                """
                INSERT INTO \(unsafe: service.rawValue).inbox (message_id, queue, status, body) VALUES ('given up', 'nobody''s', 'parked', '{}')
                """)
            #expect(try await system.post("\(acts)/parked/given%20up/retry", [:], asAdmin: "admin_1").status == 200)
        }
        try await eventually("what was asked for is published") {
            try await system.value("SELECT count(*) FROM webhook.webhooks_pending") == "0"
        }
    }

    /// Every order of a customer, one of them while Stripe fails often enough for the janitor.
    private func change(_ system: RunningSystem) async throws {
        try await system.subscribed("user_6")
        for (call, body) in [
            ("cancel-subscription", "{}"), ("reactivate-subscription", "{}"), ("change-plan", #"{"plan_id": "premium", "preview": true}"#),
            ("change-plan", #"{"plan_id": "premium"}"#),
        ] {
            let answer = try await system.account(call, body, as: "user_6")
            #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        }
        try await system.disturb(#"[{"method": "POST", "path": "/v1/subscriptions", "times": 6, "status": 500, "when": "before"}]"#)
        try await #expect(system.account("cancel-subscription", as: "user_6").refusal() == "503 outcome_unknown")
        let tabs = try await system.twoTabs(of: "user_7")
        for session in [tabs.first, tabs.second] {
            _ = await system.sandbox.pay(session: session, with: try TestCard.find("4242424242424242"))
        }
        // Before so much time passes that it is no rule's any more.
        try await worksOff("what was paid for twice") {
            try await system.value("SELECT 'not told' WHERE NOT EXISTS (SELECT FROM refund.duplicated_subscriptions)")
        }
        // Unpaid, and paid when a later draft is there already.
        try await system.subscribe("user_8", card: "4000000000000341")
        try await system.advance(until: .unpaid, of: "user_8")
        _ = await system.sandbox.advance(by: 40 * 86_400)
        let unpaid = try await system.subscription(of: "user_8").id
        let open = await system.sandbox.account.invoices.all.first { $0.subscription == unpaid && $0.status == .open }
        _ = await system.sandbox.pay(invoice: try #require(open).id, with: try TestCard.find("4242424242424242"))
        try await worksOff("what was ordered") {
            try await system.value("SELECT string_agg(kind, ',') FROM checkout.subscription_changes WHERE status = 'asking'")
        }
    }

    /// A refund and an answer to a bank, while Stripe fails often enough for the janitors; and a dispute that is given up.
    private func takeBack(_ system: RunningSystem) async throws {
        let payment = try await system.paid(by: "user_3")
        let request = try await system.askForRefund(of: payment, as: "user_3", amount: 500)
        try await system.disturb(#"[{"method": "POST", "path": "/v1/refunds", "times": 3, "status": 500, "when": "before"}]"#)
        let decision = #"{"refund_request_id": "\#(request)", "decision": "approve", "admin_reason": "to see"}"#
        #expect(try await system.process(decision).status == 202)
        for (user, path, body) in [
            ("user_4", "evidence", #"{"evidence": {"uncategorized_text": "It ran."}}"#), ("user_5", "accept", #"{"admin_reason": "lost"}"#),
        ] {
            let dispute = try await system.disputed(by: user)
            if path == "evidence" {
                try await system.disturb(#"[{"method": "POST", "path": "/v1/disputes", "times": 3, "status": 500, "when": "before"}]"#)
            }
            let url = "\(system.refund)/api/payment/admin/disputes/\(dispute)/\(path)"
            let answer = try await system.call("POST", url, as: "admin_1", isAdmin: true, json: body)
            #expect(answer.status == (path == "evidence" ? 202 : 200))
        }
        try await system.atRest()
    }

    /// Answers for the VM controller.
    private func report(_ system: RunningSystem) async throws {
        let row = try #require(
            try await system.database.observer.query(
                "SELECT command_id, generation, user_id FROM enforcement.vm_commands ORDER BY issued_at DESC LIMIT 1"
            ).first)
        let report = VMReported(
            commandID: try row.get("command_id"), generation: try row.get("generation"), userID: try row.get("user_id"), outcome: .done)
        let event = CloudEvent(report, id: "report-1", source: .vmController, time: Date(), trace: nil)
        try await system.broker.publish(try WireJSON.encode(event), to: Exchange.vmReports.rawValue, routingKey: VMReported.key)
    }
}

extension RunningSystem {
    /// A GET as somebody, or as nobody.
    func get(_ url: String, as user: String?, isAdmin: Bool = false) async throws -> Answer {
        try await send("GET", url, user, isAdmin: isAdmin)
    }

    /// A POST as an admin.
    func post(_ url: String, _ body: [String: String], asAdmin admin: String) async throws -> Answer {
        try await send("POST", url, admin, isAdmin: true, body)
    }
}

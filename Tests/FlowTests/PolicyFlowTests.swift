import Foundation
import Messages
import Postgres
import TestKit
import Testing

/// Every row of the table "Access policy" of the design, from Stripe's event to the command in the controller's queue.
@Suite("The access policy, from event to command")
struct PolicyFlowTests {
    private static let day = PolicyLife.Draft.day

    private typealias Draft = PolicyLife.Draft
    /// Makes the life of one row: its name, the reason of the stop that it leads to, and what it changes.
    private typealias Maker = (_ row: String, _ stop: String?, _ edit: (inout Draft) -> Void) throws -> PolicyLife

    private static func rows(_ version: String, now: Int) throws -> [PolicyLife] {
        let make: Maker = { row, stop, edit in
            try PolicyLife.make(row, version, now: now, commands: stop.map { ["vm.shutdown.v1 \($0)"] } ?? [], edit)
        }
        return try standing(make, now: now) + owing(make, now: now) + waiting(make, now: now) + ended(make, now: now)
    }

    /// Those whose status alone decides, or what somebody ordered.
    private static func standing(_ make: Maker, now: Int) throws -> [PolicyLife] {
        try [
            make("trialing", nil) { $0.subscription("trialing", ["trial_end": now + 2 * day]) },
            make("active, to end", nil) { $0.subscription("active", ["cancel_at_period_end": true, "cancel_at": now + 2 * day]) },
            make("paused, voiding", "paused") { $0.subscription("active", ["pause_collection": ["behavior": "void"]]) },
            make("paused, drafting", nil) { $0.subscription("active", ["pause_collection": ["behavior": "keep_as_draft"]]) },
            make("paused, writing off", nil) { $0.subscription("active", ["pause_collection": ["behavior": "mark_uncollectible"]]) },
        ]
    }

    /// Those of which the invoices decide that are charged by themselves.
    private static func owing(_ make: Maker, now: Int) throws -> [PolicyLife] {
        try [
            make("past due, nothing owed", nil) { life in
                life.invoice("1", "void", attempts: 4)
                life.invoice("2", "draft", next: now + 3600)
                life.invoice("3", "open", attempts: 4, ["billing_reason": "manual"])
                life.subscription("past_due")
            },
            make("past due, tried again", nil) { life in
                life.invoice("1", "open", attempts: 3, next: now + 2 * day, failed: now - 9 * day)
                life.subscription("past_due")
            },
            make("past due, in grace", nil) { life in
                life.invoice("1", "open", attempts: 1, failed: now - 2 * day)
                life.subscription("past_due")
            },
            make("past due, grace over", "payment_failed") { life in
                life.invoice("1", "open", attempts: 2, failed: now - 3 * day - 60)
                life.invoice("1", "open", attempts: 2, failed: now)
                life.subscription("past_due")
            },
            make("past due, exhausted", "payment_failed") { life in
                life.invoice("1", "open", attempts: 4, failed: now)
                life.subscription("past_due")
            },
            make("past due, exhausted, next draft", "payment_failed") { life in
                life.invoice("1", "open", attempts: 4, failed: now)
                life.invoice("2", "draft", next: now + 3600)
                life.subscription("past_due")
            },
            make("past due, written off", "payment_failed") { life in
                life.invoice("1", "uncollectible", attempts: 4)
                life.subscription("past_due")
            },
        ]
    }

    /// Those whose money is waited for.
    private static func waiting(_ make: Maker, now: Int) throws -> [PolicyLife] {
        try [
            make("past due, money in flight", nil) { life in
                life.invoice("1", "open", attempts: 4, inFlight: now - 20 * day)
                life.subscription("past_due")
            },
            make("past due, money lost in flight", "payment_failed") { life in
                life.invoice("1", "open", attempts: 4, inFlight: now - 22 * day)
                life.subscription("past_due")
            },
            make("mailed, due", nil) { life in
                life.invoice("1", "open", ["collection_method": "send_invoice", "due_date": now - 2 * day])
                life.subscription("past_due")
            },
            make("mailed, overdue", "payment_failed") { life in
                life.invoice("1", "open", ["collection_method": "send_invoice", "due_date": now - 4 * day])
                life.subscription("past_due")
            },
            make("paused by Stripe at the first failure", nil) { life in
                life.invoice("1", "open", attempts: 1, failed: now)
                life.subscription("paused", type: "paused")
            },
            make("paused by Stripe at the last failure", "payment_failed") { life in
                life.invoice("1", "open", attempts: 4, failed: now)
                life.subscription("paused", type: "paused")
            },
            make("paused, owing nothing", "paused") { $0.subscription("paused", type: "paused") },
        ]
    }

    /// Those that have ended, and several together.
    private static func ended(_ make: Maker, now: Int) throws -> [PolicyLife] {
        try [
            make("unpaid", "unpaid") { $0.subscription("unpaid") },
            make("canceled", "canceled") { $0.subscription("canceled", ["ended_at": now], type: "deleted") },
            make("canceled, unpaid", "payment_failed") {
                $0.subscription("canceled", ["ended_at": now, "cancellation_details": ["reason": "payment_failed"]], type: "deleted")
            },
            make("canceled, disputed", "disputed") {
                $0.subscription("canceled", ["ended_at": now, "cancellation_details": ["reason": "payment_disputed"]], type: "deleted")
            },
            make("expired", "incomplete_expired") { $0.subscription("incomplete_expired", ["ended_at": now]) },
            make("incomplete", nil) { $0.subscription("incomplete", type: "created") }.unpaid,
            make("a status of tomorrow", nil) { $0.subscription("some_future_status") },
            make("several, one runs", nil) { life in
                life.another("active")
                life.subscription("canceled", ["ended_at": now], type: "deleted")
            },
            make("customer deleted", "canceled") { life in
                life.subscription("canceled", ["ended_at": now], type: "deleted")
                life.deleteCustomer()
            },
        ]
    }

    @Test("holds in every row", .database, .broker, arguments: ["2026-05-27.dahlia", "2024-06-20"])
    func rows(version: String) async throws {
        let lives = try Self.rows(version, now: Int(Date().timeIntervalSince1970))
        try await ReplayScene.run { scene in
            for life in lives { scene.stripe.load(life.signUp) }
            try await scene.postAll(lives.map(\.signUp))
            try await eventually("everybody runs") {
                try await scene.value("SELECT count(*) FROM enforcement.access WHERE wanted = 'on'")
                    == "\(lives.count { $0.isPaid })"
            }
            try await scene.atRest(knowing: lives.reduce(0) { $0 + $1.signUp.count })
            _ = try await scene.commands()
            for life in lives { scene.stripe.load(life.change + life.truth) }
            try await scene.postAll(lives.map(\.change))
            let undecided = "a status of tomorrow"
            try await eventually("everybody but one is decided about") {
                try await scene.value(
                    "SELECT string_agg(user_id, ',') FROM enforcement.access WHERE asked_at IS NOT NULL OR stop_due_at IS NOT NULL")
                    == lives.first { $0.row == undecided }?.user
            }
            var commands: [String: [String]] = [:]
            try await eventually("every command is there") {
                for (user, command) in try await scene.commands() { commands[user, default: []].append(command) }
                return commands.count == lives.filter { !$0.commands.isEmpty }.count
            }
            for life in lives { #expect(commands[life.user] ?? [] == life.commands, "\(life.row)") }
        }
    }
}

extension ReplayScene {
    /// Posts several lives' events, those of each in order.
    fileprivate func postAll(_ lives: [[RecordedEvent]]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for events in lives { group.addTask { try await post(events) } }
            try await group.waitForAll()
        }
    }

    /// What has arrived for the VM controller, as user, kind and reason.
    fileprivate func commands() async throws -> [(user: String, command: String)] {
        try await #require(TestBroker.current).takeMessages(from: Topology.vmControllerCommands.name).compactMap { body in
            let event = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
            guard let data = event?["data"] as? [String: Any], let user = data["user_id"] as? String else { return nil }
            return (user, "\(event?["type"] ?? "?") \(data["reason"] ?? "?")")
        }
    }
}

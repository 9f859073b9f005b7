import Foundation
import Postgres
import TestKit
import Testing

/// Sequences of Stripe's events, in the shapes before and since 2025-03-31, are kept beside the project where it is developed: built from
/// Stripe's official example objects in Stripe's order, each with the state that it ends in.
enum RecordedSequences {
    /// Where they are; nil where they are not.
    static let folder: URL? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        let folder = root.appending(path: "../shared/stripe/sequences").standardized
        return FileManager.default.fileExists(atPath: folder.appending(path: "index.json").path) ? folder : nil
    }()

    /// How many shuffles there are to be.
    static var seeds: Int { Int(ProcessInfo.processInfo.environment["SEQUENCE_SEEDS"] ?? "") ?? 5 }

    static func all(in folder: URL) throws -> [EventSequence] {
        let index = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appending(path: "index.json")))
        return try (index as? [[String: Any]] ?? []).map { entry in
            let name = try #require(entry["file"] as? String)
            let lines = try String(contentsOf: folder.appending(path: name), encoding: .utf8).split(separator: "\n")
            let price = (entry["ids"] as? [String: Any])?["price"] as? String
            return EventSequence(
                name: name, events: lines.map { Data($0.utf8) }, user: entry["client_reference_id"] as? String ?? "",
                price: name.hasPrefix("90_noise") ? nil : price, end: end(entry["expect"] as? [String: Any] ?? [:]))
        }
    }

    private static func end(_ expected: [String: Any]) -> SequenceEnd {
        let number = { (name: String) in expected[name] as? Int }
        let text = { (name: String) in expected[name] as? String }
        return SequenceEnd(
            subscription: text("subscription"), status: text("subscription_status"), periodEnd: number("current_period_end"),
            isEndScheduled: expected["cancel_scheduled"] as? Bool, endedAt: text("subscription") == nil ? nil : number("ended_at") ?? 0,
            reason: text("cancellation_reason"), paid: number("paid"), refunded: number("refunded"), refunds: expected["refunds"] as? [Int],
            refundStatus: text("refund_status"), dispute: text("dispute"), access: expected["access"] as? Bool,
            openInvoice: text("open_invoice"), attemptCount: number("attempt_count"), session: text("session"),
            // Stripe shows a payment that did not come as unpaid for ever; we say what became of it.
            paymentStatus: text("payment_status") == "unpaid" ? "failed" : text("payment_status"), isNoise: number("state_changes") == 0)
    }
}

@Suite("The lives of many customers, side by side, in order, reversed, and shuffled with duplicates and losses")
struct SequenceTests {
    private static var now: Int { Int(Date().timeIntervalSince1970) }

    @Test(
        "that Stripe's sequences tell end in Stripe's state", .database, .broker,
        .enabled(if: RecordedSequences.folder != nil, "the recorded sequences are not beside this checkout"))
    func recorded() async throws {
        let sequences = try RecordedSequences.all(in: try #require(RecordedSequences.folder)).map { try $0.prototype(now: Self.now) }
        let orders = ReplayOrder.all(seeds: RecordedSequences.seeds)
        try await ReplayScene.run { scene in
            // A few orders at a time, so that no more lives are open at once than a business has in a minute.
            for first in stride(from: 0, to: orders.count, by: 10) {
                let batch = Array(orders[first..<min(first + 10, orders.count)])
                let differences = try await scene.replay(sequences, batch, mark: "b\(first)")
                #expect(differences == [], "of \(sequences.count * batch.count) lives")
            }
        }
    }

    @Test("that the sandbox has lived end in its state", .database, .broker, arguments: ["2026-05-27.dahlia", "2024-06-20"])
    func lived(version: String) async throws {
        let sequences = try SandboxLife.all(version: version).map { try $0.prototype(now: Self.now) }
        try await ReplayScene.run { scene in
            let differences = try await scene.replay(sequences, ReplayOrder.all(seeds: 2))
            #expect(differences == [])
        }
    }

    @Test(
        "that others have reported end as Stripe documents", .database, .broker, arguments: ["2026-05-27.dahlia", "2024-06-20"])
    func reported(version: String) async throws {
        let sequences = try ReportedLife.all(version: version).map { try $0.prototype(now: Self.now) }
        try await ReplayScene.run { scene in
            let differences = try await scene.replay(sequences, ReplayOrder.all(seeds: 8))
            #expect(differences == [])
        }
    }

    @Test(
        "that say otherwise whose they are end with whom they belong to", .database, .broker,
        arguments: ["2026-05-27.dahlia", "2024-06-20"])
    func whose(version: String) async throws {
        let sequences = try WhoseLife.all(version: version).map { try $0.prototype(now: Self.now) }
        try await ReplayScene.run { scene in
            let differences = try await scene.replay(sequences, ReplayOrder.all(seeds: 8))
            #expect(differences == [])
        }
    }

    /// Since 2025-03-31 Checkout makes subscription and invoice after the payment (Stripe's changelog, "Checkout Sessions have lower latency and
    /// new update semantics"), and endpoints of that version and the next are never told of the join.
    @Test("of which the payment is told before anything else exists are one payment each", .database, .broker, arguments: [true, false])
    func paymentFirst(tellsJoin: Bool) async throws {
        let life = try SandboxLife.signUp(version: "2026-05-27.dahlia").prototype(now: Self.now).copy("x1")
        let early = ["customer.created", "payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
        let first = life.events.filter { early.contains($0.type) }
        let rest = life.events.filter { !early.contains($0.type) }
        let told = rest.filter { tellsJoin || $0.type != "invoice_payment.paid" }
        #expect(first.count == early.count && rest.contains { $0.type == "invoice_payment.paid" })
        try await ReplayScene.run { scene in
            scene.stripe.load(first)
            try await scene.post(first)
            try await scene.atRest(knowing: first.count)
            try await #expect(scene.value("SELECT status || ' ' || payment_method FROM checkout.payments") == "succeeded card")
            scene.stripe.load(rest)
            try await scene.post(told)
            try await scene.atRest(knowing: first.count + told.count)
            let row = try await scene.value(
                """
                SELECT string_agg(concat_ws(' ', amount, status, plan_id, stripe_invoice_id IS NOT NULL, stripe_payment_intent_id IS NOT NULL,
                                            stripe_checkout_session_id IS NOT NULL, stripe_subscription_id IS NOT NULL), ',')
                FROM checkout.payments
                """)
            #expect(row == "1900 succeeded basic t t t t")
            try await #expect(life.difference(scene.database.observer) == nil)
        }
    }
}

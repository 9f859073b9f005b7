import Foundation
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
    @Test(
        "that Stripe's sequences tell end in Stripe's state", .database, .broker,
        .enabled(if: RecordedSequences.folder != nil, "the recorded sequences are not beside this checkout"))
    func recorded() async throws {
        let sequences = try RecordedSequences.all(in: try #require(RecordedSequences.folder))
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
        let sequences = try SandboxLife.all(version: version)
        try await ReplayScene.run { scene in
            let differences = try await scene.replay(sequences, ReplayOrder.all(seeds: 2))
            #expect(differences == [])
        }
    }
}

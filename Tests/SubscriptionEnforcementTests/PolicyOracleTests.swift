import Foundation
import Models
import Testing

@testable import SubscriptionEnforcement

/// The table "Access policy" of the design once more, row by row, written without the policy: each row has what it applies to and what it says.
private enum Oracle {
    /// One state of the world: all that the table asks about.
    struct World: Sendable {
        var status: String
        var pause: String?
        var reason: String?
        var invoices: [Bill]
    }

    /// One invoice of the subscription.
    struct Bill: Sendable {
        var status: String
        var mailed = false
        var manual = false
        var attempts = 0
        /// Days from now; nil for no next attempt.
        var next: Double?
        /// Days from now, in the past: when it first failed.
        var failed: Double?
        /// Days from now: since when an intent of it is processing.
        var flying: Double?
        /// Days from now.
        var due: Double?
    }

    enum Answer: String { case on, off, neither }

    static let graceDays = 3.0
    static let flightDays = 21.0
    static let attempts = 4

    private struct Row: Sendable {
        var applies: @Sendable (World) -> Bool
        var says: @Sendable (World) -> Answer
    }

    private static let table: [Row] = [
        Row(applies: { ["trialing", "active", "past_due"].contains($0.status) && $0.pause == "void" }, says: { _ in .off }),
        Row(applies: { ["trialing", "active"].contains($0.status) }, says: { _ in .on }),
        Row(applies: { $0.status == "past_due" }, says: { counting($0).allSatisfy(leavesTime) ? .on : .off }),
        Row(applies: { $0.status == "paused" }, says: { !counting($0).isEmpty && counting($0).allSatisfy(leavesTime) ? .on : .off }),
        Row(applies: { ["unpaid", "canceled", "incomplete_expired"].contains($0.status) }, says: { _ in .off }),
        Row(applies: { $0.status == "incomplete" }, says: { _ in .neither }),
    ]

    static func answer(_ world: World) -> Answer? { table.first { $0.applies(world) }?.says(world) }

    /// "Subscription invoices charged automatically, finalized, that are open, or were written off after an attempt", and mailed ones that are open.
    private static func counting(_ world: World) -> [Bill] {
        world.invoices.filter { !$0.manual && ($0.status == "open" || ($0.status == "uncollectible" && $0.attempts > 0 && !$0.mailed)) }
    }

    private static func leavesTime(_ bill: Bill) -> Bool {
        if let flying = bill.flying, flying > -flightDays { return true }
        if bill.mailed { return (bill.due ?? 0) + graceDays > 0 }
        if bill.attempts >= attempts { return false }
        if bill.next != nil, bill.status == "open" { return true }
        return (bill.failed ?? bill.flying ?? 0) + graceDays > 0
    }
}

@Suite("The access policy, in every state of the world")
struct PolicyOracleTests {
    /// Every invoice that can be told apart by what the table asks.
    private static let bills: [Oracle.Bill] = {
        var bills: [Oracle.Bill] = []
        for status in ["draft", "open", "uncollectible", "paid", "void"] {
            for manual in [false, true] {
                for attempts in 0...6 {
                    for next in [nil, -0.1, 2.0] {
                        // Just within the time of grace, at its end, and past it; at the end of the flight and past it.
                        for failed in [0, -2.99999, -3, -10.0] {
                            for flying in [nil, -1, -20.99999, -21, -30.0] {
                                bills.append(
                                    Oracle.Bill(
                                        status: status, manual: manual, attempts: attempts, next: next, failed: failed, flying: flying))
                            }
                        }
                    }
                }
                for due in [5, 0, -2.99999, -3, -9.0] {
                    for flying in [nil, -1, -21.0] {
                        bills.append(Oracle.Bill(status: status, mailed: true, manual: manual, flying: flying, due: due))
                    }
                }
            }
        }
        return bills
    }()

    private static let statuses = ["incomplete", "incomplete_expired", "trialing", "active", "past_due", "canceled", "unpaid", "paused"]

    private func mistakes(_ worlds: some Sequence<Oracle.World>) -> [String] {
        let policy = AccessPolicy()
        var mistakes: [String] = []
        for world in worlds {
            let entitlement = policy.entitlement(of: Self.reading(world), at: Asked.now)
            let answer: Oracle.Answer? =
                switch entitlement {
                case .entitled: .on
                case .ended: .off
                case .none: .neither
                case .unknown: nil
                }
            if answer != Oracle.answer(world), mistakes.count < 10 { mistakes.append("\(world): \(entitlement)") }
        }
        return mistakes
    }

    /// As it would be read: of all invoices those that count, each with what is known of it.
    private static func reading(_ world: Oracle.World) -> SubscriptionReading {
        let subscription = Asked.subscription(
            SubscriptionStatus(rawValue: world.status), reason: world.reason,
            pause: world.pause.map { PauseCollection(behavior: $0) })
        var readings: [InvoiceID: InvoiceReading] = [:]
        for (number, bill) in world.invoices.enumerated() {
            let facts = Asked.invoice(
                InvoiceID("in_\(number)"), bill.status, attempts: bill.attempts, next: bill.next.map(Asked.day),
                method: bill.mailed ? "send_invoice" : "charge_automatically", due: bill.due.map(Asked.day),
                reason: bill.manual ? "manual" : "subscription_cycle")
            readings[facts.id] = InvoiceReading(
                invoice: facts, firstFailedAt: bill.failed.map(Asked.day), inFlightSince: bill.flying.map(Asked.day))
        }
        let owed = AccessPolicy.owed(readings.values.map(\.invoice), of: subscription)
        return SubscriptionReading(subscription: subscription, plan: .basic, counts: true, invoices: owed.compactMap { readings[$0.id] })
    }

    @Test("says what the table says of each status and each invoice", arguments: statuses)
    func single(status: String) {
        let pauses = [nil, "void", "keep_as_draft", "mark_uncollectible"]
        let reasons = status == "canceled" ? [nil, "payment_failed", "payment_disputed", "cancellation_requested"] : [nil]
        let worlds = pauses.flatMap { pause in
            reasons.flatMap { reason in
                ([[]] + Self.bills.map { [$0] }).map { Oracle.World(status: status, pause: pause, reason: reason, invoices: $0) }
            }
        }
        #expect(worlds.count >= 4 * Self.bills.count)
        #expect(mistakes(worlds) == [])
    }

    @Test("says what the table says of each pair of invoices", arguments: ["past_due", "paused"])
    func pairs(status: String) {
        // Invoices of which the table says the same are alike: one in seven, by steps that share no factor with the lists above.
        let some = stride(from: 0, to: Self.bills.count, by: 37).map { Self.bills[$0] }
        let worlds = some.lazy.flatMap { first in
            some.map { Oracle.World(status: status, pause: nil, reason: nil, invoices: [first, $0]) }
        }
        #expect(mistakes(worlds) == [])
    }
}

import Foundation
import HTTPTestKit
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

@Suite("Machines, while time passes at Stripe")
struct LooksFlowTests {
    private static let shapes = ["2026-05-27.dahlia", "2024-06-20"]
    private static let day = 86_400

    /// With "leave the subscription past due" Stripe goes on billing: each next draft looks like a fresh beginning, and is none.
    @Test(
        "a subscription left past due stays off through the next periods, until an invoice is paid", .database, .broker, arguments: shapes)
    func leftPastDue(version: String) async throws {
        try await RunningSystem.run(["SWEEP_INTERVAL_SECONDS": "1"]) { system in
            await system.sandbox.changeSettings {
                $0.eventVersion = APIVersion(version) ?? .current
                $0.afterFinalFailure = .pastDue
            }
            try await system.subscribe("user_1", card: "4000000000000341")
            try await system.atRest()
            _ = try await system.commands()
            for _ in 1...4 { _ = try await system.nextFailedAttempt() }
            try await system.atRest()
            try await #expect(system.commands() == ["vm.shutdown.v1 generation 2 because payment_failed"])
            let subscription = try #require(await system.sandbox.account.subscriptions.all.first { _ in true })
            #expect(subscription.status == .pastDue)
            // Drafts are made, finalized and tried; each step is looked at.
            for _ in 1...13 {
                _ = await system.sandbox.advance(by: 5 * Self.day)
                try await system.atRest()
            }
            let invoices = await system.sandbox.account.invoices.all.map { "\($0.billingReason) \($0.status)" }
            #expect(invoices.count { $0 == "subscription_cycle open" } >= 3, "two more periods were billed: \(invoices)")
            try await #expect(system.commands().isEmpty)
            let latest = try #require(await system.sandbox.account.subscriptions[subscription.id]?.latestInvoice)
            #expect(await system.sandbox.pay(invoice: latest, with: try TestCard.find("4242424242424242")) == .paid)
            try await system.atRest()
            try await #expect(system.commands() == ["vm.restore.v1 generation 3 because active"])
        }
    }

    @Test("a subscription whose end nobody tells of is noticed at the next look", .database, .broker, arguments: [true, false])
    func silentEnd(isScheduled: Bool) async throws {
        try await RunningSystem.run(["SWEEP_INTERVAL_SECONDS": "1"]) { system in
            try await system.subscribe("user_1")
            try await system.atRest()
            _ = try await system.commands()
            let subscription = try #require(await system.sandbox.account.subscriptions.ids.first)
            if isScheduled {
                try await system.sandbox.act { account throws(APIError) in
                    let end = account.now + 3600
                    account.change(\.subscriptions, subscription, event: "customer.subscription.updated") { $0.cancelAt = end }
                }
                try await system.atRest()
            }
            // From now on Stripe neither delivers nor lists what happens.
            await system.sandbox.setChaos(ChaosProfile(rules: [.neverMade: .init(trigger: .probability(1))]))
            try await system.sandbox.act { account throws(APIError) in
                account.change(\.subscriptions, subscription, event: "customer.subscription.deleted") { $0.status = .canceled }
            }
            try await #expect(system.value("SELECT wanted FROM enforcement.access") == "on")
            _ = await system.sandbox.advance(by: isScheduled ? 3600 : Self.day)
            try await eventually("it is stopped") {
                try await system.value("SELECT wanted FROM enforcement.access") == "off"
            }
            try await system.atRest()
            try await #expect(system.commands() == ["vm.shutdown.v1 generation 2 because canceled"])
        }
    }

    @Test("a clock that is wrong by a day, either way, changes nothing in the story", .database, .broker, arguments: [-day, day])
    func wrongClock(offset: Int) async throws {
        try await #require(TestBroker.current).importTopology()
        try await RunningSystem.withAccount(clockOffset: offset) { sandbox, stripeURL in
            try await RunningSystem.run(on: sandbox, at: stripeURL, ["SWEEP_INTERVAL_SECONDS": "1"]) { system in
                try await Story(user: "user_story", system: system).play()
            }
        }
    }
}

@Suite("A payment that is taken back")
struct TakenBackFlowTests {
    @Test(
        "by a bank ends the subscription at Stripe, and the VM with it", .database, .broker, arguments: ["2026-05-27.dahlia", "2024-06-20"])
    func disputeLost(version: String) async throws {
        try await RunningSystem.run { system in
            await system.sandbox.changeSettings { $0.eventVersion = APIVersion(version) ?? .current }
            try await system.subscribe("user_1", card: "4000000000000259")
            try await system.atRest()
            _ = await system.sandbox.advance(by: 86_400)
            try await system.atRest()
            try await #expect(system.commands() == ["vm.restore.v1 generation 1 because active"], "an open dispute stops nobody")
            try await system.sandbox.act { account throws(APIError) in
                guard let dispute = account.disputes.ids.first else { throw .missing("dispute") }
                account.decide(dispute: dispute, .lost)
            }
            try await isStopped(system, because: "disputed")
        }
    }

    @Test("is nothing when the bank decides for us, or the policy keeps the subscription", .database, .broker, arguments: [true, false])
    func disputeKept(isWon: Bool) async throws {
        try await RunningSystem.run(["POLICY_DISPUTE_LOST": isWon ? "end" : "keep"]) { system in
            try await system.subscribe("user_1", card: "4000000000000259")
            _ = await system.sandbox.advance(by: 86_400)
            try await system.sandbox.act { account throws(APIError) in
                guard let dispute = account.disputes.ids.first else { throw .missing("dispute") }
                account.decide(dispute: dispute, isWon ? .won : .lost)
            }
            try await isKept(system)
        }
    }

    @Test(
        "by a full refund ends it only where the policy says so", .database, .broker, arguments: ["end", "keep"],
        ["2026-05-27.dahlia", "2024-06-20"])
    func fullRefund(policy: String, version: String) async throws {
        try await RunningSystem.run(["POLICY_FULL_REFUND": policy]) { system in
            await system.sandbox.changeSettings { $0.eventVersion = APIVersion(version) ?? .current }
            try await system.subscribe("user_1")
            try await system.atRest()
            let charge = try #require(await system.sandbox.account.charges.ids.first)
            try await system.call("POST", "/v1/refunds", "charge=\(charge)")
            if policy == "end" {
                _ = try await system.commands()
                try await isStopped(system, because: "refunded")
            } else {
                try await isKept(system)
            }
        }
    }

    private func isKept(_ system: RunningSystem) async throws {
        try await system.atRest()
        try await #expect(system.commands() == ["vm.restore.v1 generation 1 because active"])
        #expect(await system.sandbox.account.subscriptions.all.map(\.status) == [.active])
        try await #expect(system.value("SELECT count(*) FROM checkout.subscription_ends") == "0")
    }

    private func isStopped(_ system: RunningSystem, because reason: String) async throws {
        try await eventually("it is ended at Stripe") {
            await system.sandbox.account.subscriptions.all.map(\.status) == [.canceled]
        }
        try await system.atRest()
        try await #expect(system.commands() == ["vm.shutdown.v1 generation 2 because \(reason)"])
        try await #expect(system.value("SELECT count(*) FROM checkout.subscription_ends WHERE ended_at IS NOT NULL") == "1")
        try await eventually("the customer is told") { try await system.isEntitled("user_1") == false }
    }
}

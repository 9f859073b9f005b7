import Foundation
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("A guest who has no customer at Stripe")
struct GuestTests {
    /// Hears an event as the consumer does, until it is applied or set aside.
    private func hear(_ id: EventID, _ type: String, _ object: StripeObject, _ bench: CheckoutBench) async throws {
        let handler = StripeEventHandler(objects: bench.objects)
        let event = StripeEventReceived(
            stripeEventID: id, eventType: type, created: CheckoutBench.time, apiVersion: nil, objectID: nil, object: object)
        for _ in 1...3 {
            let prepared = try await handler.prepare(event)
            let outcome = try await bench.outbox.transaction { work in try await handler.apply(event, prepared, in: work) }
            if outcome == .done { return }
        }
        Issue.record("never done")
    }

    private static let session = StripeObject.checkoutSession(
        Said.session("complete", mode: "payment", customer: nil, intent: "pi_1"))
    private static let intent = StripeObject.paymentIntent(Said.intent("pi_1", "succeeded", customer: nil))
    private static let charge = StripeObject.charge(Said.failedCharge("ch_1", of: "pi_1", customer: nil))

    @Test("is known by the session when that came first", .database)
    func sessionFirst() async throws {
        try await CheckoutBench.run { bench, _ in
            try await hear("evt_1", "checkout.session.completed", Self.session, bench)
            try await hear("evt_2", "charge.failed", Self.charge, bench)
            try await hear("evt_3", "payment_intent.succeeded", Self.intent, bench)
            try await #expect(bench.value("SELECT user_id || ' ' || status FROM payments") == "user_1 succeeded")
            try await #expect(bench.value("SELECT user_id FROM payment_attempts") == "user_1")
            try await #expect(bench.value("SELECT count(*) FROM unclaimed_events") == "0")
        }
    }

    @Test("waits for the session when that comes last, and makes no payment of nobody", .database)
    func sessionLast() async throws {
        try await CheckoutBench.run { bench, _ in
            try await hear("evt_1", "charge.failed", Self.charge, bench)
            try await hear("evt_2", "payment_intent.succeeded", Self.intent, bench)
            try await #expect(bench.value("SELECT count(*) FROM payments") == "0")
            try await #expect(bench.value("SELECT count(*) FROM unclaimed_events WHERE waiting_for = 'pi_1'") == "2")
            try await hear("evt_3", "checkout.session.completed", Self.session, bench)
            try await #expect(
                bench.value("SELECT string_agg(message_id, ' ' ORDER BY message_id) FROM inbox WHERE status = 'retry'")
                    == "evt_1#claimed evt_2#claimed")
            try await hear("evt_1", "charge.failed", Self.charge, bench)
            try await hear("evt_2", "payment_intent.succeeded", Self.intent, bench)
            try await #expect(bench.value("SELECT user_id || ' ' || status FROM payments") == "user_1 succeeded")
            try await #expect(bench.value("SELECT count(*) FROM unclaimed_events") == "0")
        }
    }

    @Test("is not lost when session and payment come at the same time", .database)
    func together() async throws {
        try await CheckoutBench.run { bench, _ in
            for number in 1...20 {
                let intent = PaymentIntentID("pi_\(number)")
                var session = Said.session("complete", mode: "payment", customer: nil, intent: intent)
                session.id = CheckoutSessionID("cs_\(number)")
                let opened = session
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await hear(EventID("evt_s\(number)"), "checkout.session.completed", .checkoutSession(opened), bench)
                    }
                    group.addTask {
                        let paid = Said.intent(intent, "succeeded", customer: nil)
                        try await hear(EventID("evt_p\(number)"), "payment_intent.succeeded", .paymentIntent(paid), bench)
                    }
                    try await group.waitForAll()
                }
            }
            try await #expect(bench.value("SELECT count(*) FROM unclaimed_events") == "0")
            let found: Query = """
                SELECT (SELECT count(*) FROM payments WHERE user_id = 'user_1') + (SELECT count(*) FROM inbox WHERE status = 'retry')
                """
            try await #expect(bench.value(found) == "20", "each is a payment, or due again")
        }
    }
}

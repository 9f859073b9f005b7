import Foundation
import HTTPTestKit
import Messages
import Models
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

@Suite("What a customer does with a subscription")
struct AccountFlowTests {
    /// What each call answers, and what Stripe has of it.
    @Test("cancels it, takes that back, changes its plan for what was shown, and ends it", .database, .broker)
    func story() async throws {
        try await RunningSystem.run { system in
            try await canceled(system)
            try await changed(system)
            try await confirmed(system)
            try await declined(system)
            try await refused(system)
            try await ended(system)
            try await system.atRest()
            try await #expect(system.value("SELECT count(*) FROM checkout.subscription_changes WHERE status = 'asking'") == "0")
            try await told(system)
            try await sentences(system)
        }
    }

    private func canceled(_ system: RunningSystem) async throws {
        try await system.subscribed("user_1")
        let answer = try await system.account("cancel-subscription", #"{"reason": "too slow"}"#, as: "user_1")
        #expect(try answer.text("subscription", "cancel_at_period_end") == "1")
        let subscription = try await system.subscription(of: "user_1")
        #expect(subscription.cancelAtPeriodEnd && subscription.cancellation.comment == "too slow")
        try await #expect(system.account("cancel-subscription", as: "user_1").refusal() == "409 already_canceled")
        try await #expect(system.account("reactivate-subscription", as: "user_1").text("subscription", "cancel_at_period_end") == "0")
        try await #expect(system.subscription(of: "user_1").cancelAt == nil)
        try await #expect(system.account("reactivate-subscription", as: "user_1").refusal() == "409 not_scheduled_for_cancellation")
        // Stripe's portal sets the date alone (Stripe's documentation, "Flexible billing mode").
        let end = subscription.periodEnd
        try await system.call("POST", "/v1/subscriptions/\(subscription.id)", "cancel_at=\(end)")
        try await #expect(system.account("reactivate-subscription", as: "user_1").text("subscription", "cancel_at_period_end") == "0")
        try await #expect(system.subscription(of: "user_1").cancelAt == nil)
    }

    /// Half a period in, so that the price of the rest is neither nothing nor all.
    private func changed(_ system: RunningSystem) async throws {
        _ = await system.sandbox.advance(by: 10 * 86_400)
        let preview = try await system.account("change-plan", #"{"plan_id": "premium", "preview": true}"#, as: "user_1")
        let now = try #require(Int(preview.text("amount_now") ?? ""), "\(String(decoding: preview.body, as: UTF8.self))")
        #expect(now > 0 && now < 4900)
        try #expect(preview.text("amount_next") == "4900" && preview.text("currency") == "usd")
        // Ten minutes later the rest of the period is worth less, and the change costs what was shown.
        _ = await system.sandbox.advance(by: 600)
        let answer = try await system.account("change-plan", #"{"plan_id": "premium"}"#, as: "user_1")
        try #expect(answer.text("subscription", "plan_id") == "premium", "\(String(decoding: answer.body, as: UTF8.self))")
        try #expect(answer.text("confirmation_url") == nil)
        try await #expect(system.invoices(of: "user_1") == ["paid 1900", "paid \(now)"])
        try await #expect(system.account("change-plan", #"{"plan_id": "premium"}"#, as: "user_1").refusal() == "409 same_plan plan_id")
        // Back again: credit, which the next invoice is less by.
        let back = try await system.account("change-plan", #"{"plan_id": "basic", "preview": true}"#, as: "user_1")
        try #expect(back.text("amount_now") == "0" && back.text("amount_next") != "1900")
    }

    /// A card that asks for 3-D Secure at each payment (Stripe's documentation, "Testing", 4000 0027 6000 3184).
    private func confirmed(_ system: RunningSystem) async throws {
        try await system.subscribed("user_2")
        try await system.use(card: "4000002760003184", of: "user_2")
        let answer = try await system.account("change-plan", #"{"plan_id": "premium"}"#, as: "user_2")
        let url = try #require(try answer.text("confirmation_url"), "\(String(decoding: answer.body, as: UTF8.self))")
        try #expect(answer.text("subscription", "plan_id") == "basic", "nothing has changed yet")
        try await #expect(system.account("change-plan", #"{"plan_id": "premium"}"#, as: "user_2").text("confirmation_url") == url)
        let waiting = try #require(await system.subscription(of: "user_2").pendingUpdate?.invoice)
        let paid = await system.sandbox.pay(invoice: waiting, with: try TestCard.find("4242424242424242"))
        #expect(paid == .paid)
        try await eventually("the change is shown") { try await system.shownSubscription(to: "user_2") == "premium active 0" }
    }

    /// A card that worked and does so no more.
    private func declined(_ system: RunningSystem) async throws {
        try await system.subscribed("user_3")
        try await system.use(card: "4000000000000002", of: "user_3")
        try await #expect(system.account("change-plan", #"{"plan_id": "premium"}"#, as: "user_3").refusal() == "402 card_declined")
        let subscription = try await system.subscription(of: "user_3")
        #expect(subscription.pendingUpdate == nil && subscription.items.map(\.price) == ["price_basic"])
        #expect(try await system.invoices(of: "user_3").last?.hasPrefix("void") == true, "nobody is charged for it later")
        try await system.atRest()
        try await #expect(system.shownSubscription(to: "user_3") == "basic active 0")
    }

    private func refused(_ system: RunningSystem) async throws {
        for call in ["cancel-subscription", "reactivate-subscription"] {
            try await #expect(system.account(call, as: "nobody").refusal() == "404 no_subscription")
        }
        try await #expect(system.account("change-plan", #"{"plan_id": "gold"}"#, as: "user_1").refusal() == "422 unknown_plan plan_id")
        try await #expect(system.account("change-plan", #"{"plan_id": "basic"}"#, as: "nobody").refusal() == "404 no_subscription")
        let wrong = try await system.account("cancel-subscription", #"{"at_period_end": "yes"}"#, as: "user_1").refusal()
        #expect(wrong.hasPrefix("400") && wrong.hasSuffix("at_period_end"), "\(wrong)")
    }

    /// At once, and past due: collection ends with it, and the VM goes off.
    private func ended(_ system: RunningSystem) async throws {
        try await #expect(
            system.account("cancel-subscription", #"{"at_period_end": false}"#, as: "user_1").text("subscription", "status") == "canceled")
        try await #expect(system.account("cancel-subscription", as: "user_1").refusal() == "409 already_canceled")
        try await #expect(system.account("change-plan", #"{"plan_id": "basic"}"#, as: "user_1").refusal() == "404 no_subscription")

        try await system.advance(until: .pastDue, of: "user_3")
        try await system.atRest()
        let url = try await system.checkout("GET", "subscription-status", as: "user_3").text(
            "subscription", "payment_problem", "hosted_invoice_url")
        #expect(url?.hasPrefix("http") == true)
        try await #expect(system.account("change-plan", #"{"plan_id": "premium"}"#, as: "user_3").refusal() == "409 unpaid_subscription")
        try await #expect(system.account("cancel-subscription", as: "user_3").text("subscription", "status") == "canceled")
        #expect(try await system.invoices(of: "user_3").allSatisfy { !$0.hasPrefix("open") })
        _ = await system.sandbox.advance(by: 10 * 86_400)
        try await system.atRest()
        try await eventually("the VM is off") { try await system.isEntitled("user_3") == false }
        try await #expect(system.checkout("GET", "subscription-status", as: "user_3").text("subscription", "payment_problem") == nil)
    }
}

extension AccountFlowTests {
    /// What analytics has been told: the subscriptions and failed charges as checkout has them, with what the plan costs.
    private func told(_ system: RunningSystem) async throws {
        let subscriptions: Query = """
            SELECT count(*) FILTER (WHERE (own.user_id, own.plan_id, own.status, own.ended_at, own.cancel_at, told.amount, told.interval)
                                          IS DISTINCT FROM (told.user_id, told.plan_id, told.status, told.ended_at, told.cancel_at,
                                                            CASE own.plan_id WHEN 'basic' THEN 1900 ELSE 4900 END, 'month'))
                   || ' of ' || count(*)
            FROM checkout.subscriptions AS own FULL JOIN analytics.subscriptions AS told USING (stripe_subscription_id)
            """
        try await #expect(system.value(subscriptions) == "0 of 3")
        let attempts: Query = """
            SELECT count(*) FILTER (WHERE (own.payment_id, own.user_id, own.failure_code, own.attempt_number, own.next_attempt_at, own.version)
                                          IS DISTINCT FROM (told.payment_id, told.user_id, told.failure_code, told.attempt_number,
                                                            told.next_attempt_at, told.version))
                   || ' of ' || (count(*) > 1)::text || ' ' || max(told.attempt_number)
            FROM checkout.payment_attempts AS own FULL JOIN analytics.payment_attempts AS told ON told.attempt_id = own.attempt_key
            """
        // A card that declines is tried again three days later.
        try await #expect(system.value(attempts) == "0 of true 2")
    }
}

extension AccountFlowTests {
    /// Why was I charged, why is my VM off: all of it, a page at a time, the newest first.
    private func sentences(_ system: RunningSystem) async throws {
        var told: [String] = []
        var times: [String] = []
        var cursor: String? = ""
        while let place = cursor {
            let page = try await system.checkout("GET", "timeline?limit=2\(place.isEmpty ? "" : "&cursor=\(place)")", as: "user_3")
            let json = try page.json()
            #expect((json["incomplete"] as? [Any])?.isEmpty == true)
            let entries = try #require(json["data"] as? [[String: Any]])
            told += entries.compactMap { $0["text"] as? String }
            times += entries.compactMap { $0["at"] as? String }
            cursor = try page.text("next_cursor")
        }
        for sentence in [
            "Your subscription began.", "You were charged 19.00 USD for the Basic plan (card).", "Your VM may run.",
            "You changed to the Premium plan; the bank declined the payment, and nothing was changed.", "You ended the subscription.",
            "Your VM was switched off: the subscription has ended.",
        ] { #expect(told.filter { $0 == sentence }.count == 1, "\(sentence) \(told)") }
        #expect(told.contains { $0.hasPrefix("A charge of 19.00 USD for the Basic plan failed (card_declined). ") }, "\(told)")
        // As times: a whole second is told without a fraction, and as text it would come behind those within it.
        let moments = try times.map { try #require(WireJSON.date($0)) }
        #expect(moments == moments.sorted(by: >), "\(times)")
        #expect(Set(told.indices.map { "\(told[$0]) \(times[$0])" }).count == told.count)
    }
}

extension RunningSystem {
    /// Buys the basic plan, and waits until checkout shows it.
    func subscribed(_ user: String) async throws {
        try await subscribe(user)
        try await eventually("\(user) is shown as subscribed") { try await shownSubscription(to: user) == "basic active 0" }
    }

    /// Gives a customer another card, which all that follows is charged to.
    func use(card: String, of user: String) async throws {
        let subscription = try await subscription(of: user)
        try await sandbox.act { account throws(APIError) in
            let method = account.replaceCard(of: subscription.customer, with: try TestCard.find(card))
            account.subscriptions[subscription.id]?.defaultPaymentMethod = method.id
        }
    }
}

import Foundation
import HTTPTestKit
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("Whose something of Stripe's is")
struct WhoseTests {
    private func owner(_ object: StripeObject, _ bench: CheckoutBench) async throws -> ResolveCustomer.Owner {
        let resolve = ResolveCustomer(
            pool: bench.pool, stripe: bench.stripe, plans: .ofTests, installation: Installation(pool: bench.pool, setting: "here"),
            linked: LinkedCustomers(pool: bench.pool))
        return try await resolve(object)
    }

    private static func subscription(
        user: UserID? = "user_2", price: PriceID? = "price_news", openedFor plan: Plan? = nil, installation: String? = nil
    ) -> StripeObject {
        .subscription(
            SubscriptionFacts(
                id: "sub_1", customerID: "cus_1", userID: user, openedFor: plan, installation: installation, status: .active,
                priceID: price,
                created: CheckoutBench.time))
    }

    @Test(
        "an object is believed when its price is a plan's or we made it; else its customer is asked", .database,
        arguments: [
            (subscription(price: "price_basic_old"), "user_2"), (subscription(openedFor: .basic), "user_2"),
            (subscription(installation: "here"), "user_2"), (subscription(), "user_3"), (subscription(user: nil), "user_3"),
            (.customer(CustomerFacts(id: "cus_1", userID: "user_2")), "user_2"),
            (
                .invoice(
                    InvoiceFacts(id: "in_1", customerID: "cus_1", userID: "user_2", currency: "usd", priceID: "price_news", created: .now)),
                "user_3"
            ),
            (.checkoutSession(CheckoutSessionFacts(id: "cs_1", mode: "payment", customerID: "cus_1", userID: "user_2")), "user_3"),
            (
                .checkoutSession(CheckoutSessionFacts(id: "cs_1", mode: "payment", customerID: "cus_1", userID: "user_2", plan: .basic)),
                "user_2"
            ),
        ])
    func believed(object: StripeObject, user: String) async throws {
        try await CheckoutBench.run([.json(Answered.customer("cus_1", user: "user_3"))]) { bench, _ in
            let owner = try await owner(object, bench)
            #expect(owner == .user(UserID(user)))
        }
    }

    @Test("whose a customer is was decided once, whatever an object says later", .database)
    func linked() async throws {
        try await CheckoutBench.run { bench, _ in
            try await bench.link()
            let owner = try await owner(Self.subscription(price: "price_basic"), bench)
            #expect(owner == .linked("user_1"))
        }
    }

    @Test("a customer is locked by whoever applies an object of theirs, linked or not", .database, arguments: [true, false])
    func locked(isLinked: Bool) async throws {
        try await CheckoutBench.run { bench, _ in
            if isLinked { try await bench.link() }
            let object = StripeObject.customer(CustomerFacts(id: "cus_1", userID: "user_1"))
            let prepared = try await bench.objects.prepare(object, .read(at: CheckoutBench.time))
            #expect(prepared.owner == (isLinked ? .linked("user_1") : .user("user_1")))
            let held: Query = """
                SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
                AND (classid::bigint << 32 | objid::bigint) = hashtextextended('customer:cus_1', 0)
                """
            let count = try await bench.outbox.transaction { work in
                let result = try await bench.objects.apply(prepared, in: work)
                #expect(result == .applied("user_1"))
                return try await work.query(held)[0].get("n", as: Int.self)
            }
            #expect(count == 1)
        }
    }

    @Test("a session that we opened is its user's, whatever it says itself", .database)
    func ownSession() async throws {
        try await CheckoutBench.run { bench, _ in
            try await bench.pool.query(
                """
                INSERT INTO checkout_sessions (user_id, status, stripe_checkout_session_id, url, idempotency_key)
                VALUES ('user_1', 'open', 'cs_1', 'https://pay.example', 'k')
                """)
            let session = CheckoutSessionFacts(id: "cs_1", mode: "subscription", customerID: "cus_9")
            let owner = try await owner(.checkoutSession(session), bench)
            #expect(owner == .user("user_1"))
        }
    }

    /// Each event of a customer who buys something else in the same account would ask for that customer again.
    @Test("a stranger is asked about once an hour, and known as soon as an object of ours names them", .database)
    func stranger() async throws {
        let unknown = StripeStubAnswer.json(Answered.customer("cus_1", user: nil, installation: nil))
        try await CheckoutBench.run([unknown, unknown]) { bench, stub in
            for _ in 1...3 {
                let result = try await bench.hear(Self.subscription(user: nil), "customer.subscription.updated")
                #expect(result == .unclaimed(waitingFor: "cus_1"))
            }
            #expect(stub.received.count == 1)
            try await bench.pool.query("UPDATE strangers SET asked_at = now() - interval '61 minutes'")
            try await bench.hear(Self.subscription(user: nil), "customer.subscription.updated")
            #expect(stub.received.count == 2)
            let result = try await bench.hear(Self.subscription(openedFor: .basic), "customer.subscription.updated")
            #expect(result == .applied("user_2"))
            try await #expect(bench.value("SELECT count(*) FROM strangers") == "0")
        }
    }

    @Test("a customer whom Stripe does not know is a stranger too", .database)
    func goneStranger() async throws {
        try await CheckoutBench.run([.error(404, #""type": "invalid_request_error""#)]) { bench, stub in
            for _ in 1...2 { try await bench.hear(Self.subscription(user: nil), "customer.subscription.updated") }
            #expect(stub.received.count == 1)
        }
    }

    @Test("strangers and what was kept of them are forgotten in the end", .database)
    func forgotten() async throws {
        try await CheckoutBench.run { bench, _ in
            try await bench.pool.query(
                """
                INSERT INTO unclaimed_events (stripe_event_id, waiting_for, message, created_at)
                VALUES ('evt_old', 'cus_1', '', now() - interval '36 days'), ('evt_new', 'cus_1', '', now() - interval '34 days')
                """)
            try await bench.pool.query(
                "INSERT INTO strangers VALUES ('cus_1', false, now() - interval '25 hours'), ('cus_2', true, now())")
            try await Strangers.forget(in: bench.pool)
            try await #expect(bench.value("SELECT string_agg(stripe_event_id, ',') FROM unclaimed_events") == "evt_new")
            try await #expect(bench.value("SELECT string_agg(stripe_customer_id, ',') FROM strangers") == "cus_2")
        }
    }

    @Test("a guest's session of other software says nothing of who our user is", .database)
    func foreignGuest() async throws {
        try await CheckoutBench.run { bench, _ in
            let session = CheckoutSessionFacts(
                id: "cs_1", mode: "payment", status: "complete", paymentStatus: "paid", userID: "user_1", paymentIntentID: "pi_1")
            try await bench.hear(.checkoutSession(session), "checkout.session.completed")
            let intent = Said.intent("pi_1", "succeeded", customer: nil)
            let result = try await bench.hear(.paymentIntent(intent), "payment_intent.succeeded")
            #expect(result == .unclaimed(waitingFor: "pi_1"))
            try await #expect(bench.value("SELECT count(*) FROM checkout_sessions WHERE user_id IS NOT NULL") == "0")
        }
    }

    @Test("what another installation made is nobody's here, and is not kept", .database)
    func foreign() async throws {
        try await CheckoutBench.run([.json(Answered.customer("cus_2", user: "user_1", installation: "there"))]) { bench, stub in
            try await bench.link()
            let theirs = try await bench.hear(
                Self.subscription(price: "price_basic", installation: "there"), "customer.subscription.created")
            #expect(theirs == .foreign, "though its customer is known here")
            var intent = Said.intent("pi_1", "succeeded", customer: "cus_2")
            intent.metadata = nil
            for _ in 1...2 {
                let ofTheirCustomer = try await bench.hear(.paymentIntent(intent), "payment_intent.succeeded")
                #expect(ofTheirCustomer == .foreign)
            }
            #expect(stub.received.count == 1, "it is not asked about again")
            let session = CheckoutSessionFacts(id: "cs_9", mode: "subscription", userID: "user_1", installation: "there", plan: .basic)
            let theirSession = try await bench.hear(.checkoutSession(session), "checkout.session.completed")
            #expect(theirSession == .foreign)
            let kept = try await bench.value(
                """
                SELECT (SELECT count(*) FROM unclaimed_events) + (SELECT count(*) FROM subscriptions) + (SELECT count(*) FROM payments)
                     + (SELECT count(*) FROM checkout_sessions)
                """)
            #expect(kept == "0")
        }
    }
}

@Suite("The name of an installation")
struct InstallationTests {
    @Test("is made once, and is the same for replicas that begin at once", .database)
    func made() async throws {
        try await CheckoutBench.run { bench, _ in
            let names = try await withThrowingTaskGroup(of: Installation.Names.self) { group in
                for _ in 1...8 { group.addTask { try await Installation(pool: bench.pool, setting: nil).names() } }
                return try await group.reduce(into: Set<Installation.Names>()) { $0.insert($1) }
            }
            let only = try #require(names.first)
            #expect(names.count == 1 && only.all == [only.own])
            #expect(!only.isOther(only.own) && !only.isOther(nil) && only.isOther("there"))
        }
    }

    @Test("that a setting changes leaves what was made under the old one ours", .database)
    func changed() async throws {
        try await CheckoutBench.run { bench, _ in
            let old = try await Installation(pool: bench.pool, setting: nil).names()
            let new = try await Installation(pool: bench.pool, setting: "shop").names()
            #expect(new.own == "shop" && new.all == ["shop", old.own])
            let back = try await Installation(pool: bench.pool, setting: nil).names()
            #expect(back.own == old.own && !back.isOther("shop"))
        }
    }

    @Test("is short and plain", arguments: [("shop-1.eu_2", true), ("", false), ("a b", false), ("-a", false), ("ä", false)])
    func form(name: String, isGood: Bool) {
        #expect(Installation.isName(name) == isGood)
        #expect(!Installation.isName(String(repeating: "a", count: 101)))
    }
}

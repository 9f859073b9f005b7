import AsyncHTTPClient
import Foundation
import Messages
import Models
import NIOCore
import NIOHTTP1
import Postgres
import Stripe
import TestKit
import Testing

@testable import StripeSandbox

@Suite("Events in any order, each three times")
struct OrderTests {
    /// How the events of a life are delivered, and in which of Stripe's two shapes.
    enum Order: String, CaseIterable, Sendable {
        case asCreated, reversed, shuffled
    }

    @Test(
        "end in the state that Stripe is in", .database, .broker, arguments: ["2026-05-27.dahlia", "2024-06-20"], Order.allCases)
    func anyOrder(version: String, order: Order) async throws {
        try await RunningSystem.run { system in
            await system.sandbox.pauseWebhooks(true)
            await system.sandbox.changeSettings { $0.eventVersion = APIVersion(version) ?? .current }
            try await life(of: "user_recovered", on: system, recovers: true)
            try await life(of: "user_stopped", on: system, recovers: false)
            let bodies = await system.sandbox.account.events.all.map { [UInt8]($0.rendered.pretty.utf8) }
            await system.sandbox.setWebhookURLs([])
            try await deliver(Self.arranged(bodies, order), to: system.webhook)
            try await system.atRest()
            for (user, access) in [("user_recovered", "on"), ("user_stopped", "off")] {
                let truth = try await system.sandbox.truth(about: user)
                let state = try await system.state(of: user)
                #expect(state == "\(access); \(truth)")
            }
        }
    }

    /// Signs up with a card that later charges decline, fails to renew, and pays after the second attempt or never.
    private func life(of user: String, on system: RunningSystem, recovers: Bool) async throws {
        let opened = try await system.checkout("POST", "create-checkout-session", as: user, body: ["plan_id": "basic"])
        let session = try #require(opened.json()["session_id"] as? String)
        _ = await system.sandbox.pay(session: session, with: try TestCard.find("4000000000000341"))
        let customer = try #require(await system.sandbox.account.sessions[session]?.customer)
        let subscription = try #require(
            await system.sandbox.account.subscriptions.all.first { $0.customer == customer }?.id)
        for attempt in 1...4 {
            _ = try await system.nextFailedAttempt()
            guard recovers, attempt == 2 else { continue }
            let invoice = try #require(await system.sandbox.account.subscriptions[subscription]?.latestInvoice)
            _ = await system.sandbox.pay(invoice: invoice, with: try TestCard.find("4242424242424242"))
            break
        }
    }

    private static func arranged(_ bodies: [[UInt8]], _ order: Order) -> [[UInt8]] {
        var random = Seeded(seed: 20_261_123)
        switch order {
        case .asCreated: return bodies.flatMap { [$0, $0, $0] }
        case .reversed: return bodies.reversed().flatMap { [$0, $0, $0] }
        case .shuffled: return (bodies + bodies + bodies).shuffled(using: &random)
        }
    }

    private func deliver(_ bodies: [[UInt8]], to webhook: String) async throws {
        let secret = try #require(WebhookSecret(nonEmpty: "whsec_sandbox"))
        for body in bodies {
            var request = HTTPClientRequest(url: webhook + "/api/payment/webhook")
            request.method = .POST
            request.headers.add(name: "Stripe-Signature", value: Stripe.WebhookSignature.sign(body: body, secret: secret, at: Date()))
            request.body = .bytes(ByteBuffer(bytes: body))
            let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
            #expect(answer.status == .ok)
            _ = try await answer.body.collect(upTo: 1 << 20)
        }
    }
}

extension RunningSystem {
    /// What our tables say of a user, in one line.
    fileprivate func state(of user: String) async throws -> String? {
        try await value(
            """
            SELECT (SELECT wanted FROM enforcement.access WHERE user_id = \(user)) || '; '
                || (SELECT stripe_subscription_id || ' ' || status FROM checkout.subscriptions WHERE user_id = \(user))
                || '; paid ' || (SELECT sum(amount) || ' in ' || count(*) FROM checkout.payments
                                 WHERE user_id = \(user) AND status = 'succeeded')
                || '; failed attempts ' || (SELECT count(*) FROM checkout.payment_attempts WHERE user_id = \(user))
            """)
    }
}

extension Sandbox {
    /// The same line as Stripe knows it.
    fileprivate func truth(about user: String) throws -> String {
        let customer = try #require(account.customers.all.first { $0.metadata["user_id"] == user })
        let subscription = try #require(account.subscriptions.all.first { $0.customer == customer.id })
        let charges = account.charges.all.filter { $0.customer == customer.id }
        let paid = charges.filter(\.succeeded)
        return "\(subscription.id) \(subscription.status.rawValue); paid \(paid.reduce(0) { $0 + $1.amount }) in \(paid.count); "
            + "failed attempts \(charges.count - paid.count)"
    }
}

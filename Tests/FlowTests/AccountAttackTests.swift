import AsyncHTTPClient
import Foundation
import HTTPTestKit
import NIOCore
import NIOHTTP1
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

/// Attacks on a customer's account: OWASP ASVS 5.0, 8.2 and 8.3 (access), 1.2 (injection), 15.3 (mass assignment), 3.7 (redirects), 2.3 (races),
/// 2.4 (limits), 4.1 and 4.2 (HTTP).
@Suite("Attacks on a customer's account")
struct AccountAttackTests {
    private static let posts = [
        "create-checkout-session", "verify-checkout-session", "cancel-subscription", "reactivate-subscription", "change-plan",
        "create-portal-session",
    ]
    private static let gets = ["subscription-status", "payment-history", "timeline", "parts/timeline"]
    private static let hostile = [
        "'", "\"; DROP TABLE payments; --", "$$", "%", "\u{FF07} OR 1=1", "\\", "a\u{202E}b", "{{7*7}}", "../../etc/passwd", "%00",
        String(repeating: "x", count: 5000),
    ]

    @Test("are refused (S1, S4 to S8, S10, S12, S19, S20)", .database, .broker)
    func refused() async throws {
        try await RunningSystem.run(["CUSTOMER_CALLS_PER_MINUTE": "300"]) { system in
            try await system.subscribed("victim")
            try await system.atRest()
            let before = try await shape(system)
            try await others(system)
            try await roles(system)
            try await injected(system)
            try await assigned(system)
            try await redirects(system)
            try await doubled(system)
            try await headers(system)
            try await polluted(system)
            try await limited(system)
            try await system.atRest()
            try await #expect(shape(system) == before, "nothing of the victim's has changed")
            try await #expect(system.shownSubscription(to: "victim") == "basic active 0")
        }
    }

    /// What belongs to the victim, at Stripe and here.
    private func shape(_ system: RunningSystem) async throws -> String {
        let subscription = try await system.subscription(of: "victim")
        let rows = try await system.value(
            """
            SELECT concat_ws(' ', (SELECT count(*) FROM checkout.payments WHERE user_id = 'victim'),
                             (SELECT count(*) FROM checkout.subscription_changes WHERE user_id = 'victim'))
            """)
        return "\(subscription.status) \(subscription.items.map(\.price)) \(subscription.cancelAtPeriodEnd) \(rows ?? "")"
    }

    /// What belongs to others is not there, and looks like what never was (S1).
    private func others(_ system: RunningSystem) async throws {
        let session = try #require(
            try await system.value("SELECT max(stripe_checkout_session_id) FROM checkout.checkout_sessions WHERE user_id = 'victim'"))
        let customer = try await system.subscription(of: "victim").customer
        let theirs = try await system.account("verify-checkout-session", #"{"session_id": "\#(session)"}"#, as: "thief")
        let none = try await system.account("verify-checkout-session", #"{"session_id": "cs_none"}"#, as: "thief")
        try #expect(theirs.refusal() == "404 not_found session_id" && none.refusal() == theirs.refusal())
        #expect(theirs.body.count == none.body.count)
        for (call, json) in [
            ("cancel-subscription", #"{"subscription_id": "\#(try await system.subscription(of: "victim").id)", "user_id": "victim"}"#),
            ("reactivate-subscription", #"{"user_id": "victim"}"#), ("change-plan", #"{"plan_id": "premium", "user_id": "victim"}"#),
            ("change-plan", #"{"plan_id": "premium", "preview": true, "customer": "\#(customer)"}"#),
        ] { try await #expect(system.account(call, json, as: "thief").refusal() == "404 no_subscription", "\(call)") }
        try await #expect(
            system.account("create-portal-session", #"{"customer": "\#(customer)"}"#, as: "thief").refusal() == "404 not_found")
        for path in Self.gets {
            let answer = try await system.checkout("GET", "\(path)?user_id=victim&sub=victim", as: "thief")
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(answer.status == 200 && !text.contains("1900") && !text.contains("Basic"), "\(path): \(text)")
        }
        // Another's place in a list is no way into it.
        let page = try await system.checkout("GET", "timeline?limit=1", as: "victim")
        let cursor = try #require(try page.text("next_cursor"))
        let stolen = try await system.checkout("GET", "timeline?cursor=\(cursor)", as: "thief")
        #expect(try (stolen.json()["data"] as? [Any])?.isEmpty == true)
    }

    /// Nobody without a token, and no customer where admins are (S4).
    private func roles(_ system: RunningSystem) async throws {
        for path in Self.posts {
            #expect(try await system.call("POST", "\(system.checkout)/api/payment/\(path)", as: nil, json: "{}").status == 401)
        }
        for path in Self.gets { #expect(try await system.call("GET", "\(system.checkout)/api/payment/\(path)", as: nil).status == 401) }
        for path in ["parts/audit", "parts/audit/verify", "parts/reconciliation"] {
            let url = "\(system.checkout)/api/payment/\(path)?role=admin"
            #expect(try await system.call("GET", url, as: "victim").status == 403, "\(path)")
        }
    }

    /// Whatever stands in a string stays a string, or is refused by the name of its field (S5).
    private func injected(_ system: RunningSystem) async throws {
        for text in Self.hostile {
            let json = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
            for (call, field) in [
                ("create-checkout-session", "plan_id"), ("change-plan", "plan_id"), ("verify-checkout-session", "session_id"),
            ] {
                let answer = try await system.account(call, #"{"\#(field)": \#(json)}"#, as: "thief")
                #expect([400, 404, 422].contains(answer.status), "\(call) \(text.prefix(20)): \(answer.status)")
                let refusal = try answer.refusal()
                #expect(refusal.hasSuffix(field), "\(call) \(refusal)")
            }
            let encoded = Form.encoded(text)
            for path in ["payment-history?limit=\(encoded)", "timeline?cursor=\(encoded)", "payment-history?cursor=\(encoded)"] {
                let answer = try await system.checkout("GET", path, as: "thief")
                #expect(answer.status == 400 || answer.status == 414, "\(path.prefix(60)): \(answer.status)")
            }
        }
        try await system.subscribed("quoter")
        let reason = #"Robert'); DROP TABLE "subscriptions";--"#
        let json = String(decoding: try JSONEncoder().encode(["reason": reason]), as: UTF8.self)
        #expect(try await system.account("cancel-subscription", json, as: "quoter").status == 200)
        try await #expect(system.subscription(of: "quoter").cancellation.comment == reason)
    }

    /// What a client makes up counts for nothing: the server's price is sold, to whom the token names (S6).
    private func assigned(_ system: RunningSystem) async throws {
        let customer = try await system.subscription(of: "victim").customer
        let made = try await system.account(
            "create-checkout-session",
            #"{"plan_id": "basic", "amount": 1, "currency": "jpy", "price": "price_premium", "price_data": {"unit_amount": 1}, "quantity": 0, "#
                + #""customer": "\#(customer)", "user_id": "victim", "trial_days": 700, "status": "complete"}"#, as: "maker")
        let id = try #require(try made.text("session_id"))
        let session = try #require(await system.sandbox.account.sessions[id])
        #expect(session.customer != customer && session.metadata["user_id"] == "maker")
        _ = await system.sandbox.pay(session: id, with: try TestCard.find("4242424242424242"))
        try await eventually("it is shown") { try await system.shownSubscription(to: "maker") == "basic active 0" }
        try await #expect(system.invoices(of: "maker") == ["paid 1900"])
        let answer = try await system.account(
            "change-plan", #"{"plan_id": "premium", "proration_date": 1, "price": "price_basic", "amount": 0}"#, as: "maker")
        #expect(answer.status == 200)
        let charged = try await system.invoices(of: "maker")
        #expect(charged.count == 2 && charged[1] != "paid 0", "\(charged)")
    }

    /// Nobody is sent elsewhere (S8).
    private func redirects(_ system: RunningSystem) async throws {
        let elsewhere = [
            "//evil.example", "https:evil.example", "https://shop.example@evil.example", "https://shop.example.evil.example",
            "https://shop.example:8443/", "https://shop.exampl\u{0435}/", "javascript:alert(1)", "\\evil", "/%2f%2fevil.example",
            "http://shop.example/",
            "https://shop.example\\@evil.example", "https://shop.example/\r\nSet-Cookie: a=b", "https://SHOP.example/",
            " https://shop.example/", "",
        ]
        for url in elsewhere {
            let json = String(decoding: try JSONEncoder().encode(url), as: UTF8.self)
            for (call, field) in [
                ("create-checkout-session", "success_url"), ("create-checkout-session", "cancel_url"),
                ("create-portal-session", "return_url"),
            ] {
                let answer = try await system.account(call, #"{"plan_id": "basic", "\#(field)": \#(json)}"#, as: "mover")
                try #expect(answer.refusal() == "422 redirect_not_allowed \(field)", "\(url)")
            }
        }
        let ours = #"{"plan_id": "basic", "success_url": "https://shop.example/done?s={CHECKOUT_SESSION_ID}"}"#
        #expect(try await system.account("create-checkout-session", ours, as: "mover").status == 200)
    }

    /// Many at once under one key, and under none, are one session (S10).
    private func doubled(_ system: RunningSystem) async throws {
        for key in ["one", nil] {
            let user = "doubler_\(key ?? "none")"
            let answers = try await withThrowingTaskGroup(of: RunningSystem.Answer.self) { group in
                for _ in 1...20 {
                    group.addTask { try await system.account("create-checkout-session", #"{"plan_id": "basic"}"#, as: user, key: key) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let told = Set(try answers.map { try $0.refusal() })
            #expect(told.isSubset(of: ["200", "409 idempotency_key_in_use Idempotency-Key"]), "\(told)")
            #expect(Set(try answers.compactMap { try $0.text("session_id") }).count == 1)
            let sessions = await system.sandbox.account.sessions.all.filter { $0.metadata["user_id"] == user }
            #expect(sessions.count == 1)
        }
        let other = try await system.account("create-checkout-session", #"{"plan_id": "premium"}"#, as: "doubler_one", key: "one")
        try #expect(other.refusal() == "422 idempotency_key_reused Idempotency-Key")
    }

    /// Nothing in a header becomes another header, here or at Stripe (S12).
    private func headers(_ system: RunningSystem) async throws {
        let port = try #require(URL(string: system.checkout)?.port)
        let token = try await TestToken.customer("header")
        for (value, expected) in [("a\u{0}b", "400"), ("a\rb", "400"), ("caf\u{E9}", "400"), ("a b", "400"), ("fine", "404")] {
            let answer = try await RawConnection.answer(
                port: port,
                "POST /api/payment/cancel-subscription HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 2\r\nConnection: close\r\nIdempotency-Key: \(value)\r\n\r\n{}")
            #expect(answer.hasPrefix("HTTP/1.1 \(expected)"), "\(value.debugDescription): \(answer.prefix(80))")
        }
        let city = try await RawConnection.answer(
            port: port,
            "GET /api/payment/subscription-status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\ncf-ipcity: S\u{E3}o Paulo\r\n"
                + "X-Request-ID: evil\u{1}id\r\nConnection: close\r\n\r\n")
        #expect(!city.contains("evil\u{1}id"), "it is not echoed")
    }

    /// Another method, a second value, a strange path (S20).
    private func polluted(_ system: RunningSystem) async throws {
        let base = "\(system.checkout)/api/payment"
        for path in Self.posts {
            for method in ["GET", "PUT", "DELETE", "TRACE"] {
                let answer = try await system.call(method, "\(base)/\(path)?_method=POST", as: "victim")
                #expect([400, 404, 405].contains(answer.status), "\(method) \(path): \(answer.status)")
            }
        }
        for path in ["payment-history?limit=1&limit=2", "timeline?cursor=a&cursor=b"] {
            #expect(try await system.checkout("GET", path, as: "thief").status == 400, "\(path)")
        }
        for path in ["%2e%2e/payment/subscription-status", "subscription-status%00", "SUBSCRIPTION-STATUS", "/subscription-status"] {
            let answer = try await system.checkout("GET", path, as: "thief")
            #expect([400, 404].contains(answer.status), "\(path): \(answer.status)")
        }
    }

    /// One customer's calls are bounded by who they are, whatever address they claim (S19).
    private func limited(_ system: RunningSystem) async throws {
        let token = try await TestToken.customer("flooder")
        let answers = try await withThrowingTaskGroup(of: (UInt, String?).self) { group in
            for number in 1...400 {
                group.addTask {
                    var request = HTTPClientRequest(url: "\(system.checkout)/api/payment/cancel-subscription")
                    request.method = .POST
                    request.headers.add(name: "Authorization", value: "Bearer \(token)")
                    request.headers.add(name: "Content-Type", value: "application/json")
                    request.headers.add(name: "X-Forwarded-For", value: "10.0.0.\(number % 250)")
                    request.body = .bytes(ByteBuffer(string: "{}"))
                    let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
                    return (answer.status.code, answer.headers.first(name: "Retry-After"))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let refused = answers.filter { $0.0 == 429 }
        #expect((50...110).contains(refused.count), "\(refused.count) of 400")
        #expect(refused.allSatisfy { $0.1.flatMap(Int.init).map { (1...60).contains($0) } == true })
        #expect(answers.allSatisfy { $0.0 == 429 || $0.0 == 404 })
        // Nobody else is bounded by it, and reads are not.
        try await #expect(system.account("cancel-subscription", as: "quiet").refusal() == "404 no_subscription")
        #expect(try await system.checkout("GET", "subscription-status", as: "flooder").status == 200)
    }
}

extension RawConnection {
    /// All that is answered to what is sent.
    static func answer(port: Int, _ text: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let connection = try RawConnection(port: port)
                        connection.send(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
                        return connection.read().text
                    })
            }
        }
    }
}

/// Percent-encoding for queries.
private enum Form {
    static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }
}

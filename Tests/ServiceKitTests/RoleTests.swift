import Foundation
import Hummingbird
import Models
import Testing

@testable import ServiceKit

@Suite("Who may call which route")
struct RoleTests {
    private struct Echo: ResponseEncodable {
        let userID: String
    }

    private func service<Value>(_ body: (RunningService) async throws -> Value) async throws -> Value {
        try await RunningService.run(
            parts: { foundation in
                ServiceParts { router in
                    router.get("/public") { _, _ in Echo(userID: "nobody") }
                    let customers = router.customer("/me", foundation.authenticator)
                    customers.get { _, context in Echo(userID: context.userID.rawValue) }
                    customers.post { _, context in Echo(userID: context.userID.rawValue) }
                    router.admin("/admin", foundation.authenticator)
                        .get("/things/:id") { _, context in Echo(userID: context.identity.userID.rawValue) }
                        .post("/things") { _, context in Echo(userID: context.userID.rawValue) }
                }
            }, body)
    }

    @Test("each kind of caller gets what is theirs")
    func matrix() async throws {
        try await service { (service) async throws in
            let callers: [(String, [(String, String)], me: Int, admin: Int)] = [
                ("nobody", [], 401, 401),
                ("customer", Tokens.bearer(try await Tokens.customer()), 200, 403),
                ("admin", Tokens.bearer(try await Tokens.admin()), 200, 200),
                ("stale admin", Tokens.bearer(try await Tokens.staleAdmin()), 200, 403),
                (
                    "customer who says admin", Tokens.bearer(try await Tokens.customer()) + [("role", "admin"), ("X-Role", "admin")], 200,
                    403
                ),
            ]
            for (name, headers, me, admin) in callers {
                #expect(try await service.call("GET", "/public", headers: headers).status == 200, "\(name)")
                #expect(try await service.call("GET", "/me", headers: headers).status == me, "\(name)")
                #expect(try await service.call("GET", "/admin/things/1?role=admin", headers: headers).status == admin, "\(name)")
                #expect(try await service.post("/admin/things", #"{"role":"admin"}"#, headers: headers).status == admin, "\(name)")
            }
        }
    }

    @Test("a refusal says what is needed and nothing else")
    func refusals() async throws {
        try await service { (service) async throws in
            let missing = try await service.call("GET", "/me")
            #expect((missing.status, missing.code) == (401, "unauthenticated"))
            #expect(missing[header: "www-authenticate"] == "Bearer")
            let customer = try await service.call("GET", "/admin/things/1", headers: Tokens.bearer(try await Tokens.customer()))
            #expect((customer.status, customer.code) == (403, "admin_only"))
            let stale = try await service.call("GET", "/admin/things/1", headers: Tokens.bearer(try await Tokens.staleAdmin()))
            #expect((stale.status, stale.code) == (403, "admin_token_too_old"))
        }
    }

    @Test("an Authorization field of another form is no token")
    func form() async throws {
        try await service { (service) async throws in
            let token = try await Tokens.customer()
            for value in ["", "Bearer", "Bearer ", "Bearer  \(token)", "Basic \(token)", token, "Bearer \(token) x", "Bearer,\(token)"] {
                #expect(try await service.call("GET", "/me", headers: [("Authorization", value)]).status == 401, "\(value.prefix(20))")
            }
            #expect(try await service.call("GET", "/me", headers: [("Authorization", "bearer \(token)")]).status == 200)
        }
    }

    @Test("the session cookie reads, and changes only with its CSRF token")
    func cookie() async throws {
        try await service { (service) async throws in
            let settings = Settings(["AUTH_JWT_SECRET": Tokens.secret])
            let admin = try await Authenticator(settings: settings, logger: Tokens.quiet, now: { Tokens.now }).identity(
                of: try await Tokens.admin())
            let session = SessionCookie(admin)
            let set = session.setCookie(seconds: 600)
            for part in ["payments_session=", "; HttpOnly", "; Secure", "; SameSite=Strict", "; Max-Age=600"] {
                #expect(set.contains(part))
            }
            let cookie = ("Cookie", "theme=dark; " + set.prefix { $0 != ";" })
            #expect(try await service.call("GET", "/admin/things/1", headers: [cookie]).status == 200)
            #expect(try await service.post("/admin/things", "{}", headers: [cookie]).code == "csrf_token_invalid")
            #expect(try await service.post("/admin/things", "{}", headers: [cookie, ("X-CSRF-Token", "AAAA")]).status == 403)
            #expect(try await service.post("/admin/things", "{}", headers: [cookie, ("X-CSRF-Token", session.csrfToken)]).status == 200)
            let twice = ("Cookie", "payments_session=x; " + set.prefix { $0 != ";" })
            #expect(try await service.call("GET", "/me", headers: [twice]).status == 401)
        }
    }

    @Test("the log names the user and neither token nor query")
    func log() async throws {
        try await service { (service) async throws in
            let token = try await Tokens.customer("user_77")
            _ = try await service.call("GET", "/me?secret=CANARY", headers: Tokens.bearer(token))
            let line = try #require(service.log.records.first { $0["message"] as? String == "request" })
            #expect(line["user_id"] as? String == "user_77")
            #expect(line["route"] as? String == "/me")
            #expect(line["method"] as? String == "GET")
            #expect(line["status"] as? Int == 200)
            #expect(line["ms"] is Int)
            #expect(!service.log.text.contains(token) && !service.log.text.contains("CANARY"))
        }
    }
}

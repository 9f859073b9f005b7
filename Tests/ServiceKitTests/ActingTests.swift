import Hummingbird
import Messaging
import Testing

@testable import ServiceKit

@Suite("Who acts, and from where")
struct ActingTests {
    @Test(
        "the address is the gateway's one word, or none",
        arguments: [
            (["203.0.113.7"], "203.0.113.7"), (["2001:db8::7"], "2001:db8::7"), ([], nil), (["203.0.113.7, 10.0.0.1"], nil),
            (["203.0.113.7", "10.0.0.1"], nil), (["unknown"], nil), (["'; DROP TABLE audit_log"], nil), ([""], nil),
            ([String(repeating: "1", count: 46)], nil),
        ] as [([String], String?)])
    func address(values: [String], expected: String?) {
        #expect(Acting.address(values) == expected)
    }

    @Test("routes for customers are put down to users, routes for admins to admins, with route, request and address")
    func routes() async throws {
        let parts: @Sendable (ServiceFoundation) -> ServiceParts = { foundation in
            ServiceParts { router in
                router.customer("/me", foundation.authenticator).post("/things/:id") { _, _ in Self.shown }
                router.admin("/admin", foundation.authenticator).post("/things") { _, _ in Self.shown }
            }
        }
        try await RunningService.run(parts: parts) { (service) async throws in
            let admin = Tokens.bearer(try await Tokens.admin()) + [("X-Forwarded-For", "203.0.113.7")]
            let asUser = try await service.post("/me/things/1", "{}", headers: admin)
            #expect(asUser.body.hasSuffix("POST /me/things/{id} 203.0.113.7") && asUser.body.hasPrefix("user "))
            let asAdmin = try await service.post("/admin/things", "{}", headers: admin)
            #expect(asAdmin.body.hasSuffix("POST /admin/things 203.0.113.7") && asAdmin.body.hasPrefix("admin "))
        }
    }

    private static var shown: String {
        let acting = Acting.current
        return "\(acting.kind.rawValue) \(acting.name) \(acting.origin) \(acting.address ?? "nowhere")"
    }
}

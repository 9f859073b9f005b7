import Hummingbird
import Testing

@testable import ServiceKit

@Suite("Pages of other origins")
struct CrossOriginTests {
    private func service(_ body: (RunningService) async throws -> Void) async throws {
        try await RunningService.run(
            ["ALLOWED_ORIGINS": "https://shop.example, http://localhost:3000"],
            parts: { _ in
                ServiceParts { router in
                    router.get("/thing") { _, _ in "yes" }
                    router.post("/fails") { _, _ -> String in throw APIError.notFound() }
                }
            }, body)
    }

    private func preflight(_ origin: String) -> [(String, String)] {
        [("Origin", origin), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization")]
    }

    @Test("a preflight of an allowed origin is answered with all that is allowed")
    func allowed() async throws {
        try await service { (service) async throws in
            let answer = try await service.call("OPTIONS", "/thing", headers: preflight("https://shop.example"))
            #expect(answer.status == 204 && answer.body.isEmpty)
            #expect(answer[header: "access-control-allow-origin"] == "https://shop.example")
            #expect(answer[header: "access-control-allow-methods"]?.contains("POST") == true)
            for name in ["Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID", "X-CSRF-Token"] {
                #expect(answer[header: "access-control-allow-headers"]?.contains(name) == true)
            }
            #expect(answer[header: "access-control-max-age"] != nil)
            #expect(answer[header: "vary"] == "Origin")
            #expect(answer[header: "access-control-allow-credentials"] == nil)
        }
    }

    @Test(
        "any other origin is refused",
        arguments: [
            "https://evil.example", "https://shop.example.evil.example", "https://shop.example:443", "http://shop.example", "null", "*",
            "https://SHOP.example", "https://shop.example/", "http://localhost:30000",
        ])
    func refused(origin: String) async throws {
        try await service { (service) async throws in
            let preflight = try await service.call("OPTIONS", "/thing", headers: preflight(origin))
            #expect((preflight.status, preflight.code) == (403, "origin_not_allowed"))
            #expect(preflight[header: "access-control-allow-origin"] == nil)
            let plain = try await service.call("GET", "/thing", headers: [("Origin", origin)])
            #expect(plain.status == 200)
            #expect(plain[header: "access-control-allow-origin"] == nil)
            #expect(plain[header: "vary"] == "Origin")
        }
    }

    @Test("errors are readable for allowed origins too")
    func errors() async throws {
        try await service { (service) async throws in
            for (method, path, status) in [("POST", "/fails", 404), ("GET", "/absent", 404), ("DELETE", "/thing", 405)] {
                let answer = try await service.call(method, path, headers: [("Origin", "http://localhost:3000")])
                #expect(answer.status == status)
                #expect(answer[header: "access-control-allow-origin"] == "http://localhost:3000")
                #expect(answer[header: "access-control-expose-headers"]?.contains("X-Request-ID") == true)
            }
        }
    }

    @Test(
        "what is not an origin is an unusable setting",
        arguments: ["*", "shop.example", "https://", "https://shop.example/", "ftp://x", "https://A.example"])
    func setting(text: String) {
        let settings = Settings(["ALLOWED_ORIGINS": text])
        _ = CrossOrigin(settings: settings)
        #expect(throws: SettingsError.self) { try settings.validate() }
    }
}

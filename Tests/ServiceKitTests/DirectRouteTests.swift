import Hummingbird
import Messaging
import TestKit
import Testing

@testable import ServiceKit

@Suite("A direct route")
struct DirectRouteTests {
    /// Longer than anything here takes on a busy machine.
    private static let patience = 20.0

    /// `POST /direct` takes "good" at once, "late" and "broken" after a moment on another thread (or when told),
    /// and nothing else.
    private func service(
        limits: HTTPLimits = HTTPLimits(), taken: WakeSignal = WakeSignal(), release: WakeSignal? = nil,
        _ body: (RunningService) async throws -> Void
    ) async throws {
        try await RunningService.run(
            limits: limits,
            parts: { _ in
                ServiceParts(
                    direct: [
                        DirectRoute(.post, "/direct", reading: "x-field", longestBody: 1000) { delivery, done in
                            let direct = DirectRoute.Answer(body: Array(#"{"by":"direct"}"#.utf8))
                            switch String(decoding: delivery.body, as: UTF8.self) {
                            case "good": done(direct)
                            case "field": done(delivery.field == "value" ? direct : nil)
                            case "late", "broken":
                                let isGood = delivery.body.first == UInt8(ascii: "l")
                                taken.raise()
                                // lint:allow unstructured Task because it stands for a thread that answers later
                                Task {
                                    if let release { await release.wait(for: .seconds(30)) }
                                    done(isGood ? direct : nil)
                                }
                            default: return false
                            }
                            return true
                        },
                        DirectRoute(.get, "/read", reading: "x-field") { _, done in
                            done(DirectRoute.Answer(body: Array("direct".utf8)))
                            return true
                        },
                    ]
                ) { router in
                    router.get("/read") { _, _ in "router" }
                    router.get("/other") { _, _ in "other" }
                    router.post("/direct") { request, _ in
                        let bytes = try await request.rawBody(limit: 2000)
                        if bytes.elementsEqual("refused".utf8) { throw APIError.forbidden("Not this.", code: "not_this") }
                        return "router \(bytes.count)"
                    }
                }
            }, body)
    }

    private static func post(_ body: String, _ fields: String = "") -> String {
        "POST /direct HTTP/1.1\r\nHost: h\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static let other = "GET /other HTTP/1.1\r\nHost: h\r\n\r\n"

    /// What comes back until the other side closes, which the last request asks for.
    private func said(_ text: String, to service: RunningService) async throws -> String {
        try await RawConnection.exchange(port: service.addresses.port, Array(text.utf8), seconds: Self.patience).text
    }

    @Test(
        "takes what it wants, and leaves the rest to the router as if it were not there",
        arguments: [
            ("good", "", "direct"), ("late", "", "direct"), ("broken", "", "router 6"), ("another", "", "router 7"), ("", "", "router 0"),
            ("field", "X-Field: value\r\n", "direct"), ("field", "", "router 5"), ("refused", "", "not_this"),
            ("good", "Origin: https://shop.example\r\n", "router 4"), ("good", "Expect: 100-continue\r\n", "router 4"),
            (String(repeating: "x", count: 1001), "", "router 1001"), (String(repeating: "x", count: 2001), "", "body_too_large"),
        ])
    func takes(body: String, fields: String, by: String) async throws {
        try await service { (service) async throws in
            let text = try await said(Self.post(body, fields + "Connection: close\r\n"), to: service)
            #expect(text.contains(by), "\(text)")
            #expect(text.ranges(of: "HTTP/1.1 ").count == (fields.contains("Expect") ? 2 : 1), "\(text)")
        }
    }

    @Test("leaves a chunked body, another method and an address with a query to the router")
    func others() async throws {
        try await service { (service) async throws in
            let last = "Connection: close\r\n"
            let chunked = "POST /direct HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\(last)\r\n4\r\ngood\r\n0\r\n\r\n"
            #expect(try await said(chunked, to: service).contains("router 4"))
            #expect(try await said(Self.post("good", last).replacing("POST", with: "PUT"), to: service).contains("405"))
            #expect(try await said(Self.post("good", last).replacing("/direct", with: "/direct?a=b"), to: service).contains("router 4"))
        }
    }

    @Test("a read with a body, a query or another method is the router's; one with none is taken")
    func reads() async throws {
        try await service { (service) async throws in
            for (request, by) in [
                ("GET /read HTTP/1.1\r\n", "direct"), ("GET /read HTTP/1.1\r\nContent-Length: 0\r\n", "direct"),
                ("GET /read?a=b HTTP/1.1\r\n", "router"), ("HEAD /read HTTP/1.1\r\n", "200 OK"),
                ("GET /read HTTP/1.1\r\nOrigin: https://shop.example\r\n", "router"),
                ("GET /read HTTP/1.0\r\n", "router"),
            ] {
                let text = try await said(request + "Host: h\r\nConnection: close\r\n\r\n", to: service)
                #expect(text.contains(by), "\(request) \(text)")
                #expect(text.statuses == ["200"], "\(request) \(text)")
            }
            let body = "GET /read HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 4\r\n\r\ngood"
            #expect(try await said(body, to: service).contains("router"))
        }
    }

    @Test("answers with the fields of every other answer")
    func fields() async throws {
        try await service { (service) async throws in
            var names: [Set<String>] = []
            for body in ["good", "another"] {
                let headers = [("X-Request-ID", "mine"), ("traceparent", "x")]
                let answer = try await service.call("POST", "/direct", headers: headers, body: body)
                #expect(answer.status == 200)
                #expect(answer[header: "x-request-id"] == "mine")
                #expect(answer[header: "date"]?.hasSuffix(" GMT") == true)
                names.append(Set(answer.headers.map { $0.0.lowercased() }))
            }
            #expect(names[0] == names[1])
            let metrics = try await service.call("GET", "/metrics", management: true).body
            #expect(metrics.contains(#"http_requests_total{method="POST",route="/direct",service="test",status="200"} "#))
        }
    }

    @Test("answers leave in the order of the requests, whoever gives them; behind one of the router's all are the router's")
    func order() async throws {
        try await service { (service) async throws in
            let requests = [
                Self.post("late"), Self.post("good"), Self.other, Self.post("late"), Self.post("broken"), Self.other,
                Self.post("another", "Connection: close\r\n"),
            ]
            let text = try await said(requests.joined(), to: service)
            let answers = text.matches(of: /(other|direct|router \d)(?:HTTP|"\}|$)/).map { String($0.1) }
            #expect(answers == ["direct", "direct", "other", "router 4", "router 6", "other", "router 7"], "\(text)")
        }
    }

    @Test("many requests sent at once on one connection are answered, each once")
    func flood() async throws {
        try await service { (service) async throws in
            let count = 1000
            let last = Self.post("good", "Connection: close\r\n")
            let connection = try RawConnection(port: service.addresses.port)
            async let text = RawConnection.onThread { connection.read(seconds: Self.patience).text }
            try await RawConnection.onThread { connection.send(String(repeating: Self.post("good"), count: count) + last) }
            #expect(try await text.ranges(of: "\"direct\"").count == count + 1)
        }
    }

    @Test("a client that has said all it will gets its answer")
    func halfClosed() async throws {
        try await service { (service) async throws in
            let text = try await RawConnection.onThread {
                let connection = try RawConnection(port: service.addresses.port)
                connection.send(Self.post("late"))
                connection.finishSending()
                return connection.read(seconds: Self.patience).text
            }
            #expect(text.contains("direct"))
        }
    }

    @Test("a body that does not come in time is 408, by the router")
    func slowBody() async throws {
        var limits = HTTPLimits()
        limits.bodyDeadline = .milliseconds(300)
        try await service(limits: limits) { (service) async throws in
            let text = try await said("POST /direct HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\ngo", to: service)
            #expect(text.statuses == ["408"])
            #expect(text.contains("request_timeout"))
        }
    }

    @Test("a shutdown waits for what it has taken")
    func shutdown() async throws {
        let (taken, release) = (WakeSignal(), WakeSignal())
        try await service(taken: taken, release: release) { (service) async throws in
            let connection = try RawConnection(port: service.addresses.port)
            connection.send(Self.post("late"))
            async let text = RawConnection.onThread { connection.read(seconds: Self.patience).text }
            await taken.wait(for: .seconds(30))
            await service.stop()
            release.raise()
            #expect(try await text.contains("direct"))
        }
    }
}

@Suite("The time as HTTP writes it")
struct HTTPDateTests {
    @Test(
        "has two digits, English names and GMT",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (1_709_210_096, "Thu, 29 Feb 2024 12:34:56 GMT"),
        ])
    func text(second: Int, text: String) {
        #expect(HTTPDate.text(second) == text)
    }
}

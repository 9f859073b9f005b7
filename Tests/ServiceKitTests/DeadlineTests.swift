import Foundation
import Hummingbird
import TestKit
import Testing

@testable import ServiceKit

@Suite("Connections that take their time")
struct DeadlineTests {
    /// Far more than the deadlines below, because the machine may be busy, and far less than those of production.
    private static let patience = 28.0

    private static var short: HTTPLimits {
        var limits = HTTPLimits()
        limits.headDeadline = .milliseconds(300)
        limits.bodyDeadline = .milliseconds(300)
        limits.idleTimeout = .milliseconds(300)
        limits.writeStall = .milliseconds(300)
        return limits
    }

    private func service(limits: HTTPLimits = short, _ body: (RunningService) async throws -> Void) async throws {
        try await RunningService.run(
            limits: limits,
            parts: { _ in
                ServiceParts { router in
                    router.get("/echo") { _, _ in "got" }
                    router.post("/echo") { request, _ in "read \(try await request.rawBody().count)" }
                    router.post("/deaf") { _, _ in "did not read" }
                    router.get("/large") { _, _ in ByteBuffer(repeating: 0x61, count: 64 << 20) }
                }
            }, body)
    }

    /// Says `beginning`, then `drop` again and again, a few milliseconds apart, until the other side closes.
    private static func drip(_ beginning: String, _ drop: String, port: Int) async throws -> (text: String, seconds: Double) {
        try await RawConnection.onThread {
            let began = ContinuousClock.now
            let connection = try RawConnection(port: port)
            connection.send(beginning)
            var text = ""
            for _ in 0..<1500 {
                connection.send(drop)
                let (more, isClosed) = connection.read(seconds: 0.02)
                text += more
                if isClosed { return (text, Double((ContinuousClock.now - began).milliseconds) / 1000) }
            }
            return ("never closed: " + text, .infinity)
        }
    }

    @Test(
        "the deadline is for the whole head and the whole body, however steadily they drip",
        arguments: [
            ("silence", "", ""), ("line", "G", ""), ("field", "GET /echo HTTP/1.1\r\nHost: h\r\nA: ", "a"),
            ("fields", "GET /echo HTTP/1.1\r\nHost: h\r\n", "A: b\r\n"),
            ("body", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n", "a"),
            ("chunks", "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"),
            ("chunk extension", "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;", "a"),
            ("second request", "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", "G"),
        ])
    func slow(name: String, beginning: String, drop: String) async throws {
        var limits = Self.short
        // A busy machine may let the connection rest for longer than that before the second request begins.
        if name == "second request" { limits.idleTimeout = .seconds(20) }
        try await service(limits: limits) { (service) async throws in
            let (text, seconds) = try await Self.drip(beginning, drop, port: service.addresses.port)
            #expect(seconds < Self.patience, "\(text)")
            let last = text.statuses.last
            // Repeated letters make a method that does not exist, which may be noticed before the deadline.
            #expect(last == "408" || (name == "second request" && last == "400"), "\(text)")
            #expect(text.contains(#"{"error":{"code":"#))
        }
    }

    @Test("a route that does not read a slow body answers all the same, and the connection ends")
    func deaf() async throws {
        var limits = HTTPLimits()
        limits.bodyDeadline = .seconds(2)
        try await service(limits: limits) { (service) async throws in
            let (text, seconds) = try await Self.drip(
                "POST /deaf HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n", "a", port: service.addresses.port)
            #expect(text.contains("did not read"))
            #expect(seconds < Self.patience)
        }
    }

    @Test("a connection may rest between requests, but not for ever")
    func idle() async throws {
        var limits = HTTPLimits()
        limits.idleTimeout = .milliseconds(300)
        try await service(limits: limits) { (service) async throws in
            let (text, isClosed) = try await RawConnection.exchange(
                port: service.addresses.port, Array("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n".utf8), seconds: Self.patience)
            #expect(isClosed)
            #expect(text.ranges(of: "HTTP/1.1 ").count == 1)
            #expect(text.contains("200"))
        }
    }

    @Test("a client that asks and does not read is dropped, and its place given to another")
    func stalled() async throws {
        var limits = HTTPLimits()
        limits.writeStall = .milliseconds(300)
        limits.connections = 1
        try await service(limits: limits) { (service) async throws in
            let connection = try RawConnection(port: service.addresses.port)
            connection.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
            // Only once it is being answered is the place taken.
            let beginning = try await RawConnection.onThread { connection.read(until: { !$0.isEmpty }).text }
            #expect(beginning.hasPrefix("HTTP/1.1 200"))
            let request = Array("GET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8)
            let deadline = ContinuousClock.now + .seconds(Self.patience)
            var text = ""
            while !text.contains("got"), ContinuousClock.now < deadline {
                text = try await RawConnection.exchange(port: service.addresses.port, request, seconds: 0.1).text
            }
            #expect(text.contains("got"))
            let rest = try await RawConnection.onThread { connection.count(seconds: 2) }
            #expect(rest < 64 << 20)
        }
    }

    @Test("a client that reads slowly gets the whole answer", arguments: ["close", "keep-alive"])
    func slowReader(connectionField: String) async throws {
        var limits = HTTPLimits()
        limits.linger = .milliseconds(100)
        limits.idleTimeout = .milliseconds(300)
        limits.writeStall = .seconds(10)
        try await service(limits: limits) { (service) async throws in
            let connection = try RawConnection(port: service.addresses.port)
            connection.send("GET /large HTTP/1.1\r\nHost: h\r\nConnection: \(connectionField)\r\n\r\n")
            let bytes = try await RawConnection.onThread { connection.count(seconds: Self.patience, pause: 10) }
            #expect(bytes >= 64 << 20)
        }
    }

    @Test("a shutdown sends to its end what a slow reader has begun to read")
    func slowReaderAtTheEnd() async throws {
        var limits = HTTPLimits()
        limits.writeStall = .seconds(10)
        try await service(limits: limits) { (service) async throws in
            let connection = try RawConnection(port: service.addresses.port)
            connection.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
            let begin = try await RawConnection.onThread { connection.read(until: { $0.contains("aaaa") }).text.utf8.count }
            await service.stop()
            let rest = try await RawConnection.onThread { connection.count(seconds: Self.patience, pause: 5) }
            #expect(begin + rest >= 64 << 20)
        }
    }

    @Test("connections beyond the limit are closed, and those within it go on")
    func crowd() async throws {
        var limits = HTTPLimits()
        limits.connections = 20
        try await service(limits: limits) { (service) async throws in
            let port = service.addresses.port
            let request = "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n"
            let answered = try await RawConnection.onThread {
                let first = try RawConnection(port: port)
                first.send(request)
                _ = first.read(until: { $0.contains("got") })
                let crowd = try (0..<60).map { _ in try RawConnection(port: port) }
                var answered = 0
                for connection in crowd {
                    connection.send(request)
                    if connection.read(until: { $0.contains("got") }).text.contains("got") { answered += 1 }
                }
                first.send(request)
                return first.read(until: { $0.contains("got") }).text.contains("got") ? answered : -1
            }
            #expect(answered == 19)
            let last = Array(request.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n").utf8)
            try await eventually("the places of the crowd are free again") {
                try await RawConnection.exchange(port: port, last).text.contains("got")
            }
        }
    }

    @Test("a thousand silent connections do not keep others from being served")
    func silentCrowd() async throws {
        try await service(limits: HTTPLimits()) { (service) async throws in
            let crowd = try (0..<900).map { _ in try RawConnection(port: service.addresses.port) }
            for _ in 0..<20 { #expect(try await service.call("GET", "/echo").body == "got") }
            #expect(crowd.count == 900)
        }
    }
}

import Foundation
import Hummingbird
import TestKit
import Testing

@testable import ServiceKit

@Suite("Requests that break the rules of HTTP")
struct RawRequestTests {
    /// What a connection says, what it must hear, and whether it must be closed.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let sent: String
        let status: Int
        var testDescription: String { name }

        init(_ name: String, _ sent: String, _ status: Int = 400) {
            self.name = name
            self.sent = sent
            self.status = status
        }
    }

    private static func post(_ fields: String, _ body: String = "") -> String {
        "POST /echo HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n\(body)"
    }
    private static func get(_ fields: String) -> String { "GET /echo HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n" }
    private static func line(_ line: String) -> String { "\(line)\r\nHost: h\r\n\r\n" }

    private static let smuggling = [
        Case("length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        Case("chunks and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n")),
        Case("two lengths", post("Content-Length: 1\r\nContent-Length: 2", "ab")),
        Case("the same length twice", post("Content-Length: 1\r\nContent-Length: 1", "a")),
        Case("a list of lengths", post("Content-Length: 1, 1", "a")), Case("a negative length", post("Content-Length: -1", "a")),
        Case("a length with a plus", post("Content-Length: +1", "a")), Case("a length in hexadecimal", post("Content-Length: 0x1", "a")),
        Case("a length that overflows", post("Content-Length: 99999999999999999999", "a")),
        Case("an empty length", post("Content-Length: ", "a")),
        Case("an unknown coding", post("Transfer-Encoding: xchunked", "0\r\n\r\n")),
        Case("chunked twice", post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n")),
        Case("chunked not last", post("Transfer-Encoding: chunked, identity", "0\r\n\r\n")),
        Case("gzip and chunked", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")),
        Case("two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n")),
        Case("a coding before the colon", post("Transfer-Encoding : chunked", "0\r\n\r\n")),
        Case("a coding after a tab", post("Transfer-Encoding:\u{0B}chunked", "0\r\n\r\n")),
        Case("a chunk size that is no number", post("Transfer-Encoding: chunked", "x\r\na\r\n0\r\n\r\n")),
        Case("a negative chunk size", post("Transfer-Encoding: chunked", "-1\r\na\r\n0\r\n\r\n")),
        Case("an overlong chunk size", post("Transfer-Encoding: chunked", "fffffffffffffffff\r\na\r\n0\r\n\r\n")),
        Case("a chunk longer than its size", post("Transfer-Encoding: chunked", "1\r\nab\r\n0\r\n\r\n")),
        Case("a bare line feed behind a chunk", post("Transfer-Encoding: chunked", "1\na\n0\n\n")),
        Case("chunks in HTTP/1.0", "POST /echo HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ]

    private static let heads = [
        Case("bare line feeds", "GET /echo HTTP/1.1\nHost: h\n\n"),
        Case("a bare carriage return", "GET /echo HTTP/1.1\r\nHost: h\r\nA: b\rC: d\r\n\r\n"),
        Case("a folded field", get("A: b\r\n c")), Case("a field without a name", get(": b")), Case("a field without a colon", get("A")),
        Case("a space in a field's name", get("A b: c")), Case("a NUL in a field", get("A: b\u{0}c")),
        Case("a control character in a field", get("A: b\u{1}c")),
        Case("NUL in Idempotency-Key", get("Idempotency-Key: a\u{0}b")),
        Case("two Idempotency-Keys", get("Idempotency-Key: a\r\nIdempotency-Key: b")),
        Case("two tokens", get("Authorization: Bearer a\r\nAuthorization: Bearer b")),
        Case("no host", "GET /echo HTTP/1.1\r\n\r\n"), Case("two hosts", "GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        Case("a host with a path", "GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        Case("a host with a user", "GET /echo HTTP/1.1\r\nHost: u@a\r\n\r\n"),
        Case("HTTP/2 in the clear", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Case("HTTP/0.9", "GET /echo\r\n\r\n"),
        Case("HTTP/3.1", line("GET /echo HTTP/3.1")),
        Case("TLS on a plain port", "\u{16}\u{3}\u{1}\u{0}\u{5}hello"), Case("a method of lower case", line("get /echo HTTP/1.1")),
        Case("CONNECT", line("CONNECT evil.example:443 HTTP/1.1")),
        Case("an expectation", get("Expect: 200-ok"), 417),
        Case("an address of 9 KiB", line("GET /\(String(repeating: "a", count: 9 * 1024)) HTTP/1.1"), 414),
        Case("an address of 20 KiB", line("GET /\(String(repeating: "a", count: 20 * 1024)) HTTP/1.1"), 414),
        Case("an address of 64 KiB", line("GET /\(String(repeating: "a", count: 64 * 1024)) HTTP/1.1"), 431),
        Case("a field of 17 KiB", get("A: " + String(repeating: "a", count: 17 * 1024)), 431),
        Case("a field of 1 MiB", get("A: " + String(repeating: "a", count: 1 << 20)), 431),
        Case("150 fields", get((0..<150).map { "A\($0): b" }.joined(separator: "\r\n")), 431),
        Case("100,000 fields", get((0..<100_000).map { "A\($0): b" }.joined(separator: "\r\n")), 431),
        Case("a length above all limits", post("Content-Length: 5000000"), 413),
    ]

    private static let addresses = [
        "/../echo", "/echo/..", "/./echo", "//echo", "/echo//x", "/%2e%2e/echo", "/.%2e/echo", "/%2E/echo", "/echo%00", "/echo%0a",
        "/echo%0d%0aX:%20y",
        "/a%2fb", "/a%5cb", "/a\\b", "/%", "/%4", "/%zz", "/%ff", "echo", "*", "/echo?a=1&a=2", "/echo?a=%00", "/echo?a=%zz",
    ].map { Case("address \($0)", line("GET \($0) HTTP/1.1").replacing("\r\nHost", with: "\r\nConnection: close\r\nHost")) }

    private func service(limits: HTTPLimits = HTTPLimits(), _ body: (RunningService) async throws -> Void) async throws {
        try await RunningService.run(
            limits: limits,
            parts: { _ in
                ServiceParts { router in
                    router.get("/echo") { _, _ in "got" }
                    router.post("/echo") { request, _ in "read \(try await request.rawBody().count)" }
                    router.post("/deaf") { _, _ in "did not read" }
                }
            }, body)
    }

    @Test(
        "each is refused in the shape of every error, and the connection closed; the service lives on",
        arguments: smuggling + heads + addresses)
    func refused(wrong: Case) async throws {
        try await service { (service) async throws in
            let follower = "GET /echo HTTP/1.1\r\nHost: smuggled\r\n\r\n"
            let (text, isClosed) = try await RawConnection.exchange(port: service.addresses.port, Array((wrong.sent + follower).utf8))
            #expect(isClosed)
            #expect(text.hasPrefix("HTTP/1.1 \(wrong.status) "), "\(text)")
            #expect(text.contains("\r\nconnection: close\r\n") || text.contains("\r\nConnection: close\r\n"))
            #expect(text.contains(#"{"error":{"code":""#) && text.contains(#""request_id":""#))
            #expect(text.ranges(of: "HTTP/1.1 ").count == 1, "what follows must not be read as a request")
            #expect(try await service.call("GET", "/echo").body == "got")
        }
    }

    @Test(
        "requests in order are answered, also old, pipelined, chunked and halved ones",
        arguments: [
            ("plain", "GET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", ["200"]),
            ("old", "GET /echo HTTP/1.0\r\n\r\n", ["200"]),
            ("absolute", "GET http://h/echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", ["200"]),
            (
                "pipelined",
                "GET /echo HTTP/1.1\r\nHost: h\r\n\r\nPOST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nabGET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                ["200", "200", "200"]
            ),
            ("right, then wrong", "GET /echo HTTP/1.1\r\nHost: h\r\n\r\nGET /echo HTTP/1.1\r\n\r\n", ["200", "400"]),
            (
                "chunked",
                "POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=1\r\nab\r\n0\r\nTrailer: x\r\n\r\n",
                ["200"]
            ),
            ("upgrade", "GET /echo HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", ["200"]),
            ("foreign cookie", "GET /echo HTTP/1.1\r\nHost: h\r\nCookie: name=é\r\nConnection: close\r\n\r\n", ["200"]),
            (
                "continue", "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 1\r\n\r\na",
                ["100", "200"]
            ),
            ("head", "HEAD /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", ["200"]),
        ])
    func accepted(name: String, sent: String, statuses: [String]) async throws {
        try await service { (service) async throws in
            let (text, isClosed) = try await RawConnection.exchange(port: service.addresses.port, Array(sent.utf8))
            #expect(isClosed)
            #expect(text.statuses == statuses, "\(text)")
            if name == "head" { #expect(text.hasSuffix("\r\n\r\n")) }
        }
    }

    /// Proxies put text of their own there: the name of a city in Cloudflare's `cf-ipcity`, in Latin-1 or UTF-8 (RFC 9110, 5.5, obs-text).
    @Test("bytes beyond ASCII in any field are taken", arguments: [[0xE3], [0xC3, 0xA3], [0x80], [0xFF]] as [[UInt8]])
    func foreignBytes(bytes: [UInt8]) async throws {
        try await service { (service) async throws in
            let request = Array("GET /echo HTTP/1.1\r\nHost: h\r\ncf-ipcity: S".utf8) + bytes + Array("o\r\nConnection: close\r\n\r\n".utf8)
            let (text, _) = try await RawConnection.exchange(port: service.addresses.port, request)
            #expect(text.statuses == ["200"], "\(text)")
        }
    }

    @Test("a body cut short or broken never reaches the route as a whole one")
    func cutShort() async throws {
        try await service { (service) async throws in
            for sent in [
                "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc",
                "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",
            ] {
                let text = try await RawConnection.onThread {
                    let connection = try RawConnection(port: service.addresses.port)
                    connection.send(sent)
                    connection.finishSending()
                    return connection.read().text
                }
                #expect(text.hasPrefix("HTTP/1.1 400 "), "\(text)")
                #expect(!text.contains("read 3"))
            }
        }
    }

    @Test("a body without end is cut off, whether its route reads it or not", arguments: ["/echo", "/deaf"])
    func endless(path: String) async throws {
        var limits = HTTPLimits()
        limits.bodyBytes = 1 << 20
        try await service(limits: limits) { (service) async throws in
            let chunk = [UInt8]("10000\r\n".utf8) + [UInt8](repeating: 0x61, count: 65536) + [UInt8]("\r\n".utf8)
            let (text, isClosed) = try await RawConnection.onThread {
                let connection = try RawConnection(port: service.addresses.port)
                connection.send("POST \(path) HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<1000 { connection.send(chunk) }
                return connection.read()
            }
            #expect(isClosed)
            // A reset may overtake the answer; what must not happen is an answer that accepts the body.
            if path == "/echo" { #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 413 "), "\(text)") }
            #expect(try await service.call("GET", "/echo").body == "got")
        }
    }
}

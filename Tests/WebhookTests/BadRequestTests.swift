import Foundation
import Messages
import Postgres
import TestKit
import Testing

@Suite("POST /webhook refuses")
struct BadRequestTests {
    /// A request, what is to be answered, and the code in the answer's body.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let status: String
        let code: String
        let bytes: @Sendable () throws -> [UInt8]
        var testDescription: String { name }
    }

    /// A whole request of raw parts.
    private static func request(
        _ body: [UInt8], line: String = "POST /api/payment/webhook HTTP/1.1", signature: String?, fields: [String] = [], framed: Bool = true
    ) -> [UInt8] {
        var head = [line, "Host: door", "Connection: close"] + fields
        if let signature { head.append("Stripe-Signature: \(signature)") }
        if framed { head.append("Content-Length: \(body.count)") }
        return Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }

    // MARK: The header

    /// A good body under a header made of the true time and signature.
    private static func header(_ name: String, _ make: @escaping @Sendable (_ time: String, _ signature: String) throws -> String?) -> Case
    {
        Case(name: "header: \(name)", status: "400", code: "invalid_signature") {
            let good = try RunningWebhook.signature(of: event())
            let parts = good.split(separator: ",").map { String($0.drop { $0 != "=" }.dropFirst()) }
            return request(event(), signature: try make(parts[0], parts[1]))
        }
    }

    private static let headers = [
        header("missing") { _, _ in nil }, header("empty") { _, _ in "" }, header("only a time") { time, _ in "t=\(time)" },
        header("only a signature") { _, signature in "v1=\(signature)" },
        header("no equals sign") { time, signature in "t\(time),v1\(signature)" },
        header("one digit short") { time, signature in "t=\(time),v1=\(signature.dropLast())" },
        header("one digit long") { time, signature in "t=\(time),v1=\(signature)0" },
        header("in capitals") { time, signature in "t=\(time),v1=\(signature.uppercased())" },
        header("not hexadecimal") { time, signature in "t=\(time),v1=\(signature.dropLast())g" },
        header("all zeros") { time, _ in "t=\(time),v1=\(String(repeating: "0", count: 64))" },
        header("last digit changed") { time, signature in "t=\(time),v1=\(signature.dropLast())\(signature.last == "0" ? "1" : "0")" },
        header("another scheme") { time, signature in "t=\(time),v0=\(signature)" },
        header("scheme in capitals") { time, signature in "t=\(time),V1=\(signature)" },
        header("two times") { time, signature in "t=\(time),t=\(time),v1=\(signature)" },
        header("no time") { _, signature in "t=,v1=\(signature)" },
        header("time below zero") { time, signature in "t=-\(time),v1=\(signature)" },
        header("time with a plus") { time, signature in "t=+\(time),v1=\(signature)" },
        header("time with a point") { time, signature in "t=\(time).0,v1=\(signature)" },
        header("time with a space") { time, signature in "t= \(time),v1=\(signature)" },
        header("time in hexadecimal") { _, signature in "t=0x6956,v1=\(signature)" },
        header("time of 16 digits") { time, signature in "t=000000\(time),v1=\(signature)" },
        header("a space behind the comma") { time, signature in "t=\(time), v1=\(signature)" },
        header("semicolons") { time, signature in "t=\(time);v1=\(signature)" },
        header("a comma at the end") { time, signature in "t=\(time),v1=\(signature)," },
        header("a comma at the beginning") { time, signature in ",t=\(time),v1=\(signature)" },
        header("in quotes") { time, signature in "\"t=\(time),v1=\(signature)\"" },
        header("six signatures") { time, signature in "t=\(time)" + String(repeating: ",v1=\(signature)", count: 6) },
        header("longer than 1 KiB") { time, signature in "t=\(time),v1=\(signature),v0=\(String(repeating: "a", count: 1024))" },
    ]

    // MARK: What is signed

    private static func signed(_ name: String, of other: [UInt8]? = nil, seconds: Double = 0, by secret: String = RunningWebhook.secret)
        -> Case
    {
        Case(name: "signed: \(name)", status: "400", code: "invalid_signature") {
            request(
                event(), signature: try RunningWebhook.signature(of: other ?? event(), at: Date().addingTimeInterval(seconds), by: secret))
        }
    }

    private static let signatures = [
        signed("another event", of: event("evt_2")), signed("the same with a space behind it", of: event() + [0x20]),
        signed("all but the last byte", of: event().dropLast()), signed("nothing", of: []),
        signed("the parsed and rewritten body", of: Array(String(decoding: event(), as: UTF8.self).replacing(",", with: ", ").utf8)),
        signed("with another secret", by: "whsec_stolen"), signed("with the secret without its prefix", by: "test"),
        signed("with the secret and a space", by: "whsec_test "), signed("302 seconds ago", seconds: -302),
        signed("an hour ago", seconds: -3600),
        signed("310 seconds from now", seconds: 310), signed("a day from now", seconds: 86_400),
    ]

    // MARK: What is no event, though truly signed

    private static func body(_ name: String, _ bytes: [UInt8], fields: [String] = [], code: String = "not_an_event") -> Case {
        Case(name: "body: \(name)", status: "400", code: code) {
            request(bytes, signature: try RunningWebhook.signature(of: bytes), fields: fields)
        }
    }

    private static func text(_ name: String, _ text: String) -> Case { body(name, Array(text.utf8)) }

    private static func with(_ name: String, _ old: String, _ new: String) -> Case {
        let changed = String(decoding: event(), as: UTF8.self).replacing(old, with: new)
        return text("\(name)", changed)
    }

    private static let bodies = [
        text("empty", ""), text("a space", " "), text("null", "null"), text("an array", "[]"), text("a number", "1"),
        text("a text", #""evt_1""#),
        text("an empty object", "{}"), text("cut off", String(decoding: event().dropLast(2), as: UTF8.self)),
        text("with something behind it", String(decoding: event(), as: UTF8.self) + "x"),
        text("two documents", String(decoding: event() + event(), as: UTF8.self)),
        text("a byte order mark", "\u{FEFF}" + String(decoding: event(), as: UTF8.self)),
        with("a comma too many", "}}", ",}}"), with("single quotes", "\"", "'"), with("NaN", "1767261600", "NaN"),
        with("a leading zero", "1767261600", "01767261600"), with("a bare line feed in a text", "thing_1", "thing\n1"),
        with("an unknown escape", "thing_1", #"thing\x1"#), with("half an escape", "thing_1", #"thing\u12"#),
        text(
            "65 levels",
            #"{"id":"evt_1","object":"event","x":"# + String(repeating: "[", count: 64) + String(repeating: "]", count: 64) + "}"),
        text("100,000 levels", String(repeating: "[", count: 100_000)),
        text("100,000 open objects", String(repeating: #"{"a":"#, count: 100_000)),
        with("no id", #""id":"evt_1","#, ""), with("an id of null", #""evt_1""#, "null"), with("a number for an id", #""evt_1""#, "1"),
        with("an empty id", "evt_1", ""), with("a space in the id", "evt_1", "evt 1"), with("NUL in the id", "evt_1", #"evt_\u0000"#),
        with("an escape in the id", "evt_1", #"evt\u005f1"#), with("an id of 256 characters", "evt_1", String(repeating: "e", count: 256)),
        with("two ids", #""id":"evt_1""#, #""id":"evt_1","id":"evt_2""#), with("no type", #","type":"thing.happened""#, ""),
        with("two types", #""type":"thing.happened""#, #""type":"invoice.paid","type":"thing.happened""#),
        with("another kind of object", #""object":"event""#, #""object":"v2.core.event""#),
        with("no data", #","data":{"object":{"id":"thing_1"}}"#, ""),
        with("data without an object", #"{"object":{"id":"thing_1"}}"#, "{}"), with("an array for an object", #"{"id":"thing_1"}"#, "[]"),
        with("no livemode", #""livemode":false,"#, ""), with("a text for livemode", "false", #""false""#),
        with("no time", #""created":1767261600,"#, ""),
        with("a time below zero", "1767261600", "-1"), with("a time with a fraction", "1767261600", "1767261600.5"),
        with("an endless time", "1767261600", "1e400"), with("a number for an account", #""livemode""#, #""account":1,"livemode""#),
        body("not UTF-8", event(object: #"{"id":"#).map { $0 } + [0x22, 0xC3, 0x28, 0x22, 0x7D, 0x7D, 0x7D]),
        body("UTF-16", Array(String(decoding: event(), as: UTF8.self).utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })),
        body("compressed", [0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00], fields: ["Content-Encoding: gzip"]),
    ]

    // MARK: What is too large, or no request

    private static func http(_ name: String, _ status: String, _ code: String, _ bytes: @escaping @Sendable (String) throws -> [UInt8])
        -> Case
    {
        Case(name: "http: \(name)", status: status, code: code) { try bytes(RunningWebhook.signature(of: event())) }
    }

    private static func raw(_ signature: String, _ fields: String, _ body: String) -> [UInt8] {
        Array(
            "POST /api/payment/webhook HTTP/1.1\r\nHost: door\r\nConnection: close\r\nStripe-Signature: \(signature)\r\n\(fields)\r\n\r\n\(body)"
                .utf8)
    }

    private static let requests = [
        http("a body of more than 4 MiB by its length", "413", "body_too_large") { raw($0, "Content-Length: 4194305", "") },
        http("a body of more than 4 MiB in chunks", "413", "body_too_large") { signature in
            raw(
                signature, "Transfer-Encoding: chunked",
                String(repeating: "100000\r\n\(String(repeating: " ", count: 1 << 20))\r\n", count: 5))
        },
        http("GET", "405", "method_not_allowed") { request([], line: "GET /api/payment/webhook HTTP/1.1", signature: $0) },
        http("PUT", "405", "method_not_allowed") { request(event(), line: "PUT /api/payment/webhook HTTP/1.1", signature: $0) },
        http("DELETE", "405", "method_not_allowed") { request([], line: "DELETE /api/payment/webhook HTTP/1.1", signature: $0) },
        http("another path", "404", "not_found") { request(event(), line: "POST /api/payment/webhooks HTTP/1.1", signature: $0) },
        http("two slashes", "400", "malformed_path") { request(event(), line: "POST /api//payment/webhook HTTP/1.1", signature: $0) },
        http("an encoded slash", "400", "malformed_path") { request(event(), line: "POST /api%2Fpayment/webhook HTTP/1.1", signature: $0) },
        http("a parameter twice", "400", "duplicate_parameter") {
            request(event(), line: "POST /api/payment/webhook?a=1&a=2 HTTP/1.1", signature: $0)
        },
        http("length and chunks", "400", "malformed_request") { raw($0, "Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n") },
        http("two lengths", "400", "malformed_request") { raw($0, "Content-Length: 1\r\nContent-Length: 2", "ab") },
        http("a negative length", "400", "malformed_request") { raw($0, "Content-Length: -1", "a") },
        http("an unknown coding", "400", "malformed_request") { raw($0, "Transfer-Encoding: xchunked", "0\r\n\r\n") },
        http("a chunk size that is no number", "400", "malformed_request") { raw($0, "Transfer-Encoding: chunked", "x\r\na\r\n0\r\n\r\n") },
        http("an endless chunk size", "400", "malformed_request") { raw($0, "Transfer-Encoding: chunked", "fffffffffffffffff\r\n") },
        http("a folded field", "400", "malformed_request") { raw($0, "Content-Length: 1\r\nA: b\r\n c", "a") },
        http("a signature beyond ASCII", "400", "invalid_signature") { request(event(), signature: $0 + "é") },
        http("two signatures", "400", "malformed_request") { raw($0, "Stripe-Signature: \($0)\r\nContent-Length: 1", "a") },
        http("two hosts", "400", "malformed_request") { raw($0, "Host: other\r\nContent-Length: 1", "a") },
        http("a field of 70 KiB", "431", "headers_too_large") {
            raw($0, "A: \(String(repeating: "a", count: 70_000))\r\nContent-Length: 1", "a")
        },
        http("bare line feeds", "400", "malformed_request") { signature in
            Array("POST /api/payment/webhook HTTP/1.1\nHost: door\nStripe-Signature: \(signature)\nContent-Length: 0\n\n".utf8)
        },
    ]

    private static let all = headers + signatures + bodies + requests

    @Test("whatever is not one of Stripe's events, by the documented answer, and stores nothing", .database, .broker)
    func refused() async throws {
        #expect(Self.all.count >= 60)
        try await RunningWebhook.run { webhook in
            for bad in Self.all {
                let bytes = try bad.bytes()
                let (text, isClosed) = try await RawConnection.exchange(port: webhook.ports[0], bytes)
                #expect(text.statuses.first == bad.status, "\(bad.name): \(text.prefix(400))")
                #expect(text.contains(#""code":"\#(bad.code)""#), "\(bad.name): \(text.suffix(200))")
                #expect(text.statuses.count == 1 && isClosed, "\(bad.name)")
            }
            for table in ["stripe_webhooks", "event_conflicts", "event_outcomes", "inbox_heard"] {
                try await #expect(webhook.value("SELECT count(*) FROM webhook.\(unsafe: table)") == "0", "\(table)")
            }
            let technical = [AuditSealed.key, BrokerMarker.key(of: .webhook)]
            let said: Query = "SELECT count(*) FROM webhook.outbox WHERE routing_key <> ALL(\(technical))"
            try await #expect(webhook.value(said) == "0")
            // What was signed is told of by what it called itself.
            let told = try await webhook.value("SELECT string_agg(DISTINCT code, ' ') FROM webhook.alerts")
            #expect(told == "webhook_signed_stranger webhook_thin_event")
            // The door is still open.
            try await #expect(webhook.deliver(event()) == 200)
        }
    }
}

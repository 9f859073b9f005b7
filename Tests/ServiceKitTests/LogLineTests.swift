import Foundation
import Logging
import Messaging
import ServiceContextModule
import Testing

@testable import ServiceKit

@Suite("Log lines")
struct LogLineTests {
    @Test("a record is one JSON object with time, level, service, message and its metadata")
    func shape() throws {
        let log = LogCapture()
        var logger = log.logger
        logger[metadataKey: "service"] = "own"
        logger.warning("it happened", metadata: ["count": .stringConvertible(3), "nested": ["a": ["x", "y"]], "payment_id": "p_1"])
        let record = try #require(log.records.first)
        #expect(record["level"] as? String == "warning")
        #expect(record["service"] as? String == "test")
        #expect(record["service_"] as? String == "own")
        #expect(record["message"] as? String == "it happened")
        #expect(record["count"] as? Int == 3)
        #expect((record["nested"] as? [String: [String]])?["a"] == ["x", "y"])
        let time = try #require(record["time"] as? String)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }

    @Test(
        "nothing that is logged can begin a line or speak to a terminal",
        arguments: [
            "a\nb", "a\r\nb", "a\u{0}b", "a\u{1B}[31mb", "a\u{7F}b", "a\u{85}b", "a\u{9B}31m", "a\u{2028}b", "a\u{2029}b", "a\u{202E}b",
            "a\tb",
            #"a"b\c"#, "é😀",
        ], [LogFormat.json, .text])
    func injection(text: String, format: LogFormat) throws {
        let log = LogCapture()
        let logger = log.logger(format)
        logger.info("\(text)", metadata: ["key\(text)": "\(text)", "list": [.string(text)]])
        #expect(log.text.unicodeScalars.filter { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }.count == 1)
        #expect(log.text.hasSuffix("\n"))
        #expect(log.text.unicodeScalars.allSatisfy { ![0x2028, 0x2029, 0x202E].contains($0.value) })
        if format == .json { #expect(log.records.first?["message"] as? String == text) }
    }

    @Test("the value of a key that names a secret is never written", arguments: [LogFormat.json, .text])
    func secretKeys(format: LogFormat) {
        let log = LogCapture()
        for key in [
            "password", "Authorization", "set-cookie", "stripe_api_key", "apiKey", "X-CSRF-Token", "DATABASE_URL", "jwt", "client_secret",
        ] {
            log.logger(format).info("m", metadata: ["\(key)": "CANARY", "outer": ["\(key)": "CANARY", "list": [["\(key)": "CANARY"]]]])
        }
        #expect(log.lines.count == 9)
        if format == .json { #expect(!log.text.contains("CANARY")) } else { #expect(!log.text.contains("=\"CANARY")) }
    }

    @Test(
        "what looks like a secret is masked wherever it stands",
        arguments: [
            ("key sk_test_CANARY1 end", "key [redacted] end"), ("whsec_CANARY+", "[redacted]+"),
            ("rk_live_CANARY,sk_live_CANARY", "[redacted],[redacted]"),
            ("Bearer eyJCANARY.eyJCANARY.CANARY-_ x", "Bearer [redacted] x"),
            (
                "postgresql://role:CANARY@host:5432/db and amqp://u:CAN@ARY@h",
                "postgresql://[redacted]@host:5432/db and amqp://[redacted]@h"
            ),
            ("https://host/path?a=b@c plain", "https://host/path?a=b@c plain"), ("nothing", "nothing"),
        ])
    func secretValues(given: String, written: String) {
        let log = LogCapture()
        log.logger.info("\(given)", metadata: ["value": "\(given)"])
        #expect(log.records.first?["message"] as? String == written)
        #expect(log.records.first?["value"] as? String == written)
        #expect(!log.text.contains("CANARY"))
    }

    @Test("a long value is cut, and says how long it was")
    func long() throws {
        let log = LogCapture()
        log.logger.info("m", metadata: ["value": "\(String(repeating: "é", count: 1_000_000))"])
        let value = try #require(log.records.first?["value"] as? String)
        #expect(value.hasSuffix("…(2000000 bytes)"))
        #expect(log.text.utf8.count < 3000)
    }

    @Test("each line says which request, trace and message it belongs to")
    func context() throws {
        let log = LogCapture()
        var context = ServiceContext.topLevel
        context.requestID = "r1"
        context.messageID = "m1"
        context.trace = TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        ServiceContext.withValue(context) { log.logger.info("inside") }
        log.logger.info("outside")
        let (inside, outside) = (log.records[0], log.records[1])
        #expect(inside["request_id"] as? String == "r1")
        #expect(inside["message_id"] as? String == "m1")
        #expect(inside["trace_id"] as? String == "0af7651916cd43dd8448eb211c80319c")
        #expect(inside["span_id"] as? String == "b7ad6b7169203331")
        #expect(outside["request_id"] == nil)
    }

    @Test("lines below the level are not written, and text lines are for people")
    func text() {
        let log = LogCapture()
        let logger = log.logger(.text, level: .info)
        logger.debug("too quiet")
        logger.info("ready", metadata: ["port": "80"])
        #expect(log.lines.count == 1)
        #expect(log.text.contains(" INFO test: ready port=\"80\"\n"))
    }
}

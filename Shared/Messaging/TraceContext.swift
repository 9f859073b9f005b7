package import ServiceContextModule

/// Where a piece of work stands in its distributed trace (W3C Trace Context, `traceparent` version 00).
package struct TraceContext: Sendable, Hashable {
    /// 32 lower-case hexadecimal digits, shared by everything that one outside call set in motion.
    package let traceID: String
    /// 16 lower-case hexadecimal digits naming this step.
    package let spanID: String
    /// The two trace flags digits, passed on unchanged (`01` = sampled).
    package let flags: String

    private init(traceID: String, spanID: String, flags: String) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
    }

    /// Reads a `traceparent` header; nil when it is malformed, all zero, or of the forbidden version `ff`.
    package init?(traceparent: String) {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            parts[1].count == 32, parts[2].count == 16, parts[3].count == 2,
            parts[0...3].allSatisfy({ $0.utf8.allSatisfy(Self.isLowerHex) }),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        self.init(traceID: String(parts[1]), spanID: String(parts[2]), flags: String(parts[3]))
    }

    /// A new trace with a random identifier, sampled.
    package static func generate() -> TraceContext {
        TraceContext(traceID: hex(UInt64.random(in: 1 ... .max)) + hex(UInt64.random(in: 0 ... .max)), spanID: newSpanID(), flags: "01")
    }

    /// The same trace, one step further.
    package func child() -> TraceContext {
        TraceContext(traceID: traceID, spanID: Self.newSpanID(), flags: flags)
    }

    /// The value of the `traceparent` header for whoever is called next.
    package var traceparent: String { "00-\(traceID)-\(spanID)-\(flags)" }

    private static func newSpanID() -> String { hex(UInt64.random(in: 1 ... .max)) }

    private static func hex(_ value: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { text in
            for place in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - place * 4)) & 15
                text[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
            }
            return 16
        }
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

private enum TraceKey: ServiceContextKey { typealias Value = TraceContext }
private enum RequestIDKey: ServiceContextKey { typealias Value = String }
private enum MessageIDKey: ServiceContextKey { typealias Value = String }

extension ServiceContext {
    /// The trace that the present task works for, if any.
    package var trace: TraceContext? {
        get { self[TraceKey.self] }
        set { self[TraceKey.self] = newValue }
    }

    /// The `X-Request-ID` of the HTTP request being answered, if any.
    package var requestID: String? {
        get { self[RequestIDKey.self] }
        set { self[RequestIDKey.self] = newValue }
    }

    /// The id of the message being handled, if any.
    package var messageID: String? {
        get { self[MessageIDKey.self] }
        set { self[MessageIDKey.self] = newValue }
    }
}

import HTTPTypes
import NIOHTTP1

/// What a request's head must be beyond what the parser has already made sure of.
///
/// The parser is strict (no bare line feed, no folded field, one length, a length or chunks but not both). Here follow the forms that
/// it lets pass and that a proxy in front might read otherwise.
struct RequestHeadRules {
    let limits: HTTPLimits

    /// Fields that mean nothing when given twice, so that whoever gives them twice hopes for a disagreement; one bit for each.
    private static let single = [
        "host", "content-length", "content-type", "transfer-encoding", "authorization", "idempotency-key", "stripe-signature", "origin",
        "x-csrf-token", "expect",
    ].map { Array($0.utf8) }

    /// The reason to refuse this head; nil where there is none.
    func refusal(of head: HTTPRequestHead) -> ConnectionRefusal? {
        if head.uri.utf8.count > limits.addressBytes { return .addressTooLong }
        if head.headers.count > limits.headerFields { return .headerTooLarge }
        if head.method == .CONNECT { return .malformed("CONNECT is not offered.") }
        return fields(of: head.headers) ?? framing(of: head)
    }

    private func fields(of headers: HTTPHeaders) -> ConnectionRefusal? {
        var size = 0
        var seen: UInt32 = 0
        for (name, value) in headers {
            size += name.utf8.count + value.utf8.count + 4
            // Bytes above 0x7E are text of others, such as a proxy's name of a city (RFC 9110, 5.5, obs-text); control characters smuggle.
            guard value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
                return .malformed("A header field holds a character that is not allowed.")
            }
            let bit: UInt32 = Self.single.firstIndex { Self.isSame(name, $0) }.map { 1 << UInt32($0) } ?? 0
            if seen & bit != 0 { return .malformed("A header field that must be given once is given twice.") }
            seen |= bit
        }
        return size > limits.headerBytes ? .headerTooLarge : nil
    }

    /// Whether a field's name is `other`, which is in lower case.
    private static func isSame(_ name: String, _ other: [UInt8]) -> Bool {
        name.utf8.count == other.count && zip(name.utf8, other).allSatisfy { $0 == $1 || ($0 | 0x20 == $1 && (0x41...0x5A).contains($0)) }
    }

    private func framing(of head: HTTPRequestHead) -> ConnectionRefusal? {
        let headers = head.headers
        if head.version == .http1_1 || headers.contains(name: "host") {
            guard let host = headers.first(name: "host"), Self.isHost(host) else { return .malformed("One Host field is needed.") }
        }
        let length = headers.first(name: "content-length")
        if let encoding = headers.first(name: "transfer-encoding") {
            guard head.version == .http1_1, length == nil, encoding.lowercased() == "chunked" else {
                return .malformed("The length of the body is given in a way that is not accepted.")
            }
        }
        if let length {
            guard length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bytes = Int(length) else {
                return .malformed("The length of the body is not a number.")
            }
            if bytes > limits.bodyBytes { return .bodyTooLarge }
        }
        if let expectation = headers.first(name: "expect"), expectation.lowercased() != "100-continue" {
            return ConnectionRefusal(status: .expectationFailed, code: "expectation_failed", message: "That expectation cannot be met.")
        }
        return nil
    }

    /// Letters, digits and the few marks of names, addresses and ports.
    private static func isHost(_ host: String) -> Bool {
        host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
    }
}

/// One answer of a `StripeStub`, down to its bytes, so that broken ones can be given too.
package struct StripeStubAnswer: Sendable {
    let bytes: [UInt8]
    let hangsUp: Bool
    let isSilence: Bool

    private init(bytes: [UInt8], hangsUp: Bool = false, isSilence: Bool = false) {
        self.bytes = bytes
        self.hangsUp = hangsUp
        self.isSilence = isSilence
    }

    /// Exactly these lines and this body, without a `Date` or a length of its own.
    private init(status: Int, headers: [(String, String)], body: String, hangsUp: Bool = false) {
        let head = (["HTTP/1.1 \(status) -"] + headers.map { "\($0): \($1)" }).joined(separator: "\r\n")
        self.init(bytes: Array("\(head)\r\n\r\n\(body)".utf8), hangsUp: hangsUp)
    }

    /// The date that answers carry: 2026-11-23 04:00:00 UTC, 1 795 406 400 s after 1970.
    package static let date = "Mon, 23 Nov 2026 04:00:00 GMT"

    /// A whole answer with a length, a `Request-Id` `req_stub` and, unless it is nil, a `Date`; `headers` are added.
    package static func json(
        _ body: String, status: Int = 200, date: String? = StripeStubAnswer.date, headers: [String: String] = [:]
    ) -> StripeStubAnswer {
        var lines = [("Content-Type", "application/json"), ("Content-Length", "\(body.utf8.count)"), ("Request-Id", "req_stub")]
        if let date { lines.append(("Date", date)) }
        lines += headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return StripeStubAnswer(status: status, headers: lines, body: body)
    }

    /// The error answer that Stripe gives with that status; `fields` are members of its `error` object, already JSON.
    package static func error(_ status: Int, _ fields: String = #""type": "api_error""#, headers: [String: String] = [:])
        -> StripeStubAnswer
    {
        json(#"{"error": {\#(fields)}}"#, status: status, headers: headers)
    }

    /// A 200 that says it is twice as long as it is, and then the connection closes.
    package static func half(of body: String) -> StripeStubAnswer { overstated(body, hangsUp: true) }

    /// A 200 that says it is twice as long as it is, and then nothing more.
    package static func unfinished(_ body: String) -> StripeStubAnswer { overstated(body, hangsUp: false) }

    private static func overstated(_ body: String, hangsUp: Bool) -> StripeStubAnswer {
        StripeStubAnswer(
            status: 200, headers: [("Date", date), ("Content-Length", "\(body.utf8.count * 2)")], body: body, hangsUp: hangsUp)
    }

    /// The connection closes without a byte.
    package static let hangUp = StripeStubAnswer(bytes: [], hangsUp: true)
    /// The connection stays open without a byte.
    package static let silence = StripeStubAnswer(bytes: [], isSilence: true)

    static let endOfScript = error(599, #""message": "the script has ended""#, headers: ["Stripe-Should-Retry": "false"])
}

extension StripeStubAnswer: CustomStringConvertible {
    /// The first line and the last 60 bytes, since tables of tests print their rows.
    package var description: String {
        if isSilence { return "silence" }
        if bytes.isEmpty { return "hangs up" }
        let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        return "\(line) … \(String(decoding: bytes.suffix(60), as: UTF8.self))"
    }
}

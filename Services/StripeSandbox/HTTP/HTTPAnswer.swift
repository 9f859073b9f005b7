import HTTPTypes

/// An HTTP answer before it is written.
struct HTTPAnswer: Sendable {
    var status: Int
    var headers: [String: String] = [:]
    var body = ""
    var isDropped = false

    static func json(_ body: JSON, status: Int = 200) -> HTTPAnswer {
        HTTPAnswer(status: status, headers: ["Content-Type": "application/json"], body: body.pretty + "\n")
    }

    /// A page that loads nothing, runs nothing and may not be framed.
    static func page(_ html: String, status: Int = 200) -> HTTPAnswer {
        HTTPAnswer(
            status: status,
            headers: [
                "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
                "X-Content-Type-Options": "nosniff",
            ], body: html)
    }

    /// 303: a form was taken, the result is elsewhere.
    static func seeOther(_ url: String) -> HTTPAnswer { HTTPAnswer(status: 303, headers: ["Location": url]) }

    var fields: HTTPFields {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return fields
    }
}

/// A disturbance of the API, ordered by a test.
struct Fault: Sendable, Decodable {
    enum Moment: String, Sendable, Decodable { case before, after }

    /// Nil is any.
    var method: String?
    /// A regular expression found anywhere in the path; nil is any.
    var path: String?
    /// How many requests it disturbs.
    var times: Int
    /// The status to answer; nil leaves the answer as it is (a delay), or is 500 where nothing was executed.
    var status: Int?
    /// `after`: the request is executed and its answer lost.
    var when: Moment
    var delayMilliseconds: Int
    /// The connection is closed without an answer.
    var drop: Bool
    var headers: [String: String]
    var body: JSON?

    private enum CodingKeys: String, CodingKey {
        case method, path, times, status, when, drop, headers, body
        case delayMilliseconds = "delay_ms"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        method = try values.decodeIfPresent(String.self, forKey: .method)
        path = try values.decodeIfPresent(String.self, forKey: .path)
        if let path { _ = try Regex(path) }
        times = try values.decodeIfPresent(Int.self, forKey: .times) ?? 1
        status = try values.decodeIfPresent(Int.self, forKey: .status)
        when = try values.decodeIfPresent(Moment.self, forKey: .when) ?? .before
        delayMilliseconds = try values.decodeIfPresent(Int.self, forKey: .delayMilliseconds) ?? 0
        drop = try values.decodeIfPresent(Bool.self, forKey: .drop) ?? false
        headers = try values.decodeIfPresent([String: String].self, forKey: .headers) ?? [:]
        body = try values.decodeIfPresent(JSON.self, forKey: .body)
    }

    /// Whether the request is never executed.
    var prevents: Bool { when == .before && (drop || status != nil) }

    func applies(to request: APIRequest) -> Bool {
        guard times > 0, method == nil || method == request.method else { return false }
        guard let path else { return true }
        return (try? Regex(path).firstMatch(in: request.path)) != nil
    }

    /// The answer as disturbed.
    func disturb(_ answer: APIAnswer, requestID: String) -> APIAnswer {
        var answer = answer
        if let status {
            answer.status = status
            answer.body = body ?? Self.error(status).body(requestID: requestID)
        } else if let body {
            answer.body = body
        }
        answer.headers.merge(headers) { _, new in new }
        answer.isDropped = drop
        return answer
    }

    private static func error(_ status: Int) -> APIError {
        switch status {
        case 402:
            APIError(
                status: 402, type: "card_error", message: "Your card was declined.", code: "card_declined", declineCode: "generic_decline")
        case 429: .rateLimited
        case 500...: APIError(status: status, type: "api_error", message: APIError.internalFailure.message)
        default: .invalidRequest("A fault was ordered for this request.", status: status)
        }
    }
}

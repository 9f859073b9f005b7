/// An HTTP answer: JSON, or nothing at all where the connection is dropped.
struct APIAnswer: Sendable {
    var status: Int
    var body: JSON
    var headers: [String: String] = [:]
    var isDropped = false
    /// Sent in place of the body.
    var raw: RawText?

    /// An error as an answer.
    static func refusing(_ error: APIError, _ requestID: String) -> APIAnswer {
        APIAnswer(status: error.status, body: error.body(requestID: requestID), headers: retryHeader(for: error.status))
    }

    /// 429 with the wait that is asked for, in seconds.
    static func rateLimited(_ requestID: String, retryAfter: Int) -> APIAnswer {
        var answer = refusing(.rateLimited, requestID)
        answer.headers["Retry-After"] = String(retryAfter)
        // The header's name and value are from Stripe's documentation ("Rate limits").
        answer.headers["Stripe-Rate-Limited-Reason"] = "global-rate"
        return answer
    }

    /// What Stripe says about trying again; nothing where its libraries shall decide.
    static func retryHeader(for status: Int) -> [String: String] {
        switch status {
        case 409, 429: ["Stripe-Should-Retry": "true"]
        case 400..<500: ["Stripe-Should-Retry": "false"]
        default: [:]
        }
    }
}

/// A body that is not what the API would say.
struct RawText: Sendable, Equatable {
    let text: String
    /// The `Content-Type`.
    let type: String
}

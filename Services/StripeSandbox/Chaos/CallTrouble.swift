/// What goes wrong with one API call.
enum CallTrouble: Sendable, Equatable {
    case rateLimited(retryAfter: Int)
    case failedBefore
    /// `replayed`: the 500 is what the idempotency key answers from now on, as Stripe has it.
    case failedAfter(replayed: Bool)
    case timedOut(seconds: Double, executed: Bool)
    /// As it was so many changes ago, but not longer ago than that.
    case stale(changes: Int, seconds: Double)
    case cutOff
    case notJSON
    case html

    /// The answer to a call that is not executed; nil for one that is.
    func refusal(_ requestID: String) -> APIAnswer? {
        switch self {
        case .rateLimited(let seconds): APIAnswer.rateLimited(requestID, retryAfter: seconds)
        case .failedBefore: APIAnswer.refusing(.internalFailure, requestID)
        case .failedAfter, .timedOut, .stale, .cutOff, .notJSON, .html: nil
        }
    }

    /// The answer to a call that was executed, as it arrives.
    func spoil(_ answer: APIAnswer) -> APIAnswer {
        var answer = answer
        switch self {
        case .cutOff:
            let text = answer.body.pretty
            answer.raw = RawText(text: String(text.prefix(text.count / 2)), type: "application/json")
        case .notJSON: answer.raw = RawText(text: "upstream connect error or disconnect/reset before headers", type: "text/plain")
        case .html:
            answer.status = 502
            let page = "<!doctype html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
            answer.raw = RawText(text: page, type: "text/html; charset=utf-8")
        case .rateLimited, .failedBefore, .failedAfter, .timedOut, .stale: break
        }
        return answer
    }
}

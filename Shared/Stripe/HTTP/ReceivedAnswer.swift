import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// A try that failed, with Stripe's own word on trying again.
struct FailedTry: Error {
    var error: StripeError
    /// `Stripe-Should-Retry`; nil when the answer does not say.
    var shouldRetry: Bool?

    init(_ error: StripeError, shouldRetry: Bool? = nil) {
        self.error = error
        self.shouldRetry = shouldRetry
    }
}

/// An answer as it came over the wire, whole.
struct ReceivedAnswer: Sendable {
    /// 4 MiB: a hundred events of the largest kind fit.
    static let largestBody = 4 << 20

    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    /// The answer, if it is a success with a date; else what is wrong with it.
    func verdict(hiding secret: StripeSecretKey) -> Result<StripeAnswer, FailedTry> {
        let requestID = headers.first(name: "Request-Id")
        let isReplay = headers.first(name: "Idempotent-Replayed") == "true"
        guard (200..<300).contains(status) else {
            let error = ErrorAnswer.error(
                status: status, body: body, requestID: requestID, retryAfter: retryAfter, isReplay: isReplay, hiding: secret)
            return .failure(FailedTry(error, shouldRetry: shouldRetry))
        }
        guard let readAt = headers.first(name: "Date").flatMap(HTTPDate.parse) else {
            return .failure(FailedTry(StripeError(.badResponse, status: status, message: "no Date header", requestID: requestID)))
        }
        return .success(StripeAnswer(status: status, readAt: readAt, requestID: requestID, isReplay: isReplay, body: body))
    }

    private var shouldRetry: Bool? {
        switch headers.first(name: "Stripe-Should-Retry") {
        case "true": true
        case "false": false
        default: nil
        }
    }

    /// Whole seconds; the other form, a date, is not used by Stripe and reads as absent.
    private var retryAfter: Duration? {
        guard let text = headers.first(name: "Retry-After"), let seconds = UInt32(text) else { return nil }
        return .seconds(Int64(seconds))
    }

    /// What an error of the HTTP client means.
    static func error(for error: any Error) -> StripeError {
        switch error {
        case is NIOTooManyBytesError: StripeError(.badResponse, message: "more than \(largestBody) bytes")
        case let error as HTTPClientError where timeouts.contains(error): StripeError(.timeout)
        default: StripeError(.connection, message: String(describing: error))
        }
    }

    private static let timeouts: [HTTPClientError] = [.deadlineExceeded, .readTimeout, .getConnectionFromPoolTimeout]
}

extension ReceivedAnswer {
    /// Reads the body to its end; throws when it is cut short or larger than the limit.
    init(_ response: HTTPClientResponse) async throws {
        let buffer = try await response.body.collect(upTo: Self.largestBody)
        self.init(status: Int(response.status.code), headers: response.headers, body: Array(buffer.readableBytesView))
    }
}

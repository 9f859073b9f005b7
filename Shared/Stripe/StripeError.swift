import Models

/// Why a call to Stripe failed, or why bytes are not what Stripe would send.
///
/// `description` names only Stripe's own vocabulary and may be shown to anyone; `debugDescription` adds Stripe's sentence, which
/// can quote what was sent. Neither ever holds a secret key.
package struct StripeError: DependencyFailure, Hashable {
    /// The kind of failure, by what a caller can do about it.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Stripe refused the request as it is (400, 409), or it was refused here before it was sent.
        case invalidRequest
        /// The card or its bank said no (402).
        case card
        /// The idempotency key has been used with other parameters.
        case idempotency
        /// The secret key is not accepted (401).
        case authentication
        /// The secret key may not do this (403).
        case permission
        /// There is no such object (404).
        case notFound
        /// Too many requests (429).
        case rateLimited
        /// Stripe failed (5xx).
        case api
        /// The connection could not be made or broke before the whole answer had come.
        case connection
        /// No whole answer in time.
        case timeout
        /// An answer that cannot be believed: not JSON, another object than asked for, the wrong livemode, no `Date`.
        case badResponse
        /// A 3xx, which is never followed.
        case redirect
        /// Bytes that are no Stripe event.
        case notAnEvent
        /// A setting that cannot work.
        case configuration
    }

    /// The kind of failure.
    package var kind: Kind
    /// The HTTP status; nil when there was no answer.
    package var status: Int?
    /// Stripe's `code`, such as resource_missing; an open set.
    package var code: String?
    /// The bank's reason behind a card error.
    package var declineCode: String?
    /// What went wrong in words; may quote the request, so it is for logs of operators and not for customers.
    package var message: String?
    /// The parameter that Stripe objects to.
    package var param: String?
    /// Stripe's id of the request, to quote to its support.
    package var requestID: String?
    /// How long the answer asks to wait; nil when it does not say.
    package var retryAfter: Duration?
    /// Whether the effect may or may not have happened: a change was sent and no answer says which. Send it again unchanged, with the
    /// same idempotency key. Also true when a connection failed early, which cannot be told apart reliably.
    package var isUnknownOutcome: Bool
    /// Whether Stripe repeated an answer that it keeps under the idempotency key (`Idempotent-Replayed`).
    package var isReplay: Bool

    package init(
        _ kind: Kind, status: Int? = nil, code: String? = nil, declineCode: String? = nil, message: String? = nil,
        param: String? = nil, requestID: String? = nil, retryAfter: Duration? = nil, isUnknownOutcome: Bool = false,
        isReplay: Bool = false
    ) {
        self.kind = kind
        self.status = status
        self.code = code
        self.declineCode = declineCode
        self.message = message
        self.param = param
        self.requestID = requestID
        self.retryAfter = retryAfter
        self.isUnknownOutcome = isUnknownOutcome
        self.isReplay = isReplay
    }

    /// `stripe`.
    package var dependency: String { "stripe" }

    /// Whether the same call, with the same key, may succeed later.
    package var isRetriable: Bool {
        switch kind {
        case .rateLimited, .api, .connection, .timeout, .badResponse: true
        case .invalidRequest, .idempotency: status == 409
        case .card, .authentication, .permission, .notFound, .redirect, .notAnEvent, .configuration: false
        }
    }

    /// Whether the idempotency key is of no more use: Stripe keeps a failure of its own under it and repeats that for a day (API reference,
    /// "Idempotent requests": also 500 errors), or has kept it for other parameters. Whether the effect happened is for a read to find out. A 409
    /// is another request with the key that is still being carried out.
    package var isKeyBurnt: Bool { (kind == .idempotency && status != 409) || (isReplay && kind == .api) }

    /// Whether Stripe does not know, or not any more, what the request named in `param`.
    package func isMissing(_ param: String) -> Bool { code == "resource_missing" && self.param == param }

    /// Whether nothing was heard in time.
    package var isTimeout: Bool { kind == .timeout }
}

extension StripeError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Kind, status and codes, safe to show anyone: `stripe: card (402 card_declined insufficient_funds)`.
    package var description: String {
        let details = [status.map(String.init), code, declineCode].compactMap(\.self).joined(separator: " ")
        return details.isEmpty ? "stripe: \(kind.rawValue)" : "stripe: \(kind.rawValue) (\(details))"
    }

    /// Everything that is known, for operators.
    package var debugDescription: String {
        var text = description
        if let message { text += ": \(message)" }
        if let param { text += " [param \(param)]" }
        if let requestID { text += " [request \(requestID)]" }
        if isUnknownOutcome { text += " [outcome unknown]" }
        if isReplay { text += " [replayed]" }
        return text
    }
}

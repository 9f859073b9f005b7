/// A refusal as Stripe words it: an HTTP status and the members of the `error` object.
struct APIError: Error, Sendable, Equatable {
    var status: Int
    var type: String
    var message: String
    var code: String?
    var param: String?
    var declineCode: String?
    var charge: String?
    var paymentIntent: JSON?
    var paymentMethod: JSON?

    /// 400 `invalid_request_error`.
    static func invalidRequest(_ message: String, code: String? = nil, param: String? = nil, status: Int = 400) -> APIError {
        APIError(status: status, type: "invalid_request_error", message: message, code: code, param: param)
    }

    /// 400: a required parameter is not there.
    static func missing(_ param: String) -> APIError {
        .invalidRequest("Missing required param: \(param).", code: "parameter_missing", param: param)
    }

    /// No object of that id: 404 where the path names it, 400 where a parameter does.
    static func noSuch(_ noun: String, _ id: String, param: String, status: Int = 404) -> APIError {
        .invalidRequest("No such \(noun): '\(id)'", code: "resource_missing", param: param, status: status)
    }

    /// 400 `idempotency_error`: the key was used with other parameters.
    static func keyReused(_ key: String) -> APIError {
        APIError(
            status: 400, type: "idempotency_error",
            message: "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a "
                + "key other than '\(key)' if you meant to execute a different request.")
    }

    /// 409: another request with the same key is being executed.
    static func keyInUse(_ key: String) -> APIError {
        APIError(
            status: 409, type: "idempotency_error",
            message: "There is currently another in-progress request using this Idempotent Key (\(key)). Please try again later.",
            code: "idempotency_key_in_use")
    }

    /// 404: no such endpoint.
    static func unknownURL(_ method: String, _ path: String) -> APIError {
        .invalidRequest(
            "Unrecognized request URL (\(method): \(path)). Please see https://stripe.com/docs or we can help at "
                + "https://support.stripe.com/.", status: 404)
    }

    /// 429 `rate_limit`.
    static var rateLimited: APIError {
        .invalidRequest("Too many requests made to the API too quickly.", code: "rate_limit", status: 429)
    }

    /// 500 `api_error`.
    static var internalFailure: APIError {
        APIError(status: 500, type: "api_error", message: "An error occurred with our connection to Stripe.")
    }

    /// 500 `api_error`: done, but the file did not take it; the same request with the same idempotency key may succeed.
    static var notSaved: APIError { APIError(status: 500, type: "api_error", message: "The sandbox could not store its state.") }

    /// Whether the request was refused before it was executed; such answers are not kept for the idempotency key.
    var isValidation: Bool {
        status == 401 || code?.hasPrefix("parameter_") == true || type == "idempotency_error" || param == "expand"
    }

    /// The page about an error code.
    static func documentation(of code: String) -> String { "https://stripe.com/docs/error-codes/" + code.replacing("_", with: "-") }

    /// The error's body.
    func body(requestID: String) -> JSON {
        var members: [JSON.Member] = []
        func add(_ name: String, _ value: JSON?) {
            if let value, value != .null { members.append(JSON.Member(name: name, value: value)) }
        }
        add("charge", .optional(charge))
        add("code", .optional(code))
        add("decline_code", .optional(declineCode))
        add("doc_url", code.map { .text(Self.documentation(of: $0)) })
        add("message", .text(message))
        add("param", .optional(param))
        add("payment_intent", paymentIntent)
        add("payment_method", paymentMethod)
        add("request_log_url", .text("https://dashboard.stripe.com/test/logs/\(requestID)"))
        add("type", .text(type))
        return ["error": .object(members)]
    }
}

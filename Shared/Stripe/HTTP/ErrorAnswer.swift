import Foundation

/// The body of an answer that is no success: `{"error": {…}}`, every field optional.
struct ErrorAnswer: Decodable {
    struct Details: Decodable {
        var type: String?
        var code: String?
        var declineCode: String?
        var message: String?
        var param: String?

        private enum CodingKeys: String, CodingKey {
            case type, code, message, param
            case declineCode = "decline_code"
        }
    }

    var error: Details

    /// The error that an answer stands for. A body that is no error object, such as a proxy's HTML, leaves only the status.
    static func error(
        status: Int, body: [UInt8], requestID: String?, retryAfter: Duration?, isReplay: Bool, hiding secret: StripeSecretKey
    ) -> StripeError {
        let details = try? StripeJSON.decode(ErrorAnswer.self, from: body).error
        return StripeError(
            kind(status: status, type: details?.type), status: status, code: details?.code, declineCode: details?.declineCode,
            message: details?.message?.replacingOccurrences(of: secret.text, with: secret.description), param: details?.param,
            requestID: requestID, retryAfter: retryAfter, isReplay: isReplay)
    }

    private static func kind(status: Int, type: String?) -> StripeError.Kind {
        switch (status, type) {
        case (300..<400, _): .redirect
        case (401, _): .authentication
        case (403, _): .permission
        case (404, _): .notFound
        case (429, _): .rateLimited
        case (500..., _): .api
        case (402, _), (_, "card_error"): .card
        case (_, "idempotency_error"): .idempotency
        case (400..<500, _): .invalidRequest
        default: .badResponse
        }
    }
}

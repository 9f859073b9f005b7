import HTTPTypes
import Hummingbird
import Models
import NIOCore
import Postgres
import RabbitMQ

/// What an error becomes on the wire: the one table from errors to statuses.
struct ErrorAnswer: Equatable {
    let status: HTTPResponse.Status
    let code: String
    let message: String
    var field: String?
    var retryAfter: Duration?
    /// Whether somebody must look at it. Everything else is the caller's to repair, or passes.
    var isUnexpected = false

    /// The answer to an error thrown by a route or by anything beneath it.
    init(_ error: any Error) {
        switch error {
        case let refusal as any Refusal:
            self.init(refusal.status, refusal.code, refusal.message, field: refusal.field, retryAfter: refusal.retryAfter)
        case let refusal as ConnectionRefusal:
            self.init(refusal.status, refusal.code, refusal.message)
        case let failure as PostgresError where failure.isRetriable:
            self.init(.serviceUnavailable, "temporarily_unavailable", "Please try again in a moment.", retryAfter: .seconds(1))
        case let failure as RabbitError where failure.isRetriable:
            self.init(.serviceUnavailable, "temporarily_unavailable", "Please try again in a moment.", retryAfter: .seconds(1))
        case let failure as any DependencyFailure:
            self.init(failure)
        case is NIOTooManyBytesError:
            self.init(.contentTooLarge, "body_too_large", "The body is too large.")
        case is CancellationError:
            self.init(.serviceUnavailable, "shutting_down", "Please try again in a moment.", retryAfter: .seconds(1))
        case let failure as HTTPError where failure.status.kind == .clientError:
            self.init(failure.status, Self.code(for: failure.status), failure.body ?? failure.status.reasonPhrase + ".")
        default:
            self.init(.internalServerError, "internal_error", "Something went wrong on our side.")
            isUnexpected = true
        }
    }

    private init(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, field: String? = nil, retryAfter: Duration? = nil
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.retryAfter = retryAfter
    }

    /// 504 when nothing was heard in time, 503 when it may work later. What it refuses for good is our own fault, or an operator's: no outage,
    /// and nothing that waiting mends.
    private init(_ failure: any DependencyFailure) {
        let name = failure.dependency
        if failure.isTimeout {
            self.init(.gatewayTimeout, "\(name)_timeout", "\(name) did not answer in time.", retryAfter: .seconds(5))
        } else if failure.isRetriable {
            self.init(.serviceUnavailable, "\(name)_unavailable", "\(name) is not available at the moment.", retryAfter: .seconds(5))
        } else {
            self.init(.internalServerError, "\(name)_refused", "\(name) does not do what it was asked; somebody has to look at it.")
            isUnexpected = true
        }
    }

    private static func code(for status: HTTPResponse.Status) -> String {
        switch status {
        case .badRequest: "malformed_request"
        case .notFound: "not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .contentTooLarge: "body_too_large"
        default: "refused"
        }
    }

    /// The whole answer, for the request of that id.
    func response(requestID: String) -> Response {
        let body = ErrorBody(code: code, message: message, field: field, requestID: requestID)
        var headers: HTTPFields = [.contentType: "application/json; charset=utf-8"]
        if let retryAfter {
            headers[.retryAfter] = String(max(1, retryAfter.components.seconds + (retryAfter.components.attoseconds > 0 ? 1 : 0)))
        }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.json)))
    }
}

/// The one shape of every error: `{"error": {"code", "message", "field"?}, "request_id"}`.
struct ErrorBody: Encodable {
    private struct Detail: Encodable {
        let code: String
        let message: String
        let field: String?
    }

    private let error: Detail
    private let requestID: String

    init(code: String, message: String, field: String?, requestID: String) {
        error = Detail(code: code, message: message, field: field)
        self.requestID = requestID
    }

    /// As JSON. Texts can always be encoded; should that ever fail, the shape without texts is still right.
    var json: [UInt8] {
        (try? WireJSON.encode(self)) ?? [UInt8](#"{"error":{"code":"internal_error","message":""},"request_id":""}"#.utf8)
    }
}

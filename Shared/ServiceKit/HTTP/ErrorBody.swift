import Models

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

/// One call to Stripe, checked: nothing in it can add a header, a parameter or a path segment.
struct StripeRequest: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    let method: Method
    /// Begins with `/v1/`, percent-encoded.
    let path: String
    var form: Form
    /// Set for every POST; Stripe ignores it elsewhere.
    let idempotencyKey: String?

    /// A read of `/v1/segments…`.
    static func get(_ segments: String..., form: Form = Form()) throws(StripeError) -> StripeRequest {
        StripeRequest(method: .get, path: try path(segments), form: form, idempotencyKey: nil)
    }

    /// A change, made at most once per key. The key must be 1 to 255 visible ASCII characters.
    static func post(_ segments: String..., form: Form = Form(), idempotencyKey: String) throws(StripeError) -> StripeRequest {
        guard (1...255).contains(idempotencyKey.utf8.count), idempotencyKey.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw StripeError(.invalidRequest, message: "an idempotency key is 1 to 255 visible ASCII characters", param: "idempotency_key")
        }
        return StripeRequest(method: .post, path: try path(segments), form: form, idempotencyKey: idempotencyKey)
    }

    /// A removal; sending it twice is harmless by itself.
    static func delete(_ segments: String..., form: Form = Form()) throws(StripeError) -> StripeRequest {
        StripeRequest(method: .delete, path: try path(segments), form: form, idempotencyKey: nil)
    }

    /// Whether, after this failure, nobody knows if the change was made. Once unknown it stays so until an answer settles it: for
    /// a POST any refusal of the request itself, since Stripe repeats the first answer to the same key.
    func leavesOutcomeUnknown(after error: StripeError, wasUnknown: Bool) -> Bool {
        guard method != .get else { return false }
        switch error.kind {
        case .connection, .timeout, .badResponse, .api: return true
        case .card, .idempotency, .invalidRequest, .notFound:
            // 409: another request with this key is being carried out.
            return error.status == 409 || (wasUnknown && method == .delete)
        case .authentication, .permission, .rateLimited, .redirect, .notAnEvent, .configuration: return wasUnknown
        }
    }

    /// An id comes from outside: an empty one would turn a read into a list, `..` would climb.
    private static func path(_ segments: [String]) throws(StripeError) -> String {
        for segment in segments where segment.isEmpty || segment == "." || segment == ".." || segment.utf8.count > 255 {
            throw StripeError(.invalidRequest, message: "an id is 1 to 255 bytes and no dots alone", param: "id")
        }
        return "/v1/" + segments.map(Form.encoded).joined(separator: "/")
    }
}

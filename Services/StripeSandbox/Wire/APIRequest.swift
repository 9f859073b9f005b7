/// An HTTP request to the API, before anything in it was believed.
struct APIRequest: Sendable {
    let method: String
    let path: String
    /// The text after `?`, or the body of a POST.
    let form: String
    var authorization: String?
    var version: String?
    var idempotencyKey: String?
    var contentType: String?
}

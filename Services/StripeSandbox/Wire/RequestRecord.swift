/// One API request as `GET /_sandbox/requests` shows it.
struct RequestRecord: Sendable {
    let at: Int
    let method: String
    let path: String
    let parameters: JSON
    let version: String?
    let idempotencyKey: String?
    let requestID: String
    var status: Int?

    var json: JSON {
        [
            "at": .number(at), "method": .text(method), "path": .text(path), "params": parameters, "stripe_version": .optional(version),
            "idempotency_key": .optional(idempotencyKey), "request_id": .text(requestID), "status": .optional(status),
        ]
    }
}

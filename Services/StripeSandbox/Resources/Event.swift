/// Something that happened, told with the object as it was then, in the version in force then.
struct Event: Sendable {
    let id: String
    let created: Int
    let type: String
    let version: APIVersion
    let object: JSON
    let previousAttributes: JSON?
    /// The API request that caused it, if one did.
    let cause: RequestCause?
    /// How many endpoints have not answered 2xx yet; known once it is on its way.
    var pendingWebhooks: Int
}

/// An API request as events name it.
struct RequestCause: Sendable, Equatable, Codable {
    let requestID: String
    let idempotencyKey: String?
}

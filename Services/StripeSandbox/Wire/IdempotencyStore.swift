/// The first answers to requests with an `Idempotency-Key`, for 24 hours of the sandbox's clock.
struct IdempotencyStore: Sendable {
    /// An answer that is given again.
    struct Kept: Sendable {
        let fingerprint: String
        let status: Int
        let body: JSON
        let requestID: String
        let at: Int
    }

    private static let lifetime = 86_400
    private var answers: [String: Kept] = [:]
    private var executing: Set<String> = []
    var changes: ChangeLog<Kept>?

    /// The answer to give again; nil when the request is to be executed, which reserves the key until `finish`.
    ///
    /// - Throws: `APIError` 400 when the key came with other parameters, 409 while its first request is being executed.
    mutating func begin(_ key: String, fingerprint: String, now: Int) throws(APIError) -> Kept? {
        guard key.utf8.count <= 255 else { throw .invalidRequest("Idempotency keys may be up to 255 characters.") }
        if executing.contains(key) { throw .keyInUse(key) }
        if let kept = answers[key], now - kept.at < Self.lifetime {
            guard kept.fingerprint == fingerprint else { throw .keyReused(key) }
            return kept
        }
        executing.insert(key)
        return nil
    }

    /// Frees the key; an answer to a request that was executed is kept.
    mutating func finish(_ key: String, keeping answer: Kept?) {
        executing.remove(key)
        let earlier = answers[key]
        answers[key] = answer
        if answer != nil || earlier != nil { changes?.note(key, answer) }
    }

    /// Lets a failure be what the key answers from now on, whatever was really done.
    mutating func replace(_ key: String, status: Int, body: JSON) {
        guard let kept = answers[key] else { return }
        let failure = Kept(fingerprint: kept.fingerprint, status: status, body: body, requestID: kept.requestID, at: kept.at)
        answers[key] = failure
        changes?.note(key, failure)
    }
}

extension IdempotencyStore: Persistent {
    init(stored values: [Stored<Kept>]) {
        self.init()
        answers = Dictionary(values.map { ($0.id, $0.value) }, uniquingKeysWith: { $1 })
    }
}

extension IdempotencyStore.Kept: Codable {
    private enum CodingKeys: String, CodingKey { case fingerprint, status, body, requestID, at }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            fingerprint: try values.decode(String.self, forKey: .fingerprint), status: try values.decode(Int.self, forKey: .status),
            body: try values.decode(JSONText.self, forKey: .body).json, requestID: try values.decode(String.self, forKey: .requestID),
            at: try values.decode(Int.self, forKey: .at))
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(fingerprint, forKey: .fingerprint)
        try values.encode(status, forKey: .status)
        try values.encode(JSONText(body), forKey: .body)
        try values.encode(requestID, forKey: .requestID)
        try values.encode(at, forKey: .at)
    }
}

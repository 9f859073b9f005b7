package import HTTPTypes
package import Hummingbird
package import Postgres

/// Answers a POST that comes again with its `Idempotency-Key` as it was answered the first time.
///
/// A key belongs to its user and, for 24 hours, to one request: another method, address or body under it is 422. While the first is being
/// answered another is 409, to come again. Only successes are kept: a refusal has changed nothing, and may be none the next time. A
/// request whose process died is done again after a minute, so routes are safe to repeat by themselves.
package struct IdempotentPosts<Context: SenderContext>: RouterMiddleware {
    private let keys: IdempotencyKeys

    /// Keys in the schema of `pool`.
    package init(pool: PostgresPool) {
        keys = IdempotencyKeys(pool: pool)
    }

    /// Lets the first request through, and answers the others.
    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard request.method == .post, let key = request.headers[.idempotencyKey] else { return try await next(request, context) }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw APIError.malformed(
                "The key must be 1 to 255 visible ASCII characters.", field: "Idempotency-Key", code: "invalid_idempotency_key")
        }
        let body = try await request.bytes(upTo: StrictDecoder.bodyLimit)
        let claim = IdempotencyKeys.Claim(user: context.userID, key: key, request: Array("\(request.method) \(request.uri)\n".utf8) + body)
        switch try await keys.claim(claim) {
        case .mine: return try await first(request, body, claim, context, next)
        case .answered(let answer): return answer.response
        case .inHand:
            throw APIError(
                .conflict, "idempotency_key_in_use", "A request with this key is being answered.", field: "Idempotency-Key",
                retryAfter: .seconds(1))
        case .another:
            throw APIError(
                .unprocessableContent, "idempotency_key_reused", "This key was used for another request.", field: "Idempotency-Key")
        }
    }

    private func first(
        _ request: Request, _ body: [UInt8], _ claim: IdempotencyKeys.Claim, _ context: Context,
        _ next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var request = request
        request.body = RequestBody(buffer: ByteBuffer(bytes: body))
        do {
            let response = try await next(request, context)
            guard response.status.kind == .successful else {
                try await keys.release(claim)
                return response
            }
            let answer = try await IdempotencyKeys.Answer(response)
            try await keys.keep(answer, of: claim)
            return answer.response(with: response.headers)
        } catch {
            try? await keys.release(claim)
            throw error
        }
    }
}

extension HTTPField.Name {
    /// The caller's name for a request that it may have to send again.
    package static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    /// Says that an answer was given before.
    static let idempotentReplayed = HTTPField.Name("Idempotent-Replayed")!
}

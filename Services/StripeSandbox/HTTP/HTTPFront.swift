import HTTPTypes
import HummingbirdCore
import NIOCore

/// Takes HTTP requests apart and hands them to the API, the pages or the control calls.
struct HTTPFront: Sendable {
    let sandbox: Sandbox
    let pages: Pages
    let console: Console

    /// The largest body taken; Stripe's own requests are a few KiB.
    private static let maximumBody = 1 << 20

    /// Answers one request. Every answer carries the sandbox's own date.
    func respond(to request: Request) async -> HTTPAnswer {
        let path = request.uri.path
        guard let buffer = try? await request.body.collect(upTo: Self.maximumBody) else {
            return HTTPAnswer(status: 413, headers: ["Connection": "close"])
        }
        let body = String(buffer: buffer)
        var answer: HTTPAnswer
        if path == "/_sandbox" || path.hasPrefix("/_sandbox/console/") {
            answer = await console.answer(request.method.rawValue, path, body)
        } else if path.hasPrefix("/_sandbox/") {
            answer = await ControlRoutes(sandbox: sandbox).answer(request.method.rawValue, path, body)
        } else if ["/c/pay/", "/i/", "/3ds/", "/p/session/"].contains(where: { path.hasPrefix($0) }) {
            answer = await pages.answer(request.method.rawValue, path, body)
        } else {
            answer = await api(request, path, body)
        }
        answer = await whenSaved(answer)
        answer.headers["Date"] = HTTPDate.text(await sandbox.now)
        return answer
    }

    /// The answer, once nothing of what it tells can be lost; a 500 where that cannot be had.
    private func whenSaved(_ answer: HTTPAnswer) async -> HTTPAnswer {
        do {
            try await sandbox.save()
            return answer
        } catch {
            return .json(APIError.notSaved.body(requestID: Identifier.request()), status: APIError.notSaved.status)
        }
    }

    private func api(_ request: Request, _ path: String, _ body: String) async -> HTTPAnswer {
        let query = request.uri.query ?? ""
        let answer = await sandbox.answer(
            APIRequest(
                method: request.method.rawValue, path: path, form: [query, body].filter { !$0.isEmpty }.joined(separator: "&"),
                authorization: request.headers[.authorization], version: request.headers[.stripeVersion],
                idempotencyKey: request.headers[.idempotencyKey], contentType: request.headers[.contentType]))
        var http = HTTPAnswer.json(answer.body, status: answer.status)
        if let raw = answer.raw {
            http.body = raw.text
            http.headers["Content-Type"] = raw.type
        }
        http.headers.merge(answer.headers) { _, new in new }
        http.isDropped = answer.isDropped
        return http
    }
}

extension HTTPField.Name {
    fileprivate static let stripeVersion = Self("Stripe-Version")!
    fileprivate static let idempotencyKey = Self("Idempotency-Key")!
}

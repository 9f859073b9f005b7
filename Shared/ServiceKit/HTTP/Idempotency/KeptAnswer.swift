import HTTPTypes
import Hummingbird
import NIOCore

extension IdempotencyKeys {
    /// What is kept of an answer.
    struct Answer: Sendable {
        let status: Int
        let contentType: String?
        let body: [UInt8]
    }
}

extension IdempotencyKeys.Answer {
    /// Takes an answer's body out of it.
    init(_ response: Response) async throws {
        let collected = Collected()
        try await response.body.write(collected)
        self.init(status: response.status.code, contentType: response.headers[.contentType], body: collected.bytes)
    }

    /// The answer given once more.
    var response: Response {
        var headers: HTTPFields = [.idempotentReplayed: "true"]
        headers[.contentType] = contentType
        return response(with: headers)
    }

    /// The answer with these fields.
    func response(with headers: HTTPFields) -> Response {
        Response(
            status: HTTPResponse.Status(code: status), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// Gathers what an answer writes. Used by one task, and read when that is done.
    private final class Collected: ResponseBodyWriter {
        private(set) var bytes: [UInt8] = []

        func write(_ buffer: ByteBuffer) { bytes += buffer.readableBytesView }
        func finish(_ trailingHeaders: HTTPFields?) {}
    }
}

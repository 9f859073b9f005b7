import HTTPTypes
package import Hummingbird
import NIOCore

extension Request {
    /// The whole body, byte for byte, as a signature was made over it.
    ///
    /// Throws 413 when it is larger than `limit` bytes, at once when its length is given. Can be called once for each request.
    package func rawBody(limit: Int = 4 * 1024 * 1024) async throws -> [UInt8] {
        try await bytes(upTo: limit)
    }

    func bytes(upTo limit: Int) async throws -> [UInt8] {
        let tooLarge = APIError(.contentTooLarge, "body_too_large", "The body is larger than \(limit) bytes.")
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        do {
            return [UInt8](buffer: try await body.collect(upTo: limit))
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }
}

import Foundation
import HTTPTypes
package import Hummingbird
import Models

/// Writes answers as JSON in snake_case, with times in RFC 3339 and UTC.
package struct AnswerEncoder: ResponseEncoder {
    /// Made once: building an encoder costs more than a small answer.
    private static let encoder = WireJSON.encoder()

    /// The answer with `value` as its body.
    package func encode(_ value: some Encodable, from request: Request, context: some RequestContext) throws -> Response {
        let json = try Self.encoder.encode(value)
        return Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }
}

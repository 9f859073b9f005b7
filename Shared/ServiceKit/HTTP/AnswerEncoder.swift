import Foundation
package import HTTPTypes
package import Hummingbird
import Models

/// Writes answers as JSON in snake_case, with times in RFC 3339 and UTC.
package struct AnswerEncoder: ResponseEncoder {
    /// The answer with `value` as its body.
    package func encode(_ value: some Encodable, from request: Request, context: some RequestContext) throws -> Response {
        try Self.response(.ok, value)
    }

    fileprivate static func response(_ status: HTTPResponse.Status, _ value: some Encodable) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try WireJSON.encodeUnsorted(value))))
    }
}

extension Response {
    /// An answer with another status than 200 and `value` as its body.
    package init(_ status: HTTPResponse.Status, json value: some Encodable) throws {
        self = try AnswerEncoder.response(status, value)
    }
}

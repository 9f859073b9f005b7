import Foundation
import HTTPTypes
package import Hummingbird
import Models
import NIOCore

/// Reads JSON bodies of the API, strictly.
///
/// 415 unless the body is `application/json` in UTF-8 without a content encoding; 413 above `bodyLimit`; 400 for whatever is not exactly
/// one well-formed document (see `JSONParser`), and for a field that is missing or of another type, which the error names as the
/// request does. Unknown fields are ignored.
package struct StrictDecoder: RequestDecoder {
    /// The largest body in bytes: 64 KiB, far above anything the API takes.
    package static let bodyLimit = 64 * 1024

    private static let decoder = WireJSON.decoder()
    /// The document that is being decoded: for values of which it matters how they are written.
    @TaskLocal static var document: JSONValue?

    /// The value in the body; throws `APIError`.
    package func decode<T: Decodable>(_ type: T.Type, from request: Request, context: some RequestContext) async throws -> T {
        guard Self.isJSON(request.headers) else {
            throw APIError(.unsupportedMediaType, "unsupported_media_type", "The body must be application/json.")
        }
        return try Self.decode(type, from: try await request.bytes(upTo: Self.bodyLimit))
    }

    /// Reads a value from the bytes of a body.
    static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        guard !bytes.isEmpty else { throw APIError.malformed("A body is needed.", code: "malformed_json") }
        let document: JSONValue
        do {
            document = try JSONParser.parse(bytes)
        } catch {
            throw APIError.malformed("The body \(error.reason).", field: error.field, code: "malformed_json")
        }
        do {
            return try $document.withValue(document) { try decoder.decode(type, from: Data(bytes)) }
        } catch let error as DecodingError {
            throw FieldFault(error, in: document).error
        }
    }

    private static func isJSON(_ headers: HTTPFields) -> Bool {
        guard let type = headers[.contentType] else { return false }
        let parts = type.lowercased().split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        let encoding = headers[.contentEncoding]?.lowercased()
        return parts.first == "application/json" && parts.dropFirst().allSatisfy { ["charset=utf-8", "charset=\"utf-8\""].contains($0) }
            && (encoding == nil || encoding == "identity")
    }
}

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

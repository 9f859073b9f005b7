import Foundation
import Models

/// How JSON from Stripe is read: as JSON first, then typed; half a character in any text is U+FFFD.
package enum StripeJSON {
    /// Throws `badResponse` for what is not JSON, or nests deeper than a decoder can bear; Stripe expands four levels.
    static func check(_ body: [UInt8]) throws(StripeError) {
        do { try JSONTokenizer.check(body) } catch { throw StripeError(.badResponse, message: "the document \(error.reason)") }
    }

    /// Decodes the body, or throws `badResponse` that names the field at fault and none of the values.
    package static func decode<Value: Decodable>(_ type: Value.Type, from body: [UInt8]) throws(StripeError) -> Value {
        try check(body)
        do {
            return try JSONDecoder().decode(type, from: Data(LoneSurrogates.replaced(in: body)))
        } catch {
            throw StripeError(.badResponse, message: reason(for: error))
        }
    }

    /// Which field cannot be read, in words without values.
    static func reason(for error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, let context): "\(path(context.codingPath + [key])) is missing"
        case DecodingError.valueNotFound(_, let context): "\(path(context.codingPath)) is null"
        case DecodingError.typeMismatch(_, let context): "\(path(context.codingPath)) has another type"
        case DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty: "not JSON"
        case DecodingError.dataCorrupted(let context): "\(path(context.codingPath)) is malformed"
        case let error as StripeError: error.message ?? error.description
        default: "not readable"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.isEmpty ? "the document" : keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}

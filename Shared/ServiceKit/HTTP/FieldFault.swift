/// Which field of a body does not fit, and why, told in the words of the request.
struct FieldFault {
    private let field: String?
    private let reason: String

    /// What `error` means for a request that said `document`.
    init(_ error: DecodingError, in document: JSONValue) {
        switch error {
        case .keyNotFound(let key, let context):
            (field, reason) = (Self.path(context.codingPath + [key]), "is required")
        case .valueNotFound(_, let context):
            (field, reason) = (Self.path(context.codingPath), "must not be null")
        case .typeMismatch(let type, let context):
            (field, reason) = (Self.path(context.codingPath), "must be \(Self.name(of: type))")
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            // Of a number that fits no integer the decoder does not tell the place. The document is well formed, so it is one of these.
            (field, reason) = (document.path(toNumber: { Int($0) == nil }), "has a value that is not accepted")
        case .dataCorrupted(let context):
            (field, reason) = (Self.path(context.codingPath), "has a value that is not accepted")
        @unknown default:
            (field, reason) = (nil, "does not fit")
        }
    }

    var error: APIError {
        .malformed("\(field ?? "The body") \(reason).", field: field, code: "invalid_field")
    }

    /// `items[0].plan_id`; nil for the document itself.
    private static func path(_ keys: [any CodingKey]) -> String? {
        var path = ""
        for key in keys {
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += (path.isEmpty ? "" : ".") + snakeCase(key.stringValue)
            }
        }
        return path.isEmpty ? nil : path
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is [Any].Type: "a list"
        default: "an object"
        }
    }

    /// `successURL` → `success_url`, as the request names it.
    static func snakeCase(_ name: String) -> String {
        var result = ""
        var afterUpper = true
        for character in name {
            if character.isUppercase, !afterUpper { result += "_" }
            result += character.lowercased()
            afterUpper = character.isUppercase || character == "_"
        }
        return result
    }
}

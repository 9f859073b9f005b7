/// An amount of money in a request: a whole number of minor units, at least 1, written as plain digits. `100.0` and `1e2` are refused, as are a
/// text, zero, and what is below: the 400 names the field.
package struct MinorUnits: Decodable, Sendable, Hashable {
    /// Minor units.
    package let value: Int64

    /// Reads the number.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        value = try container.decode(Int64.self)
        let isPlain = StrictDecoder.document?.literal(at: decoder.codingPath).map { Int64($0) == value } ?? true
        guard value >= 1, isPlain else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a whole number from 1 on is expected")
        }
    }
}

extension JSONValue {
    /// The text of the number at a place.
    fileprivate func literal(at path: [any CodingKey]) -> String? {
        guard let key = path.first else {
            if case .number(let literal) = self { return literal }
            return nil
        }
        switch self {
        case .object: return self[FieldFault.snakeCase(key.stringValue)]?.literal(at: Array(path.dropFirst()))
        case .array(let items):
            guard let index = key.intValue, items.indices.contains(index) else { return nil }
            return items[index].literal(at: Array(path.dropFirst()))
        default: return nil
        }
    }
}

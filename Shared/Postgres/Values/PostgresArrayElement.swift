/// A value of which an array can be a parameter or a column: `[Int64]` is `bigint[]`, `[String?]` is `text[]` with NULLs, `[[UInt8]]`
/// is `bytea[]`; `[UInt8]` alone is `bytea`. A type with a raw value conforms by saying so, as to `PostgresEncodable`.
package protocol PostgresArrayElement {
    /// The type that an array of these is declared as.
    static var postgresArrayType: PostgresType { get }

    /// Appends a whole array in PostgreSQL's binary format.
    static func encodeArray(_ array: [Self], into encoder: inout ParameterEncoder)

    /// The array that PostgreSQL wrote as `text`; nil if it is none of this type.
    static func decodeArray(_ text: ArraySlice<UInt8>) -> [Self]?
}

extension PostgresArrayElement where Self: PostgresEncodable & PostgresDecodable {
    /// The array type of the element's type.
    package static var postgresArrayType: PostgresType {
        PostgresType(oid: postgresType.arrayOID, arrayOID: 0)
    }

    /// Appends a header (dimensions, whether there are NULLs, element type, length, lower bound) and each element after its length.
    /// An array without elements has no dimension.
    package static func encodeArray(_ array: [Self], into encoder: inout ParameterEncoder) {
        let hasNulls = array.contains { $0.isPostgresNull }
        encoder.write(Int32(array.isEmpty ? 0 : 1))
        encoder.write(Int32(hasNulls ? 1 : 0))
        encoder.write(postgresType.oid)
        guard !array.isEmpty else { return }
        encoder.write(Int32(clamping: array.count))
        encoder.write(Int32(1))
        for element in array {
            if element.isPostgresNull {
                encoder.write(Int32(-1))
            } else {
                encoder.writeWithLength { element.encode(into: &$0) }
            }
        }
    }

    /// The elements of a one-dimensional array; nil if one of them is none of this type.
    package static func decodeArray(_ text: ArraySlice<UInt8>) -> [Self]? {
        guard let elements = ArrayLiteral.elements(of: text) else { return nil }
        var array: [Self] = []
        array.reserveCapacity(elements.count)
        for element in elements {
            guard let value = element.map({ Self(postgresText: $0) }) ?? postgresNull else { return nil }
            array.append(value)
        }
        return array
    }
}

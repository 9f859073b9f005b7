package import FoundationEssentials

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// The array type of the element, or `bytea` for `[UInt8]`.
    package static var postgresType: PostgresType { Element.postgresArrayType }

    /// Appends the array.
    package func encode(into encoder: inout ParameterEncoder) {
        Element.encodeArray(self, into: &encoder)
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    /// The array, if it has one dimension and every element is of this type.
    package init?(postgresText text: ArraySlice<UInt8>) {
        guard let array = Element.decodeArray(text) else { return nil }
        self = array
    }
}

extension String: PostgresArrayElement {}
extension Int: PostgresArrayElement {}
extension Int64: PostgresArrayElement {}
extension Int32: PostgresArrayElement {}
extension Double: PostgresArrayElement {}
extension Bool: PostgresArrayElement {}
extension Date: PostgresArrayElement {}
extension UUID: PostgresArrayElement {}
extension JSON: PostgresArrayElement {}
extension Optional: PostgresArrayElement where Wrapped: PostgresEncodable & PostgresDecodable {}

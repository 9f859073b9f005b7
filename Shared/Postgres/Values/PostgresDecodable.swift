/// A value that can be read from a column.
///
/// The same types conform as to `PostgresEncodable`. Results come in PostgreSQL's text format, so `Int` reads `smallint`, `integer`,
/// `bigint` and a whole `numeric` such as `SUM(amount)` alike, and `String` reads any type at all.
package protocol PostgresDecodable {
    /// What NULL is read as; nil for a type that has no such value.
    static var postgresNull: Self? { get }

    /// The value that PostgreSQL wrote as `text`; nil if it is none of this type.
    init?(postgresText text: ArraySlice<UInt8>)
}

extension PostgresDecodable {
    /// Nil: the type has no value for NULL.
    package static var postgresNull: Self? { nil }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    /// The value with this raw value; nil for a raw value the type does not know.
    package init?(postgresText text: ArraySlice<UInt8>) {
        guard let rawValue = RawValue(postgresText: text) else { return nil }
        self.init(rawValue: rawValue)
    }
}

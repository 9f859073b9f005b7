/// A value that can be a parameter of a `Query`.
///
/// String, Int, Int64, Int32, Bool, Double, Date, UUID, [UInt8], JSON, arrays and optionals of these conform. A type with a raw
/// value conforms by saying so: `extension Currency: PostgresEncodable {}`.
package protocol PostgresEncodable {
    /// The type the parameter is declared as.
    static var postgresType: PostgresType { get }

    /// Whether this is SQL's NULL; only an optional can be.
    var isPostgresNull: Bool { get }

    /// Appends the value in PostgreSQL's binary format. Not called for NULL.
    func encode(into encoder: inout ParameterEncoder)
}

extension PostgresEncodable {
    /// False: a value is never NULL.
    package var isPostgresNull: Bool { false }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    /// The type of the raw value.
    package static var postgresType: PostgresType { RawValue.postgresType }

    /// Appends the raw value.
    package func encode(into encoder: inout ParameterEncoder) {
        rawValue.encode(into: &encoder)
    }
}

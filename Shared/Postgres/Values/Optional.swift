extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// The type of the wrapped value, so that a NULL is typed too.
    package static var postgresType: PostgresType { Wrapped.postgresType }

    /// Whether there is no value.
    package var isPostgresNull: Bool { self?.isPostgresNull ?? true }

    /// Appends the wrapped value.
    package func encode(into encoder: inout ParameterEncoder) {
        self?.encode(into: &encoder)
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// NULL is nil.
    package static var postgresNull: Wrapped?? { .some(.none) }

    /// The wrapped value.
    package init?(postgresText text: ArraySlice<UInt8>) {
        guard let value = Wrapped(postgresText: text) else { return nil }
        self = .some(value)
    }
}

extension String: PostgresEncodable, PostgresDecodable {
    /// `text`.
    package static var postgresType: PostgresType { .text }

    /// Appends the UTF-8 of the text. One with a NUL character makes the query invalid.
    package func encode(into encoder: inout ParameterEncoder) {
        encoder.write(text: self)
    }

    /// Whatever PostgreSQL wrote.
    package init?(postgresText text: ArraySlice<UInt8>) {
        self.init(decoding: text, as: UTF8.self)
    }
}

/// The text of a JSON document, for `json` and `jsonb` columns. It is not checked here: PostgreSQL refuses what is not JSON.
///
/// Edges: `jsonb` does not store the escape `\u0000` and forgets white space, key order and doubled keys. What must stay byte for
/// byte belongs into `bytea`.
package struct JSON: Sendable, Hashable, PostgresEncodable, PostgresDecodable {
    /// The document in UTF-8.
    package let bytes: [UInt8]

    /// A document from its UTF-8, such as the `Data` of an encoder.
    package init(bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// A document from its text.
    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The document as a string.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// `jsonb`, which PostgreSQL also takes for a `json` column.
    package static var postgresType: PostgresType { .jsonb }

    /// Appends the version of the binary format, 1, and the text. A NUL character makes the query invalid.
    package func encode(into encoder: inout ParameterEncoder) {
        if bytes.contains(0) { encoder.reject("a JSON text with a NUL character") }
        encoder.write(UInt8(1))
        encoder.write(bytes: bytes)
    }

    /// Whatever PostgreSQL wrote.
    package init?(postgresText text: ArraySlice<UInt8>) {
        bytes = Array(text)
    }
}

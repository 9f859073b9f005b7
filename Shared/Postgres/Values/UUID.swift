package import FoundationEssentials

extension UUID: PostgresEncodable, PostgresDecodable {
    /// `uuid`.
    package static var postgresType: PostgresType { .uuid }

    /// Appends the 16 bytes.
    package func encode(into encoder: inout ParameterEncoder) {
        unsafe withUnsafeBytes(of: uuid) { unsafe encoder.write(bytes: $0) }
    }

    /// The usual form with hyphens.
    package init?(postgresText text: ArraySlice<UInt8>) {
        self.init(uuidString: String(decoding: text, as: UTF8.self))
    }
}

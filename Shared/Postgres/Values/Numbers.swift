extension Int: PostgresEncodable, PostgresDecodable {
    /// `bigint`.
    package static var postgresType: PostgresType { .int8 }

    /// Appends eight bytes.
    package func encode(into encoder: inout ParameterEncoder) {
        encoder.write(Int64(self))
    }

    /// A whole number within the type's range.
    package init?(postgresText text: ArraySlice<UInt8>) {
        self.init(String(decoding: text, as: UTF8.self))
    }
}

extension Int64: PostgresEncodable, PostgresDecodable {
    /// `bigint`.
    package static var postgresType: PostgresType { .int8 }

    /// Appends eight bytes.
    package func encode(into encoder: inout ParameterEncoder) {
        encoder.write(self)
    }

    /// A whole number within the type's range.
    package init?(postgresText text: ArraySlice<UInt8>) {
        self.init(String(decoding: text, as: UTF8.self))
    }
}

extension Int32: PostgresEncodable, PostgresDecodable {
    /// `integer`.
    package static var postgresType: PostgresType { .int4 }

    /// Appends four bytes.
    package func encode(into encoder: inout ParameterEncoder) {
        encoder.write(self)
    }

    /// A whole number within the type's range.
    package init?(postgresText text: ArraySlice<UInt8>) {
        self.init(String(decoding: text, as: UTF8.self))
    }
}

extension Double: PostgresEncodable, PostgresDecodable {
    /// `double precision`.
    package static var postgresType: PostgresType { .float8 }

    /// Appends the eight bytes of IEEE 754, infinities and NaN included.
    package func encode(into encoder: inout ParameterEncoder) {
        encoder.write(bitPattern)
    }

    /// Any number, `Infinity`, `-Infinity` and `NaN`; the shortest text that gives back the same bits.
    package init?(postgresText text: ArraySlice<UInt8>) {
        self.init(String(decoding: text, as: UTF8.self))
    }
}

extension Bool: PostgresEncodable, PostgresDecodable {
    /// `boolean`.
    package static var postgresType: PostgresType { .bool }

    /// Appends 0 or 1.
    package func encode(into encoder: inout ParameterEncoder) {
        encoder.write(self ? UInt8(1) : UInt8(0))
    }

    /// `t` or `f`.
    package init?(postgresText text: ArraySlice<UInt8>) {
        guard text.count == 1, let letter = text.first, letter == UInt8(ascii: "t") || letter == UInt8(ascii: "f") else { return nil }
        self = letter == UInt8(ascii: "t")
    }
}

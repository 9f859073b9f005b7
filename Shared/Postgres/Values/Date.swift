package import FoundationEssentials

extension Date: PostgresEncodable, PostgresDecodable {
    /// `timestamptz`.
    package static var postgresType: PostgresType { .timestamptz }

    /// Appends the microseconds since 2000-01-01 00:00 UTC, rounded to the nearest. A date that is not a number, infinite or beyond
    /// the year 294276 makes the query invalid.
    package func encode(into encoder: inout ParameterEncoder) {
        let microseconds = (timeIntervalSinceReferenceDate * 1_000_000).rounded() + Self.secondsOf2000 * 1_000_000
        guard let value = Int64(exactly: microseconds) else { return encoder.reject("a date beyond what PostgreSQL stores") }
        encoder.write(value)
    }

    /// A point in time as the ISO style writes it with any offset, `2026-11-23 09:05:00.25+00`; not `infinity` and not BC.
    package init?(postgresText text: ArraySlice<UInt8>) {
        var reader = TimestampReader(text: text)
        guard let microseconds = reader.microsecondsSince1970() else { return nil }
        self.init(timeIntervalSinceReferenceDate: Double(microseconds - Self.microsecondsFrom1970To2001) / 1_000_000)
    }

    /// Foundation counts from 2001, PostgreSQL from 2000, which was a leap year.
    private static let secondsOf2000 = 366.0 * 86_400
    private static let microsecondsFrom1970To2001 = 978_307_200 * 1_000_000
}

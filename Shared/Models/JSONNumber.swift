/// The numbers of JSON as RFC 8259 has them: no leading zero, no plus, digits on both sides of a point.
package enum JSONNumber {
    /// The place behind the number that begins at `start`; nil when none begins there.
    package static func end(in bytes: [UInt8], from start: Int) -> Int? {
        var place = start
        func digits() -> Bool {
            let first = place
            while place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) { place += 1 }
            return place > first
        }
        func skip(_ marks: StaticString) -> Bool {
            guard place < bytes.count, marks.withUTF8Buffer({ $0.contains(bytes[place]) }) else { return false }
            place += 1
            return true
        }
        _ = skip("-")
        guard skip("0") || digits() else { return nil }
        if skip(".") { guard digits() else { return nil } }
        if skip("eE") {
            _ = skip("+-")
            guard digits() else { return nil }
        }
        return place
    }
}

/// Names and labels as Prometheus accepts them.
enum MetricName {
    static func counter(_ label: String) -> String {
        let name = plain(label)
        return name.hasSuffix("_total") ? name : name + "_total"
    }

    static func timer(_ label: String) -> String {
        let name = plain(label)
        return name.hasSuffix("_seconds") ? name : name + "_seconds"
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`; everything else becomes an underscore.
    static func plain(_ label: String) -> String {
        // As nearly all are that programs think of; series are looked up for each event.
        if label.utf8.allSatisfy(isPlain), let first = label.utf8.first, !isDigit(first) { return label }
        var name = String(label.unicodeScalars.map { isWord($0) || $0 == ":" ? Character($0) : "_" })
        if name.first?.isNumber ?? true { name = "_" + name }
        return name
    }

    /// `{a="1",b="2"}`, by name; of two labels with one name the last counts.
    static func labels(_ dimensions: [(String, String)]) -> String {
        if dimensions.isEmpty { return "" }
        if dimensions.count == 1 { return "{\(plain(dimensions[0].0).replacing(":", with: "_"))=\"\(escaped(dimensions[0].1))\"}" }
        let unique = Dictionary(dimensions.map { (plain($0.0).replacing(":", with: "_"), $0.1) }) { _, last in last }
        return "{" + unique.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",") + "}"
    }

    /// The labels with one more at the end.
    static func labels(_ labels: String, and name: String, _ value: String) -> String {
        labels.isEmpty ? "{\(name)=\"\(value)\"}" : labels.dropLast() + ",\(name)=\"\(value)\"}"
    }

    private static func escaped(_ value: String) -> String {
        let isClean = value.utf8.allSatisfy { $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\n") }
        if isClean { return value }
        return value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isPlain(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && (scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
    }
}

/// Parameters in the encoding that Stripe takes: nested names in brackets, everything else percent-encoded.
///
/// Used as the body of a POST and as the query of a GET. Order is kept, so equal forms have equal bytes.
struct Form: Sendable, Hashable {
    private var pairs: [(name: String, value: String)] = []

    /// Adds `value` under `path`: `set("1", at: "line_items", "0", "quantity")` is `line_items[0][quantity]=1`. A nil value adds nothing;
    /// an empty one is sent, which means "unset" to Stripe.
    mutating func set(_ value: String?, at path: String...) {
        guard let value else { return }
        append(value, at: path)
    }

    /// Adds `value` under a path that is put together elsewhere.
    mutating func set(_ value: String, in path: [String]) { append(value, at: path) }

    /// Adds a whole number.
    mutating func set(_ value: Int?, at path: String...) {
        guard let value else { return }
        append(String(value), at: path)
    }

    /// Adds `true` or `false`.
    mutating func set(_ value: Bool?, at path: String...) {
        guard let value else { return }
        append(value ? "true" : "false", at: path)
    }

    /// Adds each value under `name[]`.
    mutating func add(_ values: [String], to name: String) {
        for value in values { append(value, at: [name, ""]) }
    }

    private mutating func append(_ value: String, at path: [String]) {
        let name = path.dropFirst().reduce(Self.encoded(path[0])) { $0 + "%5B" + Self.encoded($1) + "%5D" }
        pairs.append((name, Self.encoded(value)))
    }

    /// Whether nothing was added.
    var isEmpty: Bool { pairs.isEmpty }

    /// `application/x-www-form-urlencoded`.
    var encoded: String { pairs.map { "\($0.name)=\($0.value)" }.joined(separator: "&") }

    /// Escapes every byte of the UTF-8 text but the unreserved characters of RFC 3986; a space is `%20`, never `+`.
    static func encoded(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func == (left: Form, right: Form) -> Bool { left.encoded == right.encoded }

    func hash(into hasher: inout Hasher) { hasher.combine(encoded) }
}

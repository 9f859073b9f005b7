import Foundation

/// Writes values as JSON, straight into bytes: no tree of what is to be written is built in between.
///
/// Keys are turned into snake_case, but for those of dictionaries, which are data. Times are RFC 3339. Members come as they are given, or sorted by
/// their keys. A value is written by its own `encode(to:)`; what that asks for beyond containers of its own (`superEncoder`, nested containers) no
/// type of this system needs, and it is refused.
final class JSONWriter {
    /// What is being written at one depth.
    fileprivate struct Frame {
        enum Kind { case value, object, array }
        var kind = Kind.value
        var start = 0
        var isEmpty = true
        /// Where each member begins, and where its key ends; kept only to sort them.
        var members: [(start: Int, keyEnd: Int)] = []
    }

    private(set) var bytes: [UInt8] = []
    fileprivate var frames: [Frame] = []
    fileprivate var depth = -1
    private let isSorted: Bool

    init(isSorted: Bool) {
        self.isSorted = isSorted
        bytes.reserveCapacity(1024)
    }

    /// Writes one value. Throws what its `encode(to:)` throws, and for a number that JSON has not.
    func write<Value: Encodable>(_ value: Value) throws {
        if Value.self == Date.self, let date = value as? Date { return append(time: date) }
        depth += 1
        if depth == frames.count { frames.append(Frame()) }
        frames[depth].kind = .value
        frames[depth].start = bytes.count
        frames[depth].isEmpty = true
        frames[depth].members.removeAll(keepingCapacity: true)
        try value.encode(to: ValueEncoder(writer: self))
        close()
        depth -= 1
    }

    private func close() {
        switch frames[depth].kind {
        case .array: bytes.append(UInt8(ascii: "]"))
        case .object:
            bytes.append(UInt8(ascii: "}"))
            if isSorted { sortMembers() }
        case .value:
            // A value that has written nothing at all has no members.
            if bytes.count == frames[depth].start { bytes += "{}".utf8 }
        }
    }

    fileprivate func open(_ kind: Frame.Kind, _ bracket: Unicode.Scalar) {
        guard frames[depth].kind == .value else { return }
        frames[depth].kind = kind
        bytes.append(UInt8(ascii: bracket))
    }

    fileprivate func beginElement() {
        if !frames[depth].isEmpty { bytes.append(UInt8(ascii: ",")) }
        frames[depth].isEmpty = false
    }

    fileprivate func beginMember(_ name: String, isData: Bool) {
        beginElement()
        let start = bytes.count
        if isData {
            append(text: name)
        } else {
            bytes.append(UInt8(ascii: "\""))
            WireJSON.appendSnakeCase(name, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        if isSorted { frames[depth].members.append((start, bytes.count)) }
        bytes.append(UInt8(ascii: ":"))
    }

    /// Puts the members of the object that ends here into the order of their keys.
    private func sortMembers() {
        let members = frames[depth].members
        func key(_ index: Int) -> ArraySlice<UInt8> { bytes[members[index].start..<members[index].keyEnd - 1] }
        let isInOrder = members.indices.dropFirst().allSatisfy { !key($0).lexicographicallyPrecedes(key($0 - 1)) }
        guard !isInOrder else { return }
        let order = members.indices.sorted { key($0).lexicographicallyPrecedes(key($1)) }
        var sorted: [UInt8] = []
        sorted.reserveCapacity(bytes.count - members[0].start)
        for index in order {
            if !sorted.isEmpty { sorted.append(UInt8(ascii: ",")) }
            let end = index + 1 < members.count ? members[index + 1].start - 1 : bytes.count - 1
            sorted += bytes[members[index].start..<end]
        }
        bytes.replaceSubrange(members[0].start..<bytes.count - 1, with: sorted)
    }

    // MARK: Values

    fileprivate func append(raw text: String) { bytes += text.utf8 }

    fileprivate func append(number: some BinaryFloatingPoint & LosslessStringConvertible) throws {
        guard number.isFinite else {
            throw EncodingError.invalidValue(number, .init(codingPath: [], debugDescription: "JSON has no such number"))
        }
        let text = number.description
        append(raw: text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }

    func append(text: String) {
        var text = text
        text.withUTF8 { Self.append(text: $0, to: &bytes) }
    }

    fileprivate func append(written json: WrittenJSON) { bytes += json.bytes }

    /// Writes a text of UTF-8 in quotes.
    static func append(text utf8: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var clean = 0
        for place in utf8.indices where utf8[place] < 0x20 || utf8[place] == 0x22 || utf8[place] == 0x5C {
            bytes += utf8[clean..<place]
            append(escaped: utf8[place], to: &bytes)
            clean = place + 1
        }
        bytes += utf8[clean...]
        bytes.append(UInt8(ascii: "\""))
    }

    private static func append(escaped byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case 0x22: bytes += #"\""#.utf8
        case 0x5C: bytes += #"\\"#.utf8
        case 0x08: bytes += #"\b"#.utf8
        case 0x09: bytes += #"\t"#.utf8
        case 0x0A: bytes += #"\n"#.utf8
        case 0x0C: bytes += #"\f"#.utf8
        case 0x0D: bytes += #"\r"#.utf8
        default: bytes += (#"\u00"# + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)).utf8
        }
    }

    private func append(time date: Date) {
        bytes.append(UInt8(ascii: "\""))
        bytes += WireJSON.time(date).utf8
        bytes.append(UInt8(ascii: "\""))
    }
}

/// A JSON value that is written already, to stand among others.
package struct WrittenJSON: Encodable, Sendable {
    /// The value's text.
    package let bytes: [UInt8]

    /// Takes what is one JSON value: nobody looks whether it is.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Writes it as it is, which `WireJSON` alone can.
    package func encode(to encoder: any Encoder) throws {
        guard let encoder = encoder as? ValueEncoder else {
            throw EncodingError.invalidValue(self, .init(codingPath: encoder.codingPath, debugDescription: "only WireJSON writes it"))
        }
        encoder.writer.append(written: self)
    }
}

// MARK: What `encode(to:)` sees

private struct ValueEncoder: Encoder {
    let writer: JSONWriter
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        writer.open(.object, "{")
        return KeyedEncodingContainer(Members<Key>(writer: writer, isData: ObjectIdentifier(type) == DictionaryKey.identifier))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        writer.open(.array, "[")
        return Elements(writer: writer)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(writer: writer) }
}

/// The type of keys that dictionaries give, which has no name outside the standard library.
private enum DictionaryKey {
    static let identifier: ObjectIdentifier = {
        let probe = Probe()
        // It has no members, so what it encodes to is never asked for.
        try? [String: Bool]().encode(to: probe)
        return probe.seen ?? ObjectIdentifier(Probe.self)
    }()

    private final class Probe: Encoder {
        var seen: ObjectIdentifier?
        var codingPath: [any CodingKey] { [] }
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
            seen = ObjectIdentifier(type)
            return KeyedEncodingContainer(Members<Key>(writer: JSONWriter(isSorted: false), isData: true))
        }

        func unkeyedContainer() -> any UnkeyedEncodingContainer { Elements(writer: JSONWriter(isSorted: false)) }
        func singleValueContainer() -> any SingleValueEncodingContainer { Single(writer: JSONWriter(isSorted: false)) }
    }
}

private let refusal = "nobody encodes by nested containers or through a super encoder here"

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONWriter
    let isData: Bool
    var codingPath: [any CodingKey] { [] }

    private func begin(_ key: Key) { writer.beginMember(key.stringValue, isData: isData) }

    private func add(_ text: String, _ key: Key) {
        begin(key)
        writer.append(raw: text)
    }

    func encodeNil(forKey key: Key) { add("null", key) }
    func encode(_ value: Bool, forKey key: Key) { add(value ? "true" : "false", key) }
    func encode(_ value: String, forKey key: Key) {
        begin(key)
        writer.append(text: value)
    }
    func encode(_ value: Double, forKey key: Key) throws {
        begin(key)
        try writer.append(number: value)
    }
    func encode(_ value: Float, forKey key: Key) throws {
        begin(key)
        try writer.append(number: value)
    }
    func encode(_ value: Int, forKey key: Key) { add(value.description, key) }
    func encode(_ value: Int8, forKey key: Key) { add(value.description, key) }
    func encode(_ value: Int16, forKey key: Key) { add(value.description, key) }
    func encode(_ value: Int32, forKey key: Key) { add(value.description, key) }
    func encode(_ value: Int64, forKey key: Key) { add(value.description, key) }
    func encode(_ value: UInt, forKey key: Key) { add(value.description, key) }
    func encode(_ value: UInt8, forKey key: Key) { add(value.description, key) }
    func encode(_ value: UInt16, forKey key: Key) { add(value.description, key) }
    func encode(_ value: UInt32, forKey key: Key) { add(value.description, key) }
    func encode(_ value: UInt64, forKey key: Key) { add(value.description, key) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        begin(key)
        try writer.write(value)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        preconditionFailure(refusal)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { preconditionFailure(refusal) }
    func superEncoder() -> any Encoder { preconditionFailure(refusal) }
    func superEncoder(forKey key: Key) -> any Encoder { preconditionFailure(refusal) }
}

private struct Elements: UnkeyedEncodingContainer {
    let writer: JSONWriter
    var codingPath: [any CodingKey] { [] }
    private(set) var count = 0

    init(writer: JSONWriter) { self.writer = writer }

    private mutating func add(_ text: String) {
        begin()
        writer.append(raw: text)
    }

    private mutating func begin() {
        writer.beginElement()
        count += 1
    }

    mutating func encodeNil() { add("null") }
    mutating func encode<Value: Encodable>(_ value: Value) throws {
        begin()
        try writer.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
        preconditionFailure(refusal)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { preconditionFailure(refusal) }
    mutating func superEncoder() -> any Encoder { preconditionFailure(refusal) }
}

private struct Single: SingleValueEncodingContainer {
    let writer: JSONWriter
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { writer.append(raw: "null") }
    func encode(_ value: Bool) { writer.append(raw: value ? "true" : "false") }
    func encode(_ value: String) { writer.append(text: value) }
    func encode(_ value: Double) throws { try writer.append(number: value) }
    func encode(_ value: Float) throws { try writer.append(number: value) }
    func encode(_ value: Int) { writer.append(raw: value.description) }
    func encode(_ value: Int8) { writer.append(raw: value.description) }
    func encode(_ value: Int16) { writer.append(raw: value.description) }
    func encode(_ value: Int32) { writer.append(raw: value.description) }
    func encode(_ value: Int64) { writer.append(raw: value.description) }
    func encode(_ value: UInt) { writer.append(raw: value.description) }
    func encode(_ value: UInt8) { writer.append(raw: value.description) }
    func encode(_ value: UInt16) { writer.append(raw: value.description) }
    func encode(_ value: UInt32) { writer.append(raw: value.description) }
    func encode(_ value: UInt64) { writer.append(raw: value.description) }
    func encode<Value: Encodable>(_ value: Value) throws { try writer.write(value) }
}

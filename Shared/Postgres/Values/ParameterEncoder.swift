/// The bytes of a query's parameters, one after the other, in PostgreSQL's binary format (network byte order).
package struct ParameterEncoder: Sendable {
    private(set) var bytes: [UInt8] = []

    /// Why the query must not be sent; nil if nothing is wrong with its values.
    private(set) var problem: String?

    mutating func write(_ integer: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: integer.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    mutating func write(bytes more: some Collection<UInt8>) {
        bytes.append(contentsOf: more)
    }

    mutating func write(text: String) {
        bytes.append(contentsOf: text.utf8)
        if text.utf8.contains(0) { reject("a text with a NUL character") }
    }

    mutating func reject(_ reason: String) {
        problem = problem ?? reason
    }

    mutating func append(_ other: ParameterEncoder) {
        bytes += other.bytes
        problem = problem ?? other.problem
    }

    /// Appends what `body` writes, preceded by its length in bytes as an array element is.
    mutating func writeWithLength(_ body: (inout ParameterEncoder) -> Void) {
        let lengthAt = bytes.count
        write(Int32(0))
        body(&self)
        let length = UInt32(truncatingIfNeeded: bytes.count - lengthAt - 4)
        for index in 0..<4 {
            bytes[lengthAt + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32(index)))
        }
    }
}

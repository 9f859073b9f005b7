import NIOCore

/// A request as it came over the wire.
package struct StripeStubRequest: Sendable, Equatable {
    /// Such as `GET`.
    package let method: String
    /// Path and query, still encoded.
    package let target: String
    /// Each line once, in order; names in lower case.
    package let headers: [Header]
    /// The body as text.
    package let body: String

    /// One line of the head.
    package struct Header: Sendable, Equatable {
        /// In lower case.
        package let name: String
        /// Without the space around it.
        package let value: String
    }

    /// The value of the only header of that name; nil when there is none or more than one.
    package func header(_ name: String) -> String? {
        let values = headers.filter { $0.name == name.lowercased() }.map(\.value)
        return values.count == 1 ? values[0] : nil
    }

    /// Takes one whole request off the front of `bytes`; nil, taking nothing, until it has all arrived. Understands a body with a length
    /// only, which is all that a client sends here.
    init?(consuming bytes: inout ByteBuffer) {
        let text = String(decoding: bytes.readableBytesView, as: UTF8.self)
        // "\r\n" is one character of text, so the head is cut on bytes.
        let raw = Array(text.utf8)
        let blank = Array("\r\n\r\n".utf8)
        guard raw.count >= 4, let end = (0...raw.count - 4).first(where: { Array(raw[$0..<$0 + 4]) == blank }) else { return nil }
        let lines = String(decoding: raw[..<end], as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        let start = lines[0].split(separator: " ")
        guard start.count == 3 else { return nil }
        headers = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return Header(name: line[..<colon].lowercased(), value: String(line[colon...].dropFirst().drop { $0 == " " }))
        }
        method = String(start[0])
        target = String(start[1])
        let length = headers.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
        guard raw.count >= end + 4 + length else { return nil }
        body = String(decoding: raw[(end + 4)..<(end + 4 + length)], as: UTF8.self)
        bytes.moveReaderIndex(forwardBy: end + 4 + length)
    }
}

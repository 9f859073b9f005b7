import Foundation
package import Models
package import Postgres

/// Writes rows as JSON objects, straight from the text of their columns: for what is asked for so often that values in between would be most of
/// its cost.
package struct RowJSON: Sendable {
    /// How a column becomes JSON. NULL is null.
    package enum Kind: Sendable {
        /// In quotes, as it is.
        case text
        /// An integer, as it is.
        case number
        /// A `timestamptz`, as `WireJSON.time` writes it.
        case time
    }

    private struct Member: Sendable {
        let column: String
        let kind: Kind
        /// What stands before its value: bracket or comma, key and colon.
        let opening: [UInt8]
    }

    private let members: [Member]

    /// The columns, as a SELECT list; they must be the first of the rows that are written.
    package let columns: Query

    /// Objects with these members, in this order: each a column, what it is, and its key where that has another name.
    package init(_ members: [(column: String, kind: Kind, key: String?)]) {
        self.members = members.enumerated().map { index, member in
            let opening = "\(index == 0 ? "{" : ",")\"\(member.key ?? member.column)\":"
            return Member(column: member.column, kind: member.kind, opening: Array(opening.utf8))
        }
        columns = Query(unsafe: members.map(\.column).joined(separator: ", "))
    }

    /// A row as JSON. Throws when a column is not what it was said to be.
    package func callAsFunction(_ row: Row) throws -> WrittenJSON {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        for (place, member) in members.enumerated() {
            bytes += member.opening
            guard let text = row.text(at: place) else {
                bytes += "null".utf8
                continue
            }
            switch member.kind {
            case .text: WireJSON.append(text: text, to: &bytes)
            case .number: bytes += text
            case .time:
                bytes.append(UInt8(ascii: "\""))
                if !Self.append(time: text, to: &bytes) { bytes += WireJSON.time(try row.get(member.column)).utf8 }
                bytes.append(UInt8(ascii: "\""))
            }
        }
        bytes.append(UInt8(ascii: "}"))
        return WrittenJSON(bytes)
    }

    /// `2026-11-23 09:05:00.25+00` as `2026-11-23T09:05:00.250Z`; false, and nothing is written, for a time of another form.
    private static func append(time: ArraySlice<UInt8>, to bytes: inout [UInt8]) -> Bool {
        let text = time.dropLast(3)
        guard time.suffix(3).elementsEqual("+00".utf8), text.count >= 19, text.count == 19 || text.count > 20,
            text[text.startIndex + 10] == UInt8(ascii: " "), text.count == 19 || text[text.startIndex + 19] == UInt8(ascii: ".")
        else { return false }
        bytes += text.prefix(10)
        bytes.append(UInt8(ascii: "T"))
        bytes += text.dropFirst(11).prefix(8)
        if text.count > 19 {
            let fraction = text.dropFirst(20).prefix(3)
            bytes.append(UInt8(ascii: "."))
            bytes += fraction
            bytes += repeatElement(UInt8(ascii: "0"), count: 3 - fraction.count)
        }
        bytes.append(UInt8(ascii: "Z"))
        return true
    }
}

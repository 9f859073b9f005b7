/// Cuts a list answer into its rows without changing a byte of them.
///
/// An event that is read from Stripe is stored as it was sent, like one that was posted; decoding and encoding it again would not keep it.
enum JSONRows {
    private static let quote = UInt8(ascii: "\"")

    /// The elements of the array under `member` of the top-level object, each without the space around it; nil when there is no such
    /// array. Expects well-formed JSON: decode the document first.
    static func rows(of member: String, in json: [UInt8]) -> [ArraySlice<UInt8>]? {
        var index = json.startIndex
        var depth = 0
        while index < json.endIndex {
            switch json[index] {
            case quote:
                let text = string(at: &index, in: json)
                guard depth == 1, text.elementsEqual(member.utf8) else { continue }
                skipSpace(at: &index, in: json)
                guard index < json.endIndex, json[index] == UInt8(ascii: ":") else { continue }
                index += 1
                skipSpace(at: &index, in: json)
                guard index < json.endIndex, json[index] == UInt8(ascii: "[") else { return nil }
                return elements(from: index + 1, in: json)
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            index += 1
        }
        return nil
    }

    /// What lies between the commas from `start` to the bracket that closes the array.
    private static func elements(from start: Int, in json: [UInt8]) -> [ArraySlice<UInt8>]? {
        var found: [ArraySlice<UInt8>] = []
        var index = start
        var begin = start
        var depth = 0
        while index < json.endIndex {
            switch json[index] {
            case quote:
                _ = string(at: &index, in: json)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "]") where depth > 0: depth -= 1
            case UInt8(ascii: "]"):
                let last = trimmed(json[begin..<index])
                return last.isEmpty ? found : found + [last]
            case UInt8(ascii: ",") where depth == 0:
                found.append(trimmed(json[begin..<index]))
                begin = index + 1
            default: break
            }
            index += 1
        }
        return nil
    }

    /// The raw text between the quotes at `index`, which is moved behind the closing one.
    private static func string(at index: inout Int, in json: [UInt8]) -> ArraySlice<UInt8> {
        let begin = index + 1
        index = begin
        while index < json.endIndex, json[index] != quote { index += json[index] == UInt8(ascii: "\\") ? 2 : 1 }
        let end = min(index, json.endIndex)
        index = end + 1
        return json[begin..<end]
    }

    private static func skipSpace(at index: inout Int, in json: [UInt8]) {
        while index < json.endIndex, isSpace(json[index]) { index += 1 }
    }

    private static func trimmed(_ slice: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var slice = slice.drop(while: isSpace)
        while let last = slice.last, isSpace(last) { slice.removeLast() }
        return slice
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
}

/// Text made safe for one log line.
enum LogText {
    /// Longer values are cut here: a log line is for finding things, not for keeping them.
    static let longest = 2048

    /// Appends `text` escaped as the inside of a JSON string; control characters of both blocks (C0 with ESC, C1) and the two line
    /// separators of Unicode are escaped too, so that no terminal and no line-based reader is led astray.
    static func escape(_ text: String, into bytes: inout [UInt8]) {
        let limit = bytes.count + longest
        if appendPlain(text, into: &bytes) { return }
        for scalar in text.unicodeScalars {
            if bytes.count >= limit {
                bytes.append(contentsOf: "…(\(text.utf8.count) bytes)".utf8)
                return
            }
            switch scalar.value {
            case 0x22: bytes.append(contentsOf: [0x5C, 0x22])
            case 0x5C: bytes.append(contentsOf: [0x5C, 0x5C])
            case 0x0A: bytes.append(contentsOf: [0x5C, 0x6E])
            case 0x0D: bytes.append(contentsOf: [0x5C, 0x72])
            case 0x09: bytes.append(contentsOf: [0x5C, 0x74])
            case 0x20..<0x7F: bytes.append(UInt8(scalar.value))
            case 0x00..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069:
                let digits = String(scalar.value, radix: 16)
                bytes.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
            default: bytes.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
    }

    /// Appends a text that needs nothing escaped and is not too long, as nearly all are; false where it is another, and nothing is appended.
    private static func appendPlain(_ text: String, into bytes: inout [UInt8]) -> Bool {
        var text = text
        return text.withUTF8 { utf8 in
            guard utf8.count < longest, utf8.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C }) else { return false }
            bytes += utf8
            return true
        }
    }
}

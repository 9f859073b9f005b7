import Models

/// Halves of characters in JSON.
///
/// A name cut off in the middle of an emoji leaves `\ud83d` without its other half. RFC 8259, section 8.2, allows that and Foundation's decoder
/// refuses the whole document for it.
package enum LoneSurrogates {
    private static let backslash = UInt8(ascii: "\\")
    private static let replacement = Array("\\ufffd".utf8)

    /// The document with each half that lacks its other one replaced by U+FFFD, escape by escape; nothing else is touched, and what is not
    /// JSON passes.
    package static func replaced(in json: [UInt8]) -> [UInt8] {
        guard json.contains(backslash) else { return json }
        var result = json
        var index = json.startIndex
        while index < json.endIndex {
            guard json[index] == backslash else {
                index += 1
                continue
            }
            guard let unit = JSONTokenizer.unit(at: index, in: json) else {
                index += 2
                continue
            }
            if isHigh(unit), let next = JSONTokenizer.unit(at: index + 6, in: json), isLow(next) {
                index += 12
                continue
            }
            if isHigh(unit) || isLow(unit) {
                result.replaceSubrange(index..<index + 6, with: replacement)
            }
            index += 6
        }
        return result
    }

    private static func isHigh(_ unit: UInt16) -> Bool { (0xD800...0xDBFF).contains(unit) }
    private static func isLow(_ unit: UInt16) -> Bool { (0xDC00...0xDFFF).contains(unit) }
}

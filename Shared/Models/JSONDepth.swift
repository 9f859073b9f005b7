/// A guard to call before decoding JSON from outside.
///
/// Decoders recurse; a few hundred nested arrays overflow the stack of a cooperative thread and end the process, below the depth of
/// 512 at which Foundation's scanner stops by itself. So the depth is counted first, without recursion.
package enum JSONDepth {
    /// Thrown when a document nests deeper than allowed.
    package struct TooDeep: Error, Hashable {
        /// The limit that was passed.
        package let limit: Int
    }

    /// Throws `TooDeep` when arrays and objects nest deeper than `limit`. Malformed JSON passes: the decoder refuses it.
    package static func check(_ bytes: [UInt8], limit: Int = 64) throws(TooDeep) {
        var depth = 0
        var inString = false
        var escaped = false
        for byte in bytes {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth > limit { throw TooDeep(limit: limit) }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
    }
}

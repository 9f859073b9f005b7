import Foundation
import Logging
import Models

/// One log record on its way to becoming one line of bytes.
struct LogLine {
    private let format: LogFormat
    private var bytes: [UInt8] = []

    /// Names that every JSON line has itself; metadata of the same name gets an underscore behind it.
    private static let reserved: Set<String> = ["time", "level", "service", "message"]

    /// Arrays and dictionaries in metadata nest at most this deep; what lies deeper is left out.
    private static let deepest = 4

    init(format: LogFormat) {
        self.format = format
        bytes.reserveCapacity(256)
    }

    mutating func begin(level: Logger.Level, service: String, message: String) {
        switch format {
        case .json:
            append("{\"time\":\"")
            append(Self.time(.now))
            append("\",\"level\":\"\(level.rawValue)\",\"service\":")
            quote(service)
            append(",\"message\":")
            quote(SecretText.masked(message))
        case .text:
            append(Self.time(.now))
            append(" \(level.rawValue.uppercased()) \(service): ")
            LogText.escape(SecretText.masked(message), into: &bytes)
        }
    }

    mutating func add(_ key: String, _ value: Logger.MetadataValue) {
        switch format {
        case .json:
            append(",")
            quote(Self.reserved.contains(key) ? key + "_" : key)
            append(":")
            addJSON(value, under: key, depth: 0)
        case .text:
            append(" ")
            LogText.escape(key, into: &bytes)
            append("=")
            quote(SecretText.isSecret(key: key) ? SecretText.mask : SecretText.masked(value.description))
        }
    }

    /// RFC 3339 in UTC with milliseconds, such as `2026-11-23T03:11:06.042Z`.
    private static func time(_ date: Date) -> String {
        // Half a millisecond more is no whole second, so the fraction is always there.
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded(.down)
        return WireJSON.time(Date(timeIntervalSince1970: (milliseconds + 0.5) / 1000))
    }

    mutating func finish() -> [UInt8] {
        append(format == .json ? "}\n" : "\n")
        return bytes
    }

    private mutating func addJSON(_ value: Logger.MetadataValue, under key: String, depth: Int) {
        if SecretText.isSecret(key: key) { return quote(SecretText.mask) }
        guard depth < Self.deepest else { return quote("…") }
        switch value {
        case .string(let text): quote(SecretText.masked(text))
        case .stringConvertible(let number as any BinaryInteger): append(String(describing: number))
        case .stringConvertible(let flag as Bool): append(flag ? "true" : "false")
        case .stringConvertible(let other): quote(SecretText.masked(other.description))
        case .array(let items):
            append("[")
            for (index, item) in items.enumerated() {
                if index > 0 { append(",") }
                addJSON(item, under: key, depth: depth + 1)
            }
            append("]")
        case .dictionary(let items):
            append("{")
            for (index, item) in items.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { append(",") }
                quote(item.key)
                append(":")
                addJSON(item.value, under: item.key, depth: depth + 1)
            }
            append("}")
        }
    }

    private mutating func quote(_ text: String) {
        append("\"")
        LogText.escape(text, into: &bytes)
        append("\"")
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}

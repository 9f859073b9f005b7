import Foundation
import Logging
import Synchronization

@testable import ServiceKit

/// Keeps the log lines of a test.
final class LogCapture: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    /// A logger that writes JSON lines here.
    var logger: Logger { logger(.json) }

    /// A logger that writes nothing below critical, for the machinery of tests.
    var silent: Logger {
        var logger = logger
        logger.logLevel = .critical
        return logger
    }

    func logger(_ format: LogFormat, level: Logger.Level = .debug) -> Logger {
        Logger(label: "test") { _ in
            LineLogHandler(service: "test", format: format, level: level) { line, _ in self.bytes.withLock { $0 += line } }
        }
    }

    /// Everything written so far.
    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

    /// The lines written so far.
    var lines: [String] { text.split(separator: "\n").map(String.init) }

    /// The lines as JSON objects.
    var records: [[String: Any]] {
        lines.compactMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
    }
}

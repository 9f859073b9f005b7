package import Logging
import Messaging
import ServiceContextModule

/// A log handler that writes each record as one line: JSON for machines, or text for people.
///
/// Whatever a record holds, it stays one line (control characters are escaped), no longer than a few KiB (long values are cut), and
/// without the value of a key that looks like a secret's.
package struct LineLogHandler: LogHandler {
    /// What every line says.
    package var metadata: Logger.Metadata = [:]
    /// Lines below this level are not written.
    package var logLevel: Logger.Level
    /// Where further metadata comes from.
    package var metadataProvider: Logger.MetadataProvider?

    private let service: String
    private let format: LogFormat
    private let write: @Sendable ([UInt8], Bool) -> Void

    /// A handler for the service called `service`; `write` gets whole lines, their line break included, from any thread, and whether
    /// the line must not be lost if the process ends at once: one that tells of an error.
    package init(
        service: String, format: LogFormat, level: Logger.Level, metadataProvider: Logger.MetadataProvider? = .current,
        write: @escaping @Sendable ([UInt8], Bool) -> Void = { StandardOutput.write($0, isUrgent: $1) }
    ) {
        self.service = service
        self.format = format
        self.logLevel = level
        self.metadataProvider = metadataProvider
        self.write = write
    }

    /// One entry of the metadata.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    package func log(event: LogEvent) {
        var fields = metadataProvider?.get() ?? [:]
        fields.merge(metadata) { _, own in own }
        if let given = event.metadata { fields.merge(given) { _, own in own } }
        if let error = event.error { fields["error"] = "\(error)" }
        var line = LogLine(format: format)
        line.begin(level: event.level, service: service, message: event.message.description)
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) { line.add(key, value) }
        write(line.finish(), event.level >= .error)
    }
}

/// How log lines look.
package enum LogFormat: String, CaseIterable, Sendable {
    /// One JSON object for each record.
    case json
    /// Time, level, message and `key=value` pairs.
    case text
}

extension Logger.MetadataProvider {
    /// Adds what the present task works for: `request_id`, `trace_id`, `span_id`, `message_id`, where known.
    package static let current = Logger.MetadataProvider {
        guard let context = ServiceContext.current else { return [:] }
        var metadata: Logger.Metadata = [:]
        if let requestID = context.requestID { metadata["request_id"] = .string(requestID) }
        if let messageID = context.messageID { metadata["message_id"] = .string(messageID) }
        if let trace = context.trace {
            metadata["trace_id"] = .string(trace.traceID)
            metadata["span_id"] = .string(trace.spanID)
        }
        return metadata
    }
}

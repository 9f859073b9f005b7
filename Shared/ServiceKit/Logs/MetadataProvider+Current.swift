package import Logging
import Messaging
import ServiceContextModule

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

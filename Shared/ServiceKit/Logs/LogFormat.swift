/// How log lines look.
package enum LogFormat: String, CaseIterable, Sendable {
    /// One JSON object for each record.
    case json
    /// Time, level, message and `key=value` pairs.
    case text
}

/// An error as the server reported it (PostgreSQL documentation, "Error and Notice Message Fields").
package struct ServerMessage: Sendable {
    /// `ERROR`, or `FATAL` and `PANIC`, which also end the connection.
    package var severity: String?
    /// Five characters that name the condition; nil when libpq itself speaks.
    package var sqlState: String?
    /// The primary message, one line; may quote values.
    package var message: String
    /// What the primary message leaves out.
    package var detail: String?
    /// What might help.
    package var hint: String?
    /// Where in which function or statement it happened.
    package var context: String?
    /// The character of the SQL at fault, counted from 1.
    package var position: String?
    /// The schema of the object at fault.
    package var schema: String?
    /// The table at fault.
    package var table: String?
    /// The column at fault.
    package var column: String?
    /// The violated constraint.
    package var constraint: String?
}

extension ServerMessage: CustomDebugStringConvertible {
    /// The fields that are set, the message first, without what stands in a row or was to: of data that do not fit (class 22) and of constraints that
    /// are broken (class 23) the server quotes whole rows, and what is logged is read by many.
    package var debugDescription: String {
        let fields: [(String, String?)] = [
            ("severity", severity), ("sqlState", sqlState), ("detail", quotesRows ? nil : detail), ("hint", hint),
            ("context", quotesRows ? nil : context), ("position", position), ("schema", schema), ("table", table), ("column", column),
            ("constraint", constraint),
        ]
        return fields.reduce(into: quotesValue ? message.replacing(#/".*"/#.dotMatchesNewlines(), with: "\"…\"") : message) { text, field in
            if let value = field.1 { text += "; \(field.0): \(value)" }
        }
    }

    private var quotesValue: Bool { sqlState?.hasPrefix("22") == true }
    private var quotesRows: Bool { quotesValue || sqlState?.hasPrefix("23") == true }
}

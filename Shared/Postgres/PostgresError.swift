/// What went wrong with a query, a connection or a pool.
///
/// `description` names only the kind and the rule that was broken, and is safe to show anyone; `debugDescription` has what the server said
/// but for the contents of rows, and belongs in a developer's log.
package struct PostgresError: Error, Sendable {
    /// The kind of failure.
    package let code: Code

    /// The server's own words; nil when the failure was noticed on this side.
    package let server: ServerMessage?

    /// What this side knows, complete; may name hosts, columns and types, never a parameter's value.
    let note: String

    init(_ code: Code, server: ServerMessage? = nil, note: String) {
        self.code = code
        self.server = server
        self.note = note
    }

    /// An error of the server, its kind derived from the SQLSTATE.
    init(server: ServerMessage) {
        self.init(Code(server: server), server: server, note: server.message)
    }

    /// The server's five-character SQLSTATE; nil when the failure was noticed on this side.
    package var sqlState: String? { server?.sqlState }

    /// The name of the violated constraint, if one was.
    package var constraint: String? { server?.constraint }

    /// Whether the same call may succeed later without any change.
    package var isRetriable: Bool { code.isRetriable }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    /// The kind of failure in a few words, with the SQLSTATE and the constraint if the server named them: no SQL, no value.
    package var description: String {
        let facts = [sqlState, constraint].compactMap { $0 }
        return "PostgreSQL: \(code.summary)" + (facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))")
    }

    /// All that is known about the failure but for the contents of rows.
    package var debugDescription: String {
        guard let server else { return "PostgresError.\(code.rawValue): \(note)" }
        return "PostgresError.\(code.rawValue): \(server.debugDescription)"
    }
}

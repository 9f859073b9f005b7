extension PostgresError {
    /// The kinds of failure that a caller can tell apart.
    package enum Code: String, Sendable, CaseIterable {
        /// No connection could be made in time.
        case unreachable
        /// The server refused the role, its password or the database.
        case authenticationFailed
        /// The connection ended during the call; what was being done is either done or not.
        case connectionLost
        /// The server did not answer by the client's own deadline; what was being done is either done or not.
        case deadlineExceeded
        /// All connections were in use for too long, or too many callers were waiting.
        case tooBusy
        /// The pool was closed.
        case poolClosed
        /// The server stopped the statement after `statement_timeout`.
        case statementTimeout
        /// A lock was not granted within `lock_timeout`, or `NOWAIT` found it taken.
        case lockNotAvailable
        /// A concurrent transaction got in the way (SQLSTATE 40001).
        case serializationFailure
        /// This transaction was chosen to end a deadlock.
        case deadlockDetected
        /// The server is out of disk, memory or connections.
        case resourcesExhausted
        /// The server does not accept changes, as during a failover.
        case readOnly
        /// A prepared statement is unknown to the server or no longer fits the tables.
        case stalePreparedStatement
        /// A UNIQUE or PRIMARY KEY constraint.
        case uniqueViolation
        /// A FOREIGN KEY constraint.
        case foreignKeyViolation
        /// A CHECK constraint.
        case checkViolation
        /// NULL in a column that takes none.
        case notNullViolation
        /// An EXCLUDE constraint.
        case exclusionViolation
        /// The role may not do that.
        case insufficientPrivilege
        /// A value does not fit its type.
        case invalidValue
        /// The transaction had failed before: an error in it was swallowed, and nothing was committed.
        case transactionAborted
        /// A transaction was used after its end.
        case transactionEnded
        /// The query cannot be sent as it is.
        case invalidQuery
        /// The server refused the statement for another reason.
        case rejected
        /// The result has no column of that name.
        case missingColumn
        /// NULL was read as a type that has no such value.
        case unexpectedNull
        /// A column's text is not of the type it was read as.
        case typeMismatch
        /// The connection URL cannot be understood.
        case invalidURL
        /// A migration that was applied has been edited, or two have the same name.
        case migrationChanged
    }
}

extension PostgresError.Code {
    /// Whether the same call may succeed later without any change.
    package var isRetriable: Bool {
        switch self {
        case .unreachable, .connectionLost, .deadlineExceeded, .tooBusy, .statementTimeout, .lockNotAvailable, .serializationFailure,
            .deadlockDetected, .resourcesExhausted, .readOnly, .stalePreparedStatement:
            true
        default:
            false
        }
    }

    /// Whether a transaction that failed like this is run again at once. The others either cannot succeed, or have already used up
    /// the time (`statementTimeout`, `tooBusy`), or need longer than a caller waits (`resourcesExhausted`).
    var asksForAnotherRun: Bool {
        switch self {
        case .connectionLost, .lockNotAvailable, .serializationFailure, .deadlockDetected, .readOnly, .stalePreparedStatement: true
        default: false
        }
    }

    /// Whether the connection must not be used again.
    var endsConnection: Bool {
        switch self {
        case .connectionLost, .deadlineExceeded, .readOnly: true
        default: false
        }
    }

    /// The case's name in plain words: `uniqueViolation` is "unique violation".
    var summary: String {
        rawValue.reduce(into: "") { words, letter in words += letter.isUppercase ? " \(letter.lowercased())" : String(letter) }
    }
}

extension PostgresError.Code {
    /// The kind of a server's error (PostgreSQL documentation, "PostgreSQL Error Codes").
    init(server: ServerMessage) {
        switch server.sqlState {
        case nil: self = .connectionLost
        case "40001": self = .serializationFailure
        case "40P01": self = .deadlockDetected
        case "55P03": self = .lockNotAvailable
        case "57014": self = .statementTimeout
        case "25P02": self = .transactionAborted
        case "25006": self = .readOnly
        case "57P01", "57P02", "57P03", "57P05", "25P03": self = .connectionLost
        case "26000", "42P05": self = .stalePreparedStatement
        case "0A000" where server.message.contains("cached plan"): self = .stalePreparedStatement
        case "23505": self = .uniqueViolation
        case "23503": self = .foreignKeyViolation
        case "23514": self = .checkViolation
        case "23502": self = .notNullViolation
        case "23P01": self = .exclusionViolation
        case "42501": self = .insufficientPrivilege
        case let state?: self = Self.ofClass(state.prefix(2))
        }
    }

    private static func ofClass(_ sqlStateClass: Substring) -> Self {
        switch sqlStateClass {
        case "08": .connectionLost
        case "22": .invalidValue
        case "28", "3D": .authenticationFailed
        case "53", "58": .resourcesExhausted
        default: .rejected
        }
    }
}

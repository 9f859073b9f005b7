import Crypto

/// One step of a schema's history: SQL that is applied once, in a transaction, and never edited afterwards.
package struct Migration: Sendable {
    /// What the step is recorded under, such as `V0001_create_payments`. Unique in its schema.
    package let name: String

    /// One or several statements without transaction control.
    package let sql: String

    /// A migration from its SQL.
    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }

    /// A migration from a file embedded in the executable.
    package init(name: String, bytes: [UInt8]) {
        self.init(name: name, sql: String(decoding: bytes, as: UTF8.self))
    }

    /// The SHA-256 of the SQL in lower-case hexadecimal, by which an edit is noticed.
    var checksum: String {
        SHA256.hash(data: Array(sql.utf8)).reduce(into: "") { text, byte in
            text += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
    }
}

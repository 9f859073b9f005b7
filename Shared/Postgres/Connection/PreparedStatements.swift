/// The statements one connection has prepared.
struct PreparedStatements {
    /// What makes two statements the same: the same SQL means something else with parameters of other types.
    struct Key: Hashable {
        private let sql: String
        private let types: [UInt32]

        init(_ query: Query) {
            sql = query.sql
            types = query.binds.map(\.oid)
        }
    }

    /// Each costs memory on the server for the session's life. A service has a handful of hot statements; more would mean that SQL is
    /// being generated, and the rest then runs unprepared.
    private static let maximum = 64

    private var names: [Key: String] = [:]
    private var ready: Set<Key> = []
    private var lastNumber = 0

    /// The name to use on the server; nil when there are too many already.
    mutating func name(for statement: Key) -> String? {
        if let name = names[statement] { return name }
        guard names.count < Self.maximum else { return nil }
        lastNumber += 1
        let name = "s\(lastNumber)"
        names[statement] = name
        return name
    }

    func contains(_ statement: Key) -> Bool { ready.contains(statement) }

    mutating func insert(_ statement: Key) { ready.insert(statement) }

    /// The name goes too: the server may still know it.
    mutating func remove(_ statement: Key) {
        ready.remove(statement)
        names[statement] = nil
    }
}

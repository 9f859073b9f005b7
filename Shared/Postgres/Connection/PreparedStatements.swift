/// The statements that one connection has prepared, at most so many: the one that was not used for longest makes room for another.
struct PreparedStatements {
    /// What makes two statements the same: the same SQL means something else with parameters of other types.
    struct Key: Hashable {
        let sql: String
        let types: [UInt32]

        init(_ query: Query) {
            sql = query.sql
            types = query.binds.map(\.oid)
        }
    }

    private struct Entry {
        let name: String
        var lastUse: Int
    }

    /// Each costs memory on the server for the session's life. A service has some hundred statements at most.
    private static let maximum = 256

    private var entries: [Key: Entry] = [:]
    private var uses = 0

    /// The name under which the server knows it; nil where it does not.
    mutating func name(of statement: Key) -> String? {
        uses += 1
        entries[statement]?.lastUse = uses
        return entries[statement]?.name
    }

    /// A name that the server has never heard.
    mutating func newName() -> String {
        uses += 1
        return "s\(uses)"
    }

    /// The name of the one that has to go before another is prepared.
    mutating func makeRoom() -> String? {
        guard entries.count >= Self.maximum, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return nil }
        return entries.removeValue(forKey: oldest.key)?.name
    }

    /// Notes that the server has prepared it.
    mutating func insert(_ statement: Key, as name: String) { entries[statement] = Entry(name: name, lastUse: uses) }

    /// The server may still know the name: it is never used again.
    mutating func remove(_ statement: Key) { entries[statement] = nil }
}

/// The ways to read that are worth it for whole tables alone: all of a table, or all of it in the order of an index or by a hash of it, to join it.
///
/// They are off. A plan is made once, perhaps when its table is empty and everything costs the same; it must not read all of the table, and all that
/// is gone from it, for rows that an index finds. So each row of a list is looked up, and two lists are compared row by row: ours have a hundred.
let wholeTableMethods = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"]

extension PostgresTransaction {
    /// Says that the statements that follow read whole tables, or compare long lists.
    package func readWholeTables() async throws {
        for method in wholeTableMethods { try await send("SET LOCAL \(unsafe: method) = on") }
    }
}

/// One row of a result.
package struct Row: Sendable {
    let cells: ResultCells
    let number: Int

    /// The text of a column by its place in the SELECT or RETURNING list, as PostgreSQL writes it; nil for NULL. For what is passed on as text.
    package func text(at place: Int) -> ArraySlice<UInt8>? {
        precondition(cells.columns.indices.contains(place), "column \(place) of \(cells.columns.count)")
        return cells.text(row: number, column: place)
    }

    /// The value of a column, by its name or alias in the SELECT or RETURNING list; of several with that name, the first.
    ///
    /// Throws `missingColumn`, `unexpectedNull` for a NULL that is not read as an optional, and `typeMismatch`; each names the column.
    package func get<T: PostgresDecodable>(_ column: String, as type: T.Type = T.self) throws -> T {
        guard let index = cells.columns.firstIndex(of: column) else {
            let known = cells.columns.joined(separator: ", ")
            throw PostgresError(.missingColumn, note: "no column \"\(column)\" among: \(known)")
        }
        guard let text = cells.text(row: number, column: index) else {
            if let null = T.postgresNull { return null }
            throw PostgresError(.unexpectedNull, note: "column \"\(column)\" is NULL and was read as \(T.self)")
        }
        guard let value = T(postgresText: text) else {
            throw PostgresError(.typeMismatch, note: "column \"\(column)\" cannot be read as \(T.self)")
        }
        return value
    }
}

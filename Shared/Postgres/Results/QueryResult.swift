/// The rows a query returned, copied out of the C library: it may be kept, indexed and sent anywhere.
///
/// Edges: a statement without `RETURNING` has no rows; what it did is in `affectedRows`. A script of several statements gives the
/// result of the last.
package struct QueryResult: RandomAccessCollection, Sendable {
    /// How many rows the statement inserted, updated, deleted or selected; 0 for other statements.
    package let affectedRows: Int

    /// The server's word for what it did: `COMMIT`, or `ROLLBACK` where a COMMIT found its transaction aborted.
    let commandTag: String

    private let cells: ResultCells

    init(cells: ResultCells, affectedRows: Int, commandTag: String) {
        self.cells = cells
        self.affectedRows = affectedRows
        self.commandTag = commandTag
    }

    /// Always 0.
    package var startIndex: Int { 0 }

    /// The number of rows.
    package var endIndex: Int { cells.rowCount }

    /// The row at `position`, counted from 0 in the order the server sent them.
    package subscript(position: Int) -> Row {
        precondition(indices.contains(position), "row \(position) of \(cells.rowCount)")
        return Row(cells: cells, number: position)
    }
}

/// All cells of one result, row by row in a single buffer: one allocation for the bytes instead of one per cell.
final class ResultCells: Sendable {
    /// Where a cell's text lies in `bytes`; nil is NULL.
    typealias Cell = Range<Int>?

    let columns: [String]
    let rowCount: Int
    private let cells: [Cell]
    private let bytes: [UInt8]

    init(columns: [String], rowCount: Int, cells: [Cell], bytes: [UInt8]) {
        self.columns = columns
        self.rowCount = rowCount
        self.cells = cells
        self.bytes = bytes
    }

    func text(row: Int, column: Int) -> ArraySlice<UInt8>? {
        cells[row * columns.count + column].map { bytes[$0] }
    }
}

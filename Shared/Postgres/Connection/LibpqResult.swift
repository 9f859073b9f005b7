import CPostgres

/// Owns one `PGresult`; freed when it goes out of scope, on every path.
@safe
struct LibpqResult: ~Copyable {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe PQclear(pointer)
    }

    var status: ExecStatusType { unsafe PQresultStatus(pointer) }

    /// The error in this result; when libpq has no fields to offer, its plain message.
    var serverMessage: ServerMessage {
        ServerMessage(
            severity: field(DIAGNOSTIC_SEVERITY), sqlState: field(DIAGNOSTIC_SQLSTATE),
            message: unsafe field(DIAGNOSTIC_MESSAGE) ?? String(cString: PQresultErrorMessage(pointer)),
            detail: field(DIAGNOSTIC_DETAIL), hint: field(DIAGNOSTIC_HINT), context: field(DIAGNOSTIC_CONTEXT),
            position: field(DIAGNOSTIC_POSITION), schema: field(DIAGNOSTIC_SCHEMA), table: field(DIAGNOSTIC_TABLE),
            column: field(DIAGNOSTIC_COLUMN), constraint: field(DIAGNOSTIC_CONSTRAINT))
    }

    private func field(_ code: Int) -> String? {
        unsafe PQresultErrorField(pointer, Int32(code)).map { unsafe String(cString: $0) }
    }

    /// Everything in the result, independent of libpq's memory.
    func copy() -> QueryResult {
        let columnCount = unsafe PQnfields(pointer)
        let rowCount = unsafe PQntuples(pointer)
        let columns = (0..<columnCount).map { unsafe String(cString: PQfname(pointer, $0)) }
        var cells: [ResultCells.Cell] = []
        cells.reserveCapacity(Int(rowCount) * Int(columnCount))
        var bytes: [UInt8] = []
        for row in 0..<rowCount {
            for column in 0..<columnCount {
                cells.append(copyCell(row: row, column: column, to: &bytes))
            }
        }
        return QueryResult(
            cells: ResultCells(columns: columns, rowCount: Int(rowCount), cells: cells, bytes: bytes),
            affectedRows: unsafe Int(String(cString: PQcmdTuples(pointer))) ?? 0,
            commandTag: unsafe String(cString: PQcmdStatus(pointer)))
    }

    private func copyCell(row: Int32, column: Int32, to bytes: inout [UInt8]) -> ResultCells.Cell {
        guard unsafe PQgetisnull(pointer, row, column) == 0, let value = unsafe PQgetvalue(pointer, row, column) else { return nil }
        let start = bytes.count
        unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: value, count: Int(PQgetlength(pointer, row, column))))
        return start..<bytes.count
    }
}

import CPostgres

extension Libpq {
    /// Hands a command to libpq, which copies it. Throws `invalidQuery` for one that cannot be sent; the connection stays usable.
    func send(_ command: Command) throws {
        let accepted: Int32
        switch command {
        case .script(let sql):
            try check(sql)
            accepted = unsafe PQsendQuery(pointer, sql)
        case .statement(let query):
            let sql = try check(query)
            accepted = unsafe query.withCParameters { parameters in
                unsafe PQsendQueryParams(
                    pointer, sql, parameters.count, parameters.types, parameters.values, parameters.lengths, parameters.formats, 0)
            }
        case .prepare(let name, let query):
            let sql = try check(query)
            accepted = unsafe query.withCParameters { parameters in
                unsafe PQsendPrepare(pointer, name, sql, parameters.count, parameters.types)
            }
        case .executePrepared(let name, let query):
            _ = try check(query)
            accepted = unsafe query.withCParameters { parameters in
                unsafe PQsendQueryPrepared(
                    pointer, name, parameters.count, parameters.values, parameters.lengths, parameters.formats, 0)
            }
        }
        guard accepted == 1 else {
            let isLost = unsafe PQstatus(pointer) == CONNECTION_BAD
            throw PostgresError(isLost ? .connectionLost : .invalidQuery, note: message)
        }
    }

    private func check(_ query: Query) throws -> String {
        if let problem = query.parameters.problem { throw PostgresError(.invalidQuery, note: "\(problem) cannot be sent") }
        let sql = query.sql
        try check(sql)
        return sql
    }

    /// C would silently end the statement at a NUL.
    private func check(_ sql: String) throws {
        if sql.utf8.contains(0) { throw PostgresError(.invalidQuery, note: "SQL with a NUL character cannot be sent") }
    }
}

/// A query's parameters as libpq wants them: parallel arrays, valid only inside `withCParameters`.
@unsafe
private struct CParameters {
    let count: Int32
    let types: [Oid]
    let values: [UnsafePointer<CChar>?]
    let lengths: [Int32]
    let formats: [Int32]
}

extension Query {
    fileprivate func withCParameters<T>(_ body: (CParameters) -> T) -> T {
        // An empty array has no address, but an empty text needs one: a null pointer would mean NULL.
        let bytes = parameters.bytes.isEmpty ? [0] : parameters.bytes
        return unsafe bytes.withUnsafeBytes { buffer in
            let base = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe body(
                CParameters(
                    count: Int32(clamping: binds.count), types: binds.map(\.oid),
                    values: binds.map { bind in unsafe bind.isNull ? nil : base.map { unsafe $0 + bind.start } },
                    lengths: binds.map { Int32(clamping: $0.count) }, formats: binds.map { _ in Self.binary }))
        }
    }

    private static let binary: Int32 = 1
}

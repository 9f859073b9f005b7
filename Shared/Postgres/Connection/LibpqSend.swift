import CPostgres

extension Libpq {
    /// Throws `invalidQuery` for a command that cannot be sent.
    func check(_ command: Command) throws {
        switch command {
        case .script(let sql), .prepare(_, let sql, _): try check(sql)
        case .statement(let query):
            try check(query.sql)
            try check(query)
        case .executePrepared(_, let query): try check(query)
        }
    }

    private func check(_ query: Query) throws {
        if let problem = query.parameters.problem { throw PostgresError(.invalidQuery, note: "\(problem) cannot be sent") }
        if query.binds.count > Self.mostParameters {
            throw PostgresError(.invalidQuery, note: "\(query.binds.count) parameters cannot be sent, at most \(Self.mostParameters)")
        }
    }

    /// The protocol counts them in 16 bits.
    private static let mostParameters = 65_535

    /// C would silently end the statement at a NUL.
    private func check(_ sql: String) throws {
        if sql.utf8.contains(0) { throw PostgresError(.invalidQuery, note: "SQL with a NUL character cannot be sent") }
    }

    /// Hands a command to libpq, which copies it. Throws `connectionLost`.
    func send(_ command: Command) throws {
        let accepted: Int32
        switch command {
        case .script(let sql):
            accepted = unsafe PQsendQuery(pointer, sql)
        case .statement(let query):
            accepted = unsafe query.withCParameters { parameters in
                unsafe PQsendQueryParams(
                    pointer, query.sql, parameters.count, parameters.types, parameters.values, parameters.lengths, parameters.formats, 0)
            }
        case .prepare(let name, let sql, let types):
            accepted = unsafe PQsendPrepare(pointer, name, sql, Int32(clamping: types.count), types)
        case .executePrepared(let name, let query):
            accepted = unsafe query.withCParameters { parameters in
                unsafe PQsendQueryPrepared(
                    pointer, name, parameters.count, parameters.values, parameters.lengths, parameters.formats, 0)
            }
        }
        guard accepted == 1 else { throw PostgresError(.connectionLost, note: message) }
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

/// One SQL statement together with its parameters, written as a string literal: `\(value)` never becomes part of the SQL.
///
///     let rows = try await pool.query("SELECT id FROM payments WHERE customer = \(customer) AND amount >= \(minimum)")
///
/// Each `\(value)` becomes `$n` with a declared PostgreSQL type (the table is in the README). `\(unsafe:)` inserts raw SQL,
/// `\(query:)` another query with its parameters, and `+` joins two. A connection parses and plans a query once (`unprepared()` says otherwise). Swift's `Int` arrives as `bigint`: a function that wants
/// `integer` takes an `Int32`. A `nil` is a typed NULL.
///
/// Edges: a text with a NUL character cannot be stored by PostgreSQL; running such a query throws `invalidQuery` before anything is
/// sent. More than 65,535 parameters do the same: pass arrays and `unnest` them.
package struct Query: ExpressibleByStringInterpolation, Sendable {
    /// Where one parameter lies in `parameters.bytes`, and as which type it was declared.
    struct Bind: Sendable {
        var oid: UInt32
        var start: Int
        var count: Int
        var isNull: Bool
    }

    /// The SQL before, between and after the parameters: always one more than there are binds.
    private var pieces: [String]
    private(set) var binds: [Bind] = []
    private(set) var parameters = ParameterEncoder()
    private(set) var isPrepared = true

    /// A query from raw SQL that was not written in this source file. Never pass anything a user can influence.
    package init(unsafe sql: String) {
        pieces = [sql]
    }

    /// A query without parameters.
    package init(stringLiteral sql: String) {
        self.init(unsafe: sql)
    }

    /// The same query, parsed and planned each time: for SQL that is put together anew by each call, of which a connection would keep many
    /// that never come again, and where a plan for any values would be a bad one.
    package func unprepared() -> Query {
        var query = self
        query.isPrepared = false
        return query
    }

    /// The SQL as it is sent, with `$1`, `$2`, … in place of the values.
    package var sql: String {
        guard !binds.isEmpty else { return pieces[0] }
        var sql = pieces[0]
        for (index, piece) in pieces.dropFirst().enumerated() {
            sql += "$\(index + 1)"
            sql += piece
        }
        return sql
    }

    /// Both queries after one another; the second's parameters are renumbered.
    package static func + (first: Query, second: Query) -> Query {
        var sum = first
        sum.append(second)
        return sum
    }

    mutating func append(sql: String) {
        pieces[pieces.count - 1] += sql
    }

    mutating func append(value: some PostgresEncodable) {
        let start = parameters.bytes.count
        let isNull = value.isPostgresNull
        if !isNull { value.encode(into: &parameters) }
        let count = parameters.bytes.count - start
        binds.append(Bind(oid: type(of: value).postgresType.oid, start: start, count: count, isNull: isNull))
        pieces.append("")
    }

    mutating func append(_ other: Query) {
        let offset = parameters.bytes.count
        append(sql: other.pieces[0])
        pieces += other.pieces.dropFirst()
        binds += other.binds.map { Bind(oid: $0.oid, start: $0.start + offset, count: $0.count, isNull: $0.isNull) }
        parameters.append(other.parameters)
        isPrepared = isPrepared && other.isPrepared
    }
}

extension Query {
    /// Builds a `Query` from a string literal with interpolations; used by the compiler.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var query = Query(unsafe: "")

        /// Starts an empty query.
        package init(literalCapacity: Int, interpolationCount: Int) {}

        /// Adds SQL from the source file.
        package mutating func appendLiteral(_ literal: String) {
            query.append(sql: literal)
        }

        /// Adds a parameter: `\(value)`.
        package mutating func appendInterpolation(_ value: some PostgresEncodable) {
            query.append(value: value)
        }

        /// Adds a parameter that is NULL when there is no value. Spelled out, because the compiler takes an optional in a string for a
        /// mistake where the parameter does not ask for one.
        package mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            query.append(value: value)
        }

        /// Adds raw SQL, such as a table name that the code itself chose: `\(unsafe: table)`. Never anything a user can influence.
        package mutating func appendInterpolation(unsafe sql: String) {
            query.append(sql: sql)
        }

        /// Adds another query and its parameters: `\(query: condition)`.
        package mutating func appendInterpolation(query other: Query) {
            query.append(other)
        }
    }

    /// A query from a string literal with interpolations; used by the compiler.
    package init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.query
    }
}

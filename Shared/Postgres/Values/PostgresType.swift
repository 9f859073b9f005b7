/// A PostgreSQL type that parameters can be declared as: its OID and that of its array type (both fixed in `pg_type.dat`).
package struct PostgresType: Sendable {
    let oid: UInt32
    let arrayOID: UInt32

    static let bool = PostgresType(oid: 16, arrayOID: 1000)
    static let bytea = PostgresType(oid: 17, arrayOID: 1001)
    static let int8 = PostgresType(oid: 20, arrayOID: 1016)
    static let int4 = PostgresType(oid: 23, arrayOID: 1007)
    static let text = PostgresType(oid: 25, arrayOID: 1009)
    static let float8 = PostgresType(oid: 701, arrayOID: 1022)
    static let timestamptz = PostgresType(oid: 1184, arrayOID: 1185)
    static let uuid = PostgresType(oid: 2950, arrayOID: 2951)
    static let jsonb = PostgresType(oid: 3802, arrayOID: 3807)
}

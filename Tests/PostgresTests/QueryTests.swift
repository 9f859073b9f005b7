import Testing

@testable import Postgres

@Suite("A query")
struct QueryTests {
    @Test("turns each value into a numbered parameter")
    func numbersParameters() {
        let query: Query = "SELECT * FROM payments WHERE id = \("p1") AND amount > \(5)"
        #expect(query.sql == "SELECT * FROM payments WHERE id = $1 AND amount > $2")
        #expect(query.binds.map(\.oid) == [25, 20])
    }

    @Test("splices another query and renumbers its parameters")
    func splices() {
        let condition: Query = "a = \(1) OR b = \("x")"
        let query: Query = "SELECT \(true) WHERE \(query: condition) LIMIT \(3)"
        #expect(query.sql == "SELECT $1 WHERE a = $2 OR b = $3 LIMIT $4")
        #expect(query.binds.map(\.oid) == [16, 20, 25, 20])
    }

    @Test("joined to another keeps both sets of parameters in order")
    func joins() {
        let query: Query = "SELECT \(1)" + " UNION SELECT \(2)" + " LIMIT 1"
        #expect(query.sql == "SELECT $1 UNION SELECT $2 LIMIT 1")
        #expect(query.binds.map(\.start) == [0, 8])
    }

    @Test("takes raw SQL only where it says so")
    func insertsRawSQL() {
        let query: Query = "SELECT * FROM \(unsafe: "payments") WHERE note = \("payments; --")"
        #expect(query.sql == "SELECT * FROM payments WHERE note = $1")
    }

    @Test("keeps a nil as a typed NULL without bytes")
    func bindsNull() {
        let query: Query = "SELECT \(Int?.none), \(String?.some(""))"
        #expect(query.binds.map(\.isNull) == [true, false])
        #expect(query.binds.map(\.oid) == [20, 25])
        #expect(query.parameters.bytes.isEmpty)
    }

    @Test("is prepared unless it, or a part of it, says otherwise")
    func staysUnprepared() {
        let part = ("SELECT 1" as Query).unprepared()
        #expect(!("\(query: part) LIMIT 1" as Query).isPrepared)
        #expect(("SELECT 1" as Query).isPrepared)
    }
}

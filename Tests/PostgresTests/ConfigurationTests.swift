import TestKit
import Testing

@testable import Postgres

@Suite("A configuration")
struct ConfigurationTests {
    @Test("shows where it connects to and never the password")
    func hidesPassword() throws {
        let configuration = try PostgresConfiguration(url: "postgresql://checkout:s3cr3t@db:5433/payments", applicationName: "checkout")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(configuration.description == "postgresql://checkout@db:5433/payments")
        for text in ["\(configuration)", String(reflecting: configuration), dumped] { #expect(!text.contains("s3cr3t")) }
    }

    @Test(
        "refuses what is no URL without repeating it",
        arguments: ["", "s3cr3t", "mysql://u:s3cr3t@db/x", "postgresql://u:s3cr3t@db/x?nonsense=1"])
    func refusesURL(_ url: String) throws {
        let error = #expect(throws: PostgresError.self) { _ = try PostgresConfiguration(url: url, applicationName: "x") }
        #expect(error?.code == .invalidURL)
        #expect(error?.debugDescription.contains("s3cr3t") == false)
    }

    @Test("sets up each session: names it, bounds its statements and locks, speaks UTC", .database)
    func setsUpSessions() async throws {
        let pool = try #require(TestDatabase.current).pool { $0.queryTimeout = .milliseconds(1234) }
        let rows = try await pool.query(
            """
            SELECT current_setting('application_name') AS name, current_setting('statement_timeout') AS statement,
                current_setting('lock_timeout') AS lock, current_setting('TimeZone') AS zone,
                current_setting('idle_in_transaction_session_timeout') AS idle
            """)
        #expect(try rows[0].get("name") == "test")
        #expect(try rows[0].get("statement") == "1234ms")
        #expect(try rows[0].get("lock") == "3s")
        #expect(try rows[0].get("idle") == "15s")
        #expect(try rows[0].get("zone") == "UTC")
    }

    @Test("of a service's role works in its own schema, that of the observer only reads", .database)
    func rolesOfTestKit() async throws {
        let database = try #require(TestDatabase.current)
        let checkout = try database.pool(role: "checkout_owner")
        _ = try await checkout.query("CREATE TABLE payments AS SELECT 42 AS amount")
        let rows = try await database.observer.query("SELECT amount FROM checkout.payments")
        #expect(try rows[0].get("amount") == 42)
        let error = await postgresError { _ = try await database.observer.query("DELETE FROM checkout.payments") }
        #expect(error?.code == .insufficientPrivilege || error?.code == .readOnly)
    }

    @Test("reports the settings without which a crash loses commits", .database)
    func durability() async throws {
        let database = try #require(TestDatabase.current)
        let pool = try database.pool()
        #expect(try await pool.assertDurable() == [])
        let careless = try PostgresPool(
            configuration: PostgresConfiguration(
                url: database.url + "?options=-csynchronous_commit%3Doff", applicationName: "test"), logger: pool.logger)
        #expect(try await careless.assertDurable() == ["synchronous_commit"])
        await careless.close()
    }
}

import DedicatedThread
import Foundation
import Logging
import Postgres
import TestKit

@testable import Checkout
@testable import Refund
@testable import SubscriptionEnforcement

/// A real database in which it is as late as a simulation says. The functions that tell the time stand before PostgreSQL's own on the search path,
/// so the SQL of the services is what it is in production.
struct SimulatedDatabase: Sendable {
    let test: TestDatabase
    let enforcement: PostgresPool
    let checkout: PostgresPool
    let refund: PostgresPool
    /// Everything of the world and of its connections happens here, one thing at a time.
    let thread = ThreadExecutor(name: "world")
    private let clock: PostgresPool

    /// Makes the schemas of enforcement, checkout and refund, with defaults that are told by the simulated clock too.
    init(_ test: TestDatabase) async throws {
        self.test = test
        let socket = try await Self.socket(of: test.superuser)
        let place = Place(test: test, thread: thread, socket: socket)
        clock = try place.pool(test.url)
        for statement in Self.clockFunctions + Self.savings(of: test.name) { try await clock.query("\(unsafe: statement)") }
        enforcement = try await place.make(enforcementSchema, of: "enforcement")
        checkout = try await place.make(checkoutSchema, of: "checkout")
        refund = try await place.make(refundSchema, of: "refund")
        for table in try await Self.tables(clock) { try await clock.query("ALTER TABLE \(unsafe: table) SET UNLOGGED") }
    }

    /// Where the server can be reached without a network, which is quicker; nil where it is on another machine.
    private static func socket(of pool: PostgresPool) async throws -> String? {
        let row = try await pool.query(
            "SELECT split_part(current_setting('unix_socket_directories'), ',', 1) AS folder, current_setting('port') AS port")[0]
        let folder: String = try row.get("folder")
        let file = try "\(folder)/.s.PGSQL.\(row.get("port", as: String.self))"
        return FileManager.default.isWritableFile(atPath: file) ? folder : nil
    }

    private static let name = "format('%I.%I', schemaname, tablename)"

    /// Those of the services, those first that refer to others.
    private static func tables(_ pool: PostgresPool, where condition: String = "true") async throws -> [String] {
        try await pool.query(
            """
            SELECT \(unsafe: name) AS name FROM pg_tables
            WHERE schemaname IN ('enforcement', 'checkout', 'refund') AND \(unsafe: condition)
            ORDER BY (SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = \(unsafe: name)::regclass) DESC
            """
        )
        .map { try $0.get("name") }
    }

    /// What only a server that lives on needs: each costs a system call or two for each statement.
    private static func savings(of database: String) -> [String] {
        ["track_activities", "track_counts", "update_process_title"].map { "ALTER DATABASE \"\(database)\" SET \($0) = off" }
    }

    /// Microseconds since 1970 in a sequence: setting it needs no transaction, and everybody sees it at once.
    private static let clockFunctions =
        [
            "CREATE SCHEMA simulated", "GRANT USAGE ON SCHEMA simulated TO PUBLIC", "CREATE SEQUENCE simulated.microseconds",
            "GRANT SELECT ON simulated.microseconds TO PUBLIC", "SELECT setval('simulated.microseconds', 1)",
        ]
        + ["now", "clock_timestamp"].map { name in
            """
            CREATE FUNCTION simulated.\(name)() RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
            BEGIN RETURN 'epoch'::timestamptz + pg_sequence_last_value('simulated.microseconds') * interval '1 microsecond'; END
            $$
            """
        }

    /// Where the connections of a world go, and from where.
    private struct Place {
        let test: TestDatabase
        let thread: ThreadExecutor
        let socket: String?

        func make(_ schema: Schema, of service: String) async throws -> PostgresPool {
            let owner = try pool(test.url(role: "\(service)_owner"), of: service)
            try await migrate(owner, schema, for: service, logger: .quiet)
            await owner.close()
            return try pool(test.url(role: service), of: service)
        }

        func pool(_ address: String, of service: String? = nil) throws -> PostgresPool {
            let path = (service.map { [$0] } ?? []) + ["simulated", "pg_catalog"]
            let session = "-c search_path=\(path.joined(separator: ",")) -c synchronous_commit=off"
            var url = URLComponents(string: address)
            var items = url?.queryItems ?? []
            items.append(URLQueryItem(name: "options", value: session))
            if let socket { items.append(URLQueryItem(name: "host", value: socket)) }
            url?.queryItems = items
            var configuration = try PostgresConfiguration(url: url?.string ?? "", applicationName: "simulation")
            configuration.thread = thread
            configuration.beforeStatement = Job.takeStatement
            return PostgresPool(configuration: configuration, logger: Logger(label: "simulation"))
        }
    }

    /// Sets the database's clock.
    func set(to microseconds: Int64) async throws {
        let query: Query = "SELECT setval('simulated.microseconds', \(microseconds))"
        try await clock.query(query)
    }

    /// Empties the tables that were written to and breaks what is to be broken, for another run.
    func empty(breaking sabotage: Sabotage?) async throws {
        // Emptying one makes new files for it and its indexes, which costs more than all that a life writes.
        let tables = try await Self.tables(
            clock, where: "tablename <> 'schema_migrations' AND pg_relation_size(\(Self.name)::regclass) > 0")
        if !tables.isEmpty { try await clock.query("TRUNCATE \(unsafe: tables.joined(separator: ", ")) RESTART IDENTITY CASCADE") }
        // The numbers of messages are drawn by one table and belong to another.
        let messages = ["enforcement.outbox_id_seq", "checkout.outbox_id_seq", "refund.outbox_id_seq"]
        for sequence in ["enforcement.claims", "checkout.stripe_reads", "refund.stripe_reads"] + messages {
            try await clock.query("ALTER SEQUENCE \(unsafe: sequence) RESTART")
        }
        for statement in sabotage?.statements ?? [] { try await clock.query("\(unsafe: statement)") }
    }

    /// Everything, for looking at what has become of it.
    var all: PostgresPool { clock }

    func close() async {
        for pool in [enforcement, checkout, refund, clock] { await pool.close() }
        thread.shutDown()
    }
}

extension Sabotage {
    /// What is broken in the tables.
    fileprivate var statements: [String] {
        switch self {
        case .skipSecondRead:
            trigger(
                on: "access",
                "IF NEW.wanted = 'on' AND NEW.stop_due_at IS NULL THEN NEW.stop_due_at = simulated.now() - interval '1 second'; END IF;")
        case .keepHoldForEver:
            trigger(
                on: "access",
                "IF NEW.wanted = 'on' AND NEW.claim <> OLD.claim AND NEW.stop_due_at < simulated.now() THEN NEW.stop_due_at = simulated.now() - interval '1 second'; END IF;"
            )
        case .neverLookWithoutEvent:
            trigger(on: "access", "IF NEW.stop_due_at IS NULL AND NEW.check_at IS NOT NULL THEN NEW.check_at = '2999-01-01'; END IF;")
        case .forgetGeneration:
            ["ALTER TABLE enforcement.vm_commands DROP CONSTRAINT IF EXISTS vm_commands_user_id_generation_key"]
                + trigger(on: "access", "IF OLD.generation > 0 THEN NEW.generation = 1; END IF;")
        case .renewGrace:
            trigger(
                on: "failed_invoices", before: "INSERT",
                """
                DELETE FROM enforcement.failed_invoices
                WHERE stripe_invoice_id = NEW.stripe_invoice_id AND first_failed_at < NEW.first_failed_at;
                """)
        default: []
        }
    }

    private func trigger(on table: String, before event: String = "UPDATE", _ body: String) -> [String] {
        [
            """
            CREATE OR REPLACE FUNCTION enforcement.broken() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
            AS $$ BEGIN \(body) RETURN NEW; END $$
            """,
            "CREATE OR REPLACE TRIGGER broken BEFORE \(event) ON enforcement.\(table) FOR EACH ROW EXECUTE FUNCTION enforcement.broken()",
        ]
    }
}

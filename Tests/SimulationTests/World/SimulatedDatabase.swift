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
    private let clock: PostgresPool

    /// Makes the schemas of enforcement, checkout and refund, with defaults that are told by the simulated clock too.
    init(_ test: TestDatabase) async throws {
        self.test = test
        clock = test.superuser
        for statement in Self.clockFunctions { try await clock.query("\(unsafe: statement)") }
        enforcement = try await Self.make(enforcementSchema, of: "enforcement", in: test)
        checkout = try await Self.make(checkoutSchema, of: "checkout", in: test)
        refund = try await Self.make(refundSchema, of: "refund", in: test)
    }

    private static func make(_ schema: Schema, of service: String, in test: TestDatabase) async throws -> PostgresPool {
        let owner = try pool(test, role: "\(service)_owner", schema: service)
        try await migrate(owner, schema, for: service, logger: .quiet)
        await owner.close()
        return try pool(test, role: service, schema: service)
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

    private static func pool(_ test: TestDatabase, role: String, schema: String) throws -> PostgresPool {
        let session =
            "-c search_path=\(schema),simulated,pg_catalog -c synchronous_commit=off -c plan_cache_mode=force_generic_plan -c jit=off"
        let options = URLQueryItem(name: "options", value: session)
        let url = URLComponents(string: test.url(role: role)).map { given in
            var url = given
            url.queryItems = (given.queryItems ?? []) + [options]
            return url
        }
        let configuration = try PostgresConfiguration(url: url?.string ?? "", applicationName: "simulation")
        return PostgresPool(configuration: configuration, logger: Logger(label: "simulation"))
    }

    /// Sets the database's clock.
    func set(to microseconds: Int64) async throws {
        let query: Query = "SELECT setval('simulated.microseconds', \(microseconds))"
        try await clock.query(query.prepared())
    }

    /// Empties the tables that were written to and breaks what is to be broken, for another run.
    func empty(breaking sabotage: Sabotage?) async throws {
        // Emptying one makes new files for it and its indexes, which costs more than all that a life writes.
        let tables = try await clock.query(
            """
            SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
            WHERE schemaname IN ('enforcement', 'checkout', 'refund') AND tablename <> 'schema_migrations'
              AND pg_relation_size(format('%I.%I', schemaname, tablename)::regclass) > 0
            """
        )
        .map { try $0.get("name", as: String.self) }
        if !tables.isEmpty { try await clock.query("TRUNCATE \(unsafe: tables.joined(separator: ", ")) RESTART IDENTITY CASCADE") }
        for sequence in ["enforcement.claims", "checkout.stripe_reads", "refund.stripe_reads"] {
            try await clock.query("ALTER SEQUENCE \(unsafe: sequence) RESTART")
        }
        for statement in sabotage?.statements ?? [] { try await clock.query("\(unsafe: statement)") }
    }

    /// Everything, for looking at what has become of it.
    var all: PostgresPool { clock }

    func close() async { for pool in [enforcement, checkout, refund] { await pool.close() } }
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

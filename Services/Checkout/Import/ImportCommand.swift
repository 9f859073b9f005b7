import Foundation
import Logging
import Messages
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe

/// `Checkout import`: `ImportSubscribers` from a command line, with checkout's settings.
///
///     Checkout import [--csv FILE] [--metadata-key KEY] [--apply]
///
/// Without `--apply` it tells what it would do. The exit code is 0, 1 where something could not be taken over, and 64 for a wrong command line.
struct ImportCommand {
    private var csv: String?
    private var key = "user_id"
    private var isDryRun = true

    static let usage = """
        usage: import [--csv FILE | --metadata-key KEY] [--apply]

          --csv FILE          lines of user_id,stripe_customer_id, with that header
          --metadata-key KEY  customers say in their metadata who they are (default: user_id)
          --apply             take them over; without it nothing is changed
        """

    /// Throws `WrongUsage`.
    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--apply": isDryRun = false
            case "--csv": csv = try Self.value(of: name, &rest)
            case "--metadata-key": key = try Self.value(of: name, &rest)
            default: throw WrongUsage(description: "\(name) is not understood")
            }
        }
        guard (1...40).contains(key.utf8.count) else { throw WrongUsage(description: "--metadata-key takes 1 to 40 bytes, as Stripe does") }
    }

    /// What a command line says that cannot be done.
    struct WrongUsage: Error, CustomStringConvertible {
        let description: String
    }

    private static func value(of name: String, _ rest: inout ArraySlice<String>) throws -> String {
        guard let value = rest.popFirst(), !value.hasPrefix("--") else { throw WrongUsage(description: "\(name) needs a value") }
        return value
    }

    /// The whole of it; the exit code.
    static func main(_ arguments: [String]) async -> Int32 {
        if arguments.contains("--help") {
            say(usage)
            return EXIT_SUCCESS
        }
        do {
            return try await ImportCommand(arguments).run()
        } catch let error as WrongUsage {
            FileHandle.standardError.write(Data("import: \(error)\n\(usage)\n".utf8))
            return EX_USAGE
        } catch {
            FileHandle.standardError.write(Data("import: \(error)\n".utf8))
            return EXIT_FAILURE
        }
    }

    /// Does it and says so on standard output; the exit code.
    func run() async throws -> Int32 {
        let mapping: ImportSubscribers.Mapping =
            if let csv { .list(try Self.pairs(in: String(contentsOfFile: csv, encoding: .utf8))) } else { .metadata(key) }
        let settings = Settings()
        let config = CheckoutConfig(settings)
        let database = settings.secret("DATABASE_URL")
        try settings.validate()
        let logger = Logger(label: "import", factory: { _ in SwiftLogNoOpLogHandler() })
        let pool = PostgresPool(
            configuration: try PostgresConfiguration(url: database, applicationName: "checkout-import"), logger: logger)
        let stripe = StripeClient(configuration: config.stripe, logger: logger)
        let result: Result<ImportSubscribers.Report, any Error>
        do {
            let act = Self.act(pool, stripe, config, logger)
            result = .success(try await Acting.worker("import").perform { try await act(mapping, isDryRun: isDryRun) })
        } catch {
            result = .failure(error)
        }
        await stripe.close()
        await pool.close()
        let report = try result.get()
        tell(report)
        return report.refused.isEmpty ? 0 : 1
    }

    private static func act(
        _ pool: PostgresPool, _ stripe: StripeClient, _ config: CheckoutConfig, _ logger: Logger
    ) -> ImportSubscribers {
        let objects = ApplyStripeObject(
            pool: pool, stripe: stripe, plans: config.plans, installation: Installation(pool: pool, setting: config.installation))
        let catchUp = CatchUp(outbox: Outbox(pool: pool, service: .checkout), objects: objects)
        return ImportSubscribers(
            catchUp: catchUp,
            reconcile: Reconcile(catchUp: catchUp, alerts: Alerts(pool: pool, logger: logger), logger: logger, prefix: "import_"))
    }

    private func tell(_ report: ImportSubscribers.Report) {
        var lines = report.refused.map { "left out: \($0)" }
        lines += report.subscriptions.sorted { $0.key < $1.key }.map { "subscriptions, \($0.key): \($0.value)" }
        lines.append("customers: \(report.linked) \(isDryRun ? "would be linked" : "linked"), \(report.known) known before")
        lines.append(
            isDryRun
                ? "nothing was changed; --apply takes them over"
                : "brought in: \(report.importedSubscriptions) subscriptions, \(report.importedInvoices) invoices")
        Self.say(lines.joined(separator: "\n"))
    }

    private static func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

    /// The pairs in lines of `user_id,stripe_customer_id`; a field may be quoted as RFC 4180 has it. Throws `WrongUsage` that names the line.
    static func pairs(in text: String) throws -> [ImportSubscribers.Pair] {
        let lines = text.split(omittingEmptySubsequences: true) { $0.isNewline }.map(String.init)
        guard let header = lines.first, fields(of: header) == ["user_id", "stripe_customer_id"] else {
            throw WrongUsage(description: "the first line is to be user_id,stripe_customer_id")
        }
        return try lines.dropFirst().enumerated().map { index, line in
            let fields = fields(of: line)
            guard fields.count == 2, !fields[0].isEmpty, fields[1].hasPrefix("cus_") else {
                throw WrongUsage(description: "line \(index + 2) is not a user and a customer (cus_…)")
            }
            return ImportSubscribers.Pair(user: UserID(fields[0]), customer: CustomerID(fields[1]))
        }
    }

    private static func fields(of line: String) -> [String] {
        var fields = [""]
        var isQuoted = false
        var rest = line[...]
        while let character = rest.popFirst() {
            if character == "\"" {
                if isQuoted, rest.first == "\"" { fields[fields.count - 1].append(rest.removeFirst()) } else { isQuoted.toggle() }
            } else if character == ",", !isQuoted {
                fields.append("")
            } else {
                fields[fields.count - 1].append(character)
            }
        }
        return fields.map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

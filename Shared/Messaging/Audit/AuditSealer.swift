package import Logging
import Messages
import Postgres
import ServiceLifecycle

/// Seals the entries of the trail in batches, each bound to the seal before, and tells the others of each: so no transaction waits for the
/// head of a chain, and what is changed afterwards is noticed.
///
/// Every replica looks every few seconds; a lock in the database lets one of them seal, and whoever dies at it leaves nothing behind but
/// entries that the next one seals.
package struct AuditSealer: Service {
    private let outbox: Outbox
    private let interval: Duration
    private let logger: Logger

    /// Entries of one seal: some milliseconds of work.
    private static let batch: Int32 = 1000

    /// A sealer of the trail in the schema of `outbox`. `interval` bounds how long an entry stands without a seal.
    package init(outbox: Outbox, every interval: Duration = .seconds(5), logger: Logger) {
        self.outbox = outbox
        self.interval = interval
        self.logger = logger
    }

    /// Runs until cancelled or shut down gracefully.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    while try await seal() == Self.batch { try Task.checkCancellation() }
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("the trail cannot be sealed, will try again", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// Makes one seal; of how many entries, 0 when there are none or another sealer is at it.
    @discardableResult
    package func seal() async throws -> Int32 {
        try await outbox.transaction { work in
            let seal = try await work.query("SELECT sequence, encode(hash, 'hex') AS hash, entries FROM seal_audit(\(Self.batch))").first
            guard let seal else { return 0 }
            let sealed = AuditSealed(service: work.service, sequence: try seal.get("sequence"), hash: try seal.get("hash"))
            try work.publish(sealed, id: "\(AuditSealed.key):\(sealed.service.rawValue):\(sealed.sequence)")
            return try seal.get("entries")
        }
    }
}

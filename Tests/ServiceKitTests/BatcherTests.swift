import Messaging
import Postgres
import Synchronization
import TestKit
import Testing

@testable import ServiceKit

@Suite("What is done many at a time")
struct BatcherTests {
    /// Runs a batcher of one lane that doubles numbers in the database; the first batch waits for `release` once it has told `begun`.
    private func batcher(
        bounds: BatcherBounds = BatcherBounds(), begun: WakeSignal = WakeSignal(), release: WakeSignal? = nil,
        _ body: (Batcher<Int64, Int64>, @Sendable () -> [[Int64]]) async throws -> Void
    ) async throws {
        let pool = try #require(TestDatabase.current).pool()
        let batches = Log()
        var bounds = bounds
        bounds.lanes = 1
        let batcher = Batcher<Int64, Int64>(
            pool: pool, bounds: bounds, size: { _ in 8 },
            work: { numbers, connection in
                batches.add(numbers)
                begun.raise()
                if let release, batches.all.count == 1 { await release.wait(for: .seconds(30)) }
                // 7 cannot be done: it would be divided by zero.
                return try await connection.query(
                    "SELECT CASE WHEN number = 7 THEN 1 / (number - 7) ELSE 2 * number END AS twice FROM unnest(\(numbers)) AS number"
                ).map { try $0.get("twice") }
            })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await batcher.run() }
            try await body(batcher) { batches.all }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private final class Log: Sendable {
        private let batches = Mutex<[[Int64]]>([])
        var all: [[Int64]] { batches.withLock(\.self) }
        func add(_ batch: [Int64]) { batches.withLock { $0.append(batch) } }
    }

    @Test("what comes meanwhile is the next batch, each gets its own value, and one that cannot be done is refused alone", .database)
    func together() async throws {
        let (begun, release) = (WakeSignal(), WakeSignal())
        try await batcher(begun: begun, release: release) { batcher, batches in
            async let first = batcher(1)
            await begun.wait(for: .seconds(30))
            let told = Log()
            for number in [2, 7, 3] as [Int64] {
                #expect(batcher.take(number) { result in told.add([number, (try? result.get()) ?? 0]) })
            }
            batcher.begin()
            release.raise()
            try await #expect(first == 2)
            try await eventually("all are told") { told.all.count == 3 }
            #expect(told.all == [[2, 4], [7, 0], [3, 6]])
            #expect(batches() == [[1], [2, 7, 3], [2], [7], [3]])
        }
    }

    @Test("what is too much is refused, and what waits at the end is done", .database)
    func bounded() async throws {
        let (begun, release) = (WakeSignal(), WakeSignal())
        var bounds = BatcherBounds()
        bounds.capacity = 3
        bounds.capacityBytes = 16
        try await batcher(bounds: bounds, begun: begun, release: release) { batcher, batches in
            async let first = batcher(1)
            await begun.wait(for: .seconds(30))
            async let others = [batcher(2), batcher(3)]
            try await eventually("both wait") { !batcher.take(4) { _ in } }
            await #expect(throws: TooManyWaiting.self) { try await batcher(5) }
            release.raise()
            try await #expect([first] + others == [2, 4, 6])
            #expect(batches().count <= 3)
        }
    }
}

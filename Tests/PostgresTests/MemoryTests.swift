import Glibc
import Postgres
import TestKit
import Testing

@Suite("Memory")
struct MemoryTests {
    @Test("does not grow with the number of queries", .disabled(if: getenv("SANITIZED") != nil, "the sanitizer's own memory grows"))
    func staysFlat() async throws {
        // In a process of its own: what tests beside this one hold, and what a sanitizer keeps of their memory, is not counted.
        await #expect(processExitsWith: .success) {
            let database = try await TestDatabase.create()
            let pool = try database.pool { $0.maximumConnections = 2 }
            let query: Query = "SELECT repeat('x', 2000) AS text, \([UInt8](repeating: 7, count: 2000)) AS bytes"
            func run(_ count: Int) async throws {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<2 { group.addTask { for _ in 0..<(count / 2) { _ = try await pool.query(query) } } }
                    try await group.waitForAll()
                }
            }
            try await run(4_000)
            let before = try residentMemory()
            try await run(20_000)
            // One leaked result is 6 kB, so a leak would show as 120 MB.
            #expect(try residentMemory() - before < 60)
            try await database.drop()
        }
    }
}

/// MiB that this process has in memory.
private func residentMemory() throws -> Int {
    let file = try #require(fopen("/proc/self/statm", "r"))
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    fgets(&line, 128, file)
    let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: " ")
    return try #require(Int(fields[1])) * 4096 / 1_048_576
}

import DedicatedThread
import Glibc
import TestKit
import Testing

@Suite("An actor with a thread of its own")
struct ThreadExecutorTests {
    private actor Owner {
        private let thread = ThreadExecutor(name: "owner of a handle")
        private(set) var order: [Int] = []

        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

        func append(_ number: Int) { order.append(number) }

        func threadID() -> UInt { pthread_self() }

        func threadName() -> String {
            var name = [CChar](repeating: 0, count: 32)
            guard let file = fopen("/proc/thread-self/comm", "r") else { return "" }
            defer { fclose(file) }
            fgets(&name, 32, file)
            return String(decoding: name.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }

        func shutDown() { thread.shutDown() }
    }

    @Test("always runs on that thread, and two do not share one")
    func staysOnThread() async {
        let (first, second) = (Owner(), Owner())
        let ids = [await first.threadID(), await first.threadID(), await second.threadID()]
        #expect(ids[0] == ids[1])
        #expect(ids[0] != ids[2])
        #expect(await first.threadName() == "owner of a hand")
        await first.shutDown()
        await second.shutDown()
    }

    @Test("runs the jobs of many tasks one at a time")
    func serialises() async {
        let owner = Owner()
        await withTaskGroup { group in
            for number in 0..<2000 { group.addTask { await owner.append(number) } }
        }
        #expect(await owner.order.sorted() == Array(0..<2000))
        await owner.shutDown()
    }

    @Test("still answers after it was shut down")
    func answersLate() async {
        let owner = Owner()
        await owner.shutDown()
        await owner.shutDown()
        await owner.append(1)
        #expect(await owner.order == [1])
    }

    @Test("gives its thread back")
    func endsThread() async throws {
        let before = try threadCount()
        for _ in 0..<50 {
            let owner = Owner()
            await owner.append(1)
            await owner.shutDown()
        }
        // Others' tests start threads meanwhile, but not fifty.
        try await eventually("the threads end") { try threadCount() < before + 40 }
    }

    private func threadCount() throws -> Int {
        let folder = try #require(opendir("/proc/self/task"))
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }
}

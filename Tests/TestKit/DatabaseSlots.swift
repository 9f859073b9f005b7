/// Lets a few tests at a time have a database: without it all tests of a run would start at once, and time out on each other.
actor DatabaseSlots {
    /// A test has about 15 connections; a server takes 100 unless told otherwise.
    static let shared = DatabaseSlots(count: 6)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(count: Int) {
        free = count
    }

    /// Returns when it is the caller's turn; `giveBack` must follow.
    func take() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// Lets the next one in.
    func giveBack() {
        guard !waiting.isEmpty else {
            free += 1
            return
        }
        waiting.removeFirst().resume()
    }
}

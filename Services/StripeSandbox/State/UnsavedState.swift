/// What is still to be written, and who waits for it. There is one write at a time, of all that was done before it began.
struct UnsavedState: Sendable {
    let file: StateFile
    let started: StartSettings
    private(set) var rows: [StateRow.Key: StateRow] = [:]
    /// As they were written last.
    private var scalars = ""
    private var targets: Set<Int>
    /// How many writes were begun, and which was the last to succeed.
    private(set) var begun = 0
    private(set) var written = 0
    private(set) var isWriting = false
    private var waiting: [CheckedContinuation<Void, any Error>] = []

    init(file: StateFile, started: StartSettings, targets: Set<Int>) {
        self.file = file
        self.started = started
        self.targets = targets
    }

    /// Adds changes; a newer one of the same row takes the place of an older one that could not be written.
    mutating func add(_ changes: [StateRow]) {
        for var row in changes {
            row.place = max(row.place, rows[row.key]?.place ?? 0)
            rows[row.key] = row
        }
    }

    /// What is to be written now; nil when all is as it was written.
    func batch(now: Int, scalars: String, targets: Set<Int>) -> StateBatch? {
        guard !rows.isEmpty || scalars != self.scalars else { return nil }
        return StateBatch(
            now: now, scalars: scalars, rows: Array(rows.values), targets: targets,
            goneTargets: self.targets.subtracting(targets))
    }

    mutating func begin() {
        begun += 1
        isWriting = true
    }

    /// Records how the write of a batch ended. Those who wait for the next one go on, but for a failure that they would meet too.
    mutating func end(_ batch: StateBatch, _ result: Result<Void, any Error>) {
        isWriting = false
        if case .success = result {
            written = begun
            rows = [:]
            scalars = batch.scalars
            targets = batch.targets
        }
        let callers = waiting
        waiting = []
        for caller in callers {
            if case .failure(let error) = result, !(error is CancellationError) {
                caller.resume(throwing: error)
            } else {
                caller.resume()
            }
        }
    }

    mutating func wait(_ caller: CheckedContinuation<Void, any Error>) { waiting.append(caller) }
}

/// Makes a plan that finds something smaller, as long as it still finds it: fewer lives first, then fewer faults.
struct Shrink {
    let database: SimulatedDatabase
    /// How many runs it may take.
    private var runsLeft = 300
    private(set) var plan: SimulationPlan
    private(set) var result: SimulationResult

    init(_ plan: SimulationPlan, _ result: SimulationResult, on database: SimulatedDatabase) {
        (self.plan, self.result, self.database) = (plan, result, database)
    }

    /// The smallest plan that was found, with the story of its run.
    mutating func callAsFunction() async throws -> (plan: SimulationPlan, result: SimulationResult) {
        try await leaveOut(\.result.livesToTry) { plan, lives in plan.lives.removeAll { lives.contains($0) } }
        for kind in Faults.Kind.allCases { _ = try await tries { $0.without.insert(kind.rawValue) } }
        try await leaveOut(\.result.struck) { plan, faults in plan.without.formUnion(faults) }
        var told = plan
        told.isTold = true
        return (plan, try await Simulation(told, on: database).run())
    }

    /// Leaves parts out, halves first, then smaller ones (Zeller and Hildebrandt's delta debugging).
    private mutating func leaveOut<Part>(
        _ parts: KeyPath<Shrink, [Part]>, _ remove: (inout SimulationPlan, [Part]) -> Void
    ) async throws {
        var size = max(1, self[keyPath: parts].count)
        while true {
            var start = 0
            while start < self[keyPath: parts].count {
                let some = Array(self[keyPath: parts][start..<min(start + size, self[keyPath: parts].count)])
                if try await !tries({ remove(&$0, some) }) { start += size }
            }
            if size == 1 { return }
            size = (size + 1) / 2
        }
    }

    /// Whether it still finds something when it is changed so; it is then.
    private mutating func tries(_ change: (inout SimulationPlan) -> Void) async throws -> Bool {
        guard runsLeft > 0 else { return false }
        runsLeft -= 1
        var smaller = plan
        change(&smaller)
        guard !smaller.lives.isEmpty else { return false }
        let found = try await Simulation(smaller, on: database).run()
        guard !found.findings.isEmpty else { return false }
        (plan, result) = (smaller, found)
        return true
    }
}

extension SimulationResult {
    /// The lives, those of which nothing was found first.
    fileprivate var livesToTry: [Int] {
        let found = Set(findings.map(\.life))
        return numbers.filter { !found.contains($0) } + numbers.filter(found.contains)
    }
}

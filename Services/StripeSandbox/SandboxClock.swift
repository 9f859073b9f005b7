/// The sandbox's time: runs with the wall clock from wherever it was set, or stands still.
struct SandboxClock: Sendable, Codable {
    private var base: Int
    /// Where the wall clock stood when `base` was set; nil while the clock stands still.
    private var wallBase: Double?

    /// `start`: Unix seconds; nil is the wall clock's time.
    init(start: Int?, wall: Double, frozen: Bool) {
        base = start ?? Int(wall)
        wallBase = frozen ? nil : wall
    }

    /// Unix seconds, at a moment of the wall clock.
    func now(wall: Double) -> Int { base + (wallBase.map { max(0, Int(wall - $0)) } ?? 0) }

    var isFrozen: Bool { wallBase == nil }

    /// Sets the time; it runs on, or stands still, as before.
    mutating func set(to time: Int, wall: Double) {
        base = time
        if wallBase != nil { wallBase = wall }
    }

    /// Stops the clock where it is, or lets it run on.
    mutating func freeze(_ frozen: Bool, wall: Double) {
        base = now(wall: wall)
        wallBase = frozen ? nil : wall
    }
}

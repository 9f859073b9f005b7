/// What was done to one user, for the checks afterwards. Times are microseconds since 1970.
struct Record: Sendable {
    /// A look that was ended: when its answers were true, and when it began and was over.
    struct Look: Sendable {
        var reads: [Read] = []
        var begun: Int64
        var ended: Int64 = .max
    }

    /// An answer: when Stripe gave it, by its own clock, and when what it says was so.
    struct Read: Sendable {
        var served: Int64
        var asOf: Int64
    }

    /// A command, when it was decided.
    struct Order: Sendable {
        var time: Int64
        var isOn: Bool
        var generation: Int64
    }

    var open: [ObjectIdentifier: Look] = [:]
    var looks: [Look] = []
    var orders: [Order] = []
    /// What the VM controller has made of it: the newest generation that it has seen, and whether the VM runs.
    var generation: Int64 = 0
    var isRunning = false
    var requests = 0
    /// What was begun for it.
    var jobs = 0
    /// What is wrong.
    var findings: [String] = []
    /// Failures of which nobody was told within an hour.
    var untold = 0
}

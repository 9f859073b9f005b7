import TestKit

/// What goes wrong, drawn from a seed: each chance by its own name, so that the same one comes again when others are taken away.
struct Faults: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        // On the way to Stripe.
        case outage, serverError, rateLimited, refused, missing, half, wrongMode, silent, slow, stale, hangUp
        // On the way from Stripe.
        case duplicate, reordered, late, lost, never
        // At home.
        case crash, kill, freeze, databaseClock

        /// How often it happens, of all occasions for it.
        var share: Double {
            switch self {
            case .outage, .databaseClock: 1
            case .serverError, .missing, .stale: 0.02
            case .rateLimited, .slow, .silent: 0.01
            case .refused, .half, .wrongMode, .hangUp: 0.006
            case .duplicate, .reordered: 0.1
            case .late: 0.03
            case .lost: 0.04
            case .never: 0.01
            case .crash, .kill, .freeze: 0.004
            }
        }
    }

    /// The faults on a request, of which at most one strikes.
    static let ofRequests: [Kind] = [
        .serverError, .rateLimited, .refused, .missing, .half, .wrongMode, .silent, .slow, .stale, .hangUp, .crash, .freeze,
    ]

    let seed: UInt64
    /// Faults that are left out, by kind or by name.
    var without: Set<String> = []
    /// What has struck, by name.
    private(set) var struck: [String] = []
    /// When Stripe answers nothing that helps, in microseconds, and what it is then: away, or 404 or 403 to everything.
    private(set) var outages: [(time: Range<Int64>, kind: Kind)] = []
    /// When the database's clock is set, and how far it is ahead from then on; both in microseconds.
    private(set) var clockJumps: [(time: Int64, ahead: Int64)] = []

    init(seed: UInt64, without: Set<String>, from beginning: Int64, days: Int) {
        self.seed = seed
        self.without = without
        for number in 0..<(days / 4) where allows(.outage, "outage \(number)") {
            let start = beginning + Int64(uniform("outage start \(number)") * Double(days * Day.seconds)) * 1_000_000
            let length = [60, 300, 1800, 7200].randomElement(by: uniform("outage length \(number)"))
            let kind: Kind = [.outage, .outage, .missing, .refused].randomElement(by: uniform("outage kind \(number)"))
            outages.append((start..<start + Int64(length) * 1_000_000, kind))
            struck.append("outage \(number)")
        }
        // In half of the worlds nobody sets it.
        for number in 0..<(uniform("jumps") < 0.5 ? 0 : days / 4) where allows(.databaseClock, "databaseClock \(number)") {
            let time = beginning + Int64(uniform("jump \(number)") * Double(days * Day.seconds)) * 1_000_000
            let ahead = [0, -90, 90, -3600, 3600, -86_400, 86_400, -7].randomElement(by: uniform("jump length \(number)"))
            clockJumps.append((time, Int64(ahead) * 1_000_000))
            struck.append("databaseClock \(number)")
        }
        clockJumps.sort { $0.time < $1.time }
    }

    func outage(at time: Int64) -> Kind? { outages.first { $0.time.contains(time) }?.kind }

    /// Whether this fault strikes on this occasion.
    mutating func strikes(_ kind: Kind, _ occasion: String) -> Bool {
        let name = "\(kind.rawValue) \(occasion)"
        guard uniform(name) < kind.share, allows(kind, name) else { return false }
        struck.append(name)
        return true
    }

    private func allows(_ kind: Kind, _ name: String) -> Bool { !without.contains(kind.rawValue) && !without.contains(name) }

    /// A number from 0 to 1 that belongs to a name (FNV-1a, then one step of the seeded numbers).
    func uniform(_ name: String) -> Double {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var numbers = Seeded(seed: seed &+ hash)
        return Double(numbers.next() >> 11) / Double(1 << 53)
    }
}

extension Array {
    /// The element that a number from 0 to 1 points at.
    func randomElement(by number: Double) -> Element { self[Swift.min(count - 1, Int(number * Double(count)))] }
}

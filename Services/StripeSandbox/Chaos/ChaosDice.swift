/// Decides by the seed, by what is decided and by how often that was decided before; never by the time. So a run with the same
/// seed and the same acts meets the same mishaps.
struct ChaosDice: Sendable, Codable {
    private let seed: UInt64

    init(seed: Int) { self.seed = Self.mixed(UInt64(truncatingIfNeeded: seed) &+ Self.step) }

    /// A number from 0 up to, but not including, 1.
    func roll(_ what: String, _ ordinal: Int) -> Double {
        // FNV-1a turns the name into a number.
        let name = what.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let state = Self.mixed(seed ^ name) &+ UInt64(truncatingIfNeeded: ordinal) &* Self.step
        return Double(Self.mixed(state) >> 11) / 9_007_199_254_740_992
    }

    /// A whole number of a range.
    func pick(_ range: ClosedRange<Int>, _ what: String, _ ordinal: Int) -> Int {
        range.lowerBound + Int(roll(what, ordinal) * Double(range.count))
    }

    private static let step: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// SplitMix64's last step: every bit of the result depends on every bit given.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

import Models
import Testing

@Suite("The lattice of payment statuses")
struct PaymentStatusTests {
    private static let all = PaymentStatus.allCases

    @Test("any order of the same facts ends in the same status")
    func orderDoesNotMatter() {
        for a in Self.all {
            #expect(a.joined(a) == a)
            for b in Self.all {
                #expect(a.joined(b) == b.joined(a))
                for c in Self.all { #expect(a.joined(b).joined(c) == a.joined(b.joined(c))) }
            }
        }
    }

    @Test("a success is never taken back by a failure heard later")
    func successStays() {
        for other in Self.all where other != .refunded { #expect(other.joined(.succeeded) == .succeeded) }
    }
}

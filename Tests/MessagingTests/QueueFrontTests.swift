import Foundation
import Testing

@testable import Messaging

@Suite("Where a worker begins to look")
struct QueueFrontTests {
    @Test("is behind what it took two seconds ago, and every five seconds the beginning")
    func front() {
        var front = QueueFront<Int64>()
        let start = ContinuousClock.now
        #expect(front.lowest(at: start) == nil)
        front.note(100, at: start)
        #expect(front.lowest(at: start + .seconds(1)) == nil, "a lower key may still be committed")
        #expect(front.lowest(at: start + .seconds(2)) == 100)
        front.note(200, at: start + .seconds(3))
        #expect(front.lowest(at: start + .seconds(4)) == 100)
        #expect(front.lowest(at: start + .seconds(5)) == nil, "what was put off, or committed late")
        #expect(front.lowest(at: start + .seconds(6)) == 200)
        front.note(50, at: start + .seconds(6))
        #expect(front.lowest(at: start + .seconds(9)) == 200, "a late one takes it back no further")
    }

    @Test("is the beginning again where more waits than was taken")
    func more() {
        var front = QueueFront<Int64>()
        let start = ContinuousClock.now
        _ = front.lowest(at: start)
        front.note(100, at: start)
        #expect(front.lowest(at: start + .seconds(3)) == 100)
        front.restart()
        #expect(front.lowest(at: start + .seconds(3)) == nil)
        #expect(front.lowest(at: start + .seconds(3)) == 100, "once")
    }
}

@Suite("Ids that are ordered by time")
struct TimeOrderedIDTests {
    @Test("are UUIDs of version 7 that begin with the milliseconds, and no two are the same")
    func version7() throws {
        let text = UUID.timeOrdered(at: Date(timeIntervalSince1970: 1_645_557_742))
        // RFC 9562, A.6: this time is 0x017F22E279B0.
        #expect(text.hasPrefix("017f22e2-79b0-7"))
        #expect(try "89ab".contains(#require(text.dropFirst(19).first)))
        #expect(UUID(uuidString: text) != nil)
        #expect(text == text.lowercased())
        #expect(Set((0..<1000).map { _ in UUID.timeOrdered() }).count == 1000)
        #expect(UUID.timeOrdered(at: Date(timeIntervalSince1970: 1)) < UUID.timeOrdered(at: Date(timeIntervalSince1970: 1.001)))
    }
}

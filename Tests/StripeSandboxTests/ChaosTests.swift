import Foundation
import TestKit
import Testing

@testable import StripeSandbox

@Suite("Chaos")
struct ChaosTests {
    @Test("the same seed decides the same, another seed otherwise, and a share is about that share")
    func dice() {
        func decisions(_ seed: Int) -> [EventFate] {
            var chaos = Chaos(ChaosProfile(rules: [.dropped: .init(trigger: .probability(0.3))]), seed: seed)
            return (0..<1000).map { _ in chaos.fateOfNextEvent() }
        }
        #expect(decisions(1) == decisions(1))
        #expect(decisions(1) != decisions(2))
        #expect((250...350).contains(decisions(1).filter(\.isDropped).count))
    }

    @Test("the n-th event or call is struck, whatever else is decided between")
    func every() {
        var chaos = Chaos(ChaosProfile(rules: [.dropped: .init(trigger: .every(3)), .html: .init(trigger: .every(2))]), seed: 1)
        let fates = (1...6).map { _ -> Bool in
            _ = chaos.troubleOfNextCall("GET")
            return chaos.fateOfNextEvent().isDropped
        }
        #expect(fates == [false, false, true, false, false, true])
        #expect(chaos.counts == [.dropped: 2, .html: 3])
        chaos.turn(on: false)
        #expect(chaos.troubleOfNextCall("GET") == nil)
    }

    @Test("a held event goes out behind later ones, or when it has waited long enough")
    func held() {
        var queue = WebhookQueue()
        queue.add("a", EventFate(behind: 2, heldSeconds: 5), at: 0)
        for id in ["b", "c", "d"] { queue.add(id, at: 0) }
        let order = (1...4).map { _ in queue.take(at: 0)?.eventID }
        #expect(order == ["b", "c", "a", "d"])
        queue.add("e", EventFate(behind: 2, heldSeconds: 5), at: 0)
        #expect(queue.undelivered == 5)
        for id in ["a", "b", "c", "d"] { queue.finish(id, .delivered, at: 0) }
        #expect(queue.take(at: 4)?.eventID == nil)
        #expect(queue.wake(at: 4) == 5)
        #expect(queue.take(at: 5)?.eventID == "e")
    }

    @Test("a delayed event waits and is not taken for a failing one; copies end each by themselves")
    func delayedAndDuplicated() {
        var queue = WebhookQueue()
        queue.add("a", EventFate(delay: 2), at: 10)
        queue.add("b", EventFate(copies: 2), at: 10)
        let started = (1...3).map { _ in queue.take(at: 10)?.key }
        #expect(started == ["b", "b#2", nil])
        #expect(queue.failing.isEmpty)
        #expect(queue.wake(at: 10) == 12)
        queue.finish("b", .delivered, at: 10)
        queue.finish("b#2", .refused("HTTP 500"), at: 10)
        #expect(queue.undelivered == 2)
        #expect(queue.take(at: 12)?.key == "b#2")
        #expect(queue.take(at: 12)?.key == "a")
    }

    @Test("events come twice, or not, or were never made, and the counts say so")
    func events() async throws {
        let receiver = Receiver()
        try await receiver.listen { port in
            var config = SandboxConfig()
            config.webhookURLs = ["http://127.0.0.1:\(port)/hook"]
            try await withSandbox(config) { sandbox, url async throws in
                let browser = Browser(url: url)
                let order = #"{"events": {"never_made": {"every": 2}, "dropped": {"every": 3}, "duplicated": {"every": 5}}}"#
                #expect(try await browser.send("/_sandbox/chaos", json: order, method: "PUT").status == 200)
                for name in 1...6 { _ = try await browser.api("/v1/customers", form: "name=\(name)") }
                try await eventually("the first came once and the fifth twice") { await receiver.deliveries.count == 3 }
                #expect(await sandbox.account.events.count == 3)
                let told = try await browser.send("/_sandbox/chaos")
                #expect(told["counts", "events.never_made"] as? Int == 3)
                #expect(told["counts", "events.dropped"] as? Int == 1)
                #expect(told["counts", "events.duplicated"] as? Int == 1)
                #expect(told["decided", "events"] as? Int == 6)
                let listed = try await browser.api("/v1/events?type=customer.created")
                #expect((listed["data"] as? [Any])?.count == 3)
            }
        }
    }

    @Test("a wrong profile changes nothing and says what is wrong")
    func wrongProfile() async throws {
        try await withSandbox { sandbox, url async throws in
            let answer = try await Browser(url: url).send("/_sandbox/chaos", json: #"{"calls": {"slow": {}}}"#, method: "PUT")
            #expect(answer.status == 400)
            #expect(answer["error"] as? String == "calls.slow is not known")
            #expect(await sandbox.chaos.profile == ChaosProfile())
        }
    }
}

import Foundation
import Glibc
import HTTPTestKit
import Messages
import TestKit
import Testing

/// RELIABILITY's I1, I2, L2 and L3 at the door: whatever breaks, an event that was answered 200 is stored once, byte for byte, and
/// published; and nothing is stored that was not sent.
@Suite("The door while something breaks")
struct DoorFaultTests {
    @Test("webhook is killed at random moments", .database, .broker)
    func killed() async throws {
        try await DoorScene.run { scene in
            // Between 100 and 400 further events: anywhere in whatever is under way.
            try await scene.posts.post(3000, named: "kill", disturbed: 6, afterFurther: 100...400) { _ in
                scene.webhook.kill()
                try await scene.webhook.start()
            }
            #expect(scene.posts.refusals > 0, "some were under way when it died")
            try await scene.check()
            #expect(scene.webhook.terminate() == 0)
        }
    }

    @Test("webhook is asked to end under load: no 200 without its commit, exit 0", .database, .broker)
    func terminated() async throws {
        try await DoorScene.run { scene in
            try await scene.posts.post(1500, named: "term", disturbed: 3, afterFurther: 300...300) { _ in
                let began = ContinuousClock.now
                #expect(scene.webhook.terminate() == 0)
                #expect(ContinuousClock.now - began < .seconds(10))
                try await scene.webhook.start()
            }
            try await scene.check()
        }
    }

    @Test("a queue that its events are to reach is deleted: it is not ready until the queue is back", .database, .broker)
    func missingQueue() async throws {
        let broker = try #require(TestBroker.current)
        try await DoorScene.run(broker: broker) { scene in
            #expect(await scene.webhook.isReady)
            try await broker.deleteQueue(Topology.checkoutStripeEvents.name)
            try await eventually("it notices") { await !scene.webhook.isReady }
            try await broker.importTopology()
            try await eventually("it is ready again") { await scene.webhook.isReady }
        }
    }

    @Test("PostgreSQL is restarted and crashes", .broker)
    func database() async throws {
        try await DoorScene.runWithServer { scene, server in
            try await scene.posts.post(2000, named: "database", disturbed: 4, afterFurther: 200...200) { round in
                if round.isMultiple(of: 2) { try await server.crash() } else { try await server.stop() }
                try await server.start()
                try await eventually("webhook is ready again", within: .seconds(10)) { await scene.webhook.isReady }
            }
            try await scene.check()
        }
    }

    @Test("PostgreSQL's disk is full", .broker, .enabled(if: getuid() == 0, "only root can give a server a small disk"))
    func diskFull() async throws {
        try await DoorScene.runWithServer(disk: "96m") { scene, server in
            try await scene.posts.post(200, named: "before")
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await server.fillDisk()
                group.addTask { try await scene.posts.post(1000, named: "full", type: "thing.happened", within: .seconds(120)) }
                try await eventually("events are refused", within: .seconds(60)) { scene.posts.refusals > 20 }
                try await server.emptyDisk()
                try await eventually("webhook is ready again", within: .seconds(30)) { await scene.webhook.isReady }
                try await group.waitForAll()
            }
            #expect(scene.posts.accepted.count == 1200)
            try await scene.checkStored()
        }
    }
}

@Suite("The door while the broker stands still", .serialized, .privateBroker)
struct FrozenBrokerTests {
    /// `FREEZE_SECONDS`: for how long; the checks give it a minute.
    private static let seconds = ProcessInfo.processInfo.environment["FREEZE_SECONDS"].flatMap(Double.init) ?? 5

    @Test("events are taken as before, and published once it goes on", .database)
    func frozen() async throws {
        let node = try #require(PrivateBroker.current)
        try await DoorScene.run(broker: try await node.virtualHost()) { scene in
            try await scene.posts.post(100, named: "before")
            try node.freeze()
            defer { try? node.thaw() }
            let end = ContinuousClock.now + .seconds(Self.seconds)
            try await scene.posts.post(3000, named: "frozen")
            #expect(scene.posts.refusals == 0)
            #expect(scene.posts.p99 < .seconds(2))
            var number = 0
            while ContinuousClock.now < end {
                try await scene.posts.post(10, named: "later_\(number)")
                number += 1
                // lint:allow sleep because they trickle in: what waits at the end must be as much on a fast machine as on a slow one
                try await Task.sleep(for: .seconds(1))
            }
            #expect(await scene.webhook.isReady, "what it takes waits in its table")
            try node.thaw()
            try await scene.check()
            #expect(scene.webhook.terminate() == 0)
        }
    }
}

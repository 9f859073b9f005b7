import Foundation
import Hummingbird
import Logging
import Messaging
import Postgres
import ServiceContextModule
import ServiceLifecycle
import Synchronization
import TestKit
import Testing

@testable import ServiceKit

@Suite("The life of a service")
struct ServiceLifeTests {
    /// What happened, in order.
    private final class Diary: Sendable {
        private let entries = Mutex<[String]>([])
        var all: [String] { entries.withLock { $0 } }
        func note(_ entry: String) { entries.withLock { $0.append(entry) } }
    }

    private struct Worker: Service {
        let name: String
        let diary: Diary
        var failure: (any Error)?

        func run() async throws {
            diary.note("\(name) began")
            if let failure { throw failure }
            try await gracefulShutdown()
            diary.note("\(name) ended")
        }
    }

    private struct Broken: Error, Equatable {}

    @Test("once it runs it is alive, ready, and shows its metrics")
    func management() async throws {
        try await RunningService.run(
            parts: { _ in ServiceParts { $0.get("/things/:id") { _, _ in "x" } } },
            { (service) async throws in
                #expect(try await service.call("GET", "/livez", management: true).body == "ok\n")
                #expect(try await service.call("GET", "/readyz", management: true).body == "ready\n")
                for path in ["/things/1", "/things/2", "/absent/1", "/absent/2"] { _ = try await service.call("GET", path) }
                _ = try await service.call("BREW", "/things/1")
                let metrics = try await service.call("GET", "/metrics", management: true)
                #expect(metrics[header: "content-type"] == "text/plain; version=0.0.4; charset=utf-8")
                #expect(metrics.body.contains(#"http_requests_total{method="GET",route="/things/{id}",service="test",status="200"}"#))
                #expect(metrics.body.contains(#"http_requests_total{method="GET",route="unmatched",service="test",status="404"}"#))
                #expect(metrics.body.contains(#"http_request_duration_seconds_count{method="GET",route="/things/{id}",service="test"}"#))
                #expect(metrics.body.contains("process_resident_memory_bytes "))
                #expect(!metrics.body.contains("/absent") && !metrics.body.contains("BREW"))
                #expect(try await service.call("GET", "/livez").status == 404, "operators' paths are not on the public listener")
            })
    }

    @Test("it is ready when every check says so, and not when one fails or hangs")
    func readiness() async throws {
        let held = HeldBox()
        try await RunningService.run(
            parts: { foundation in
                ServiceParts(readiness: [
                    ReadinessCheck("thing") { if let reason = held.value { throw NotReady(reason) } },
                    ReadinessCheck("slow thing") {
                        // lint:allow sleep because this is the hanging that is tested; it is cancelled
                        if held.value == "hang" { try await Task.sleep(for: .seconds(3600)) }
                    },
                ])
            },
            { (service) async throws in
                #expect(try await service.call("GET", "/readyz", management: true).status == 200)
                held.value = "broken"
                let broken = try await service.call("GET", "/readyz", management: true)
                #expect((broken.status, broken.body) == (503, "not ready: thing: broken\n"))
                held.value = "hang"
                #expect(try await service.call("GET", "/readyz", management: true).body.contains("slow thing: no answer within"))
                held.value = nil
                #expect(try await service.call("GET", "/readyz", management: true).status == 200)
                #expect(try await service.call("GET", "/livez", management: true).status == 200)
            })
    }

    @Test("while its database is away it is alive and not ready, says why, and can be stopped")
    func withoutDatabase() async throws {
        let port = try FreePorts.choose(1)[0]
        let settings = [
            "HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0", "MANAGEMENT_PORT": "\(port)",
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        ]
        let diary = Diary()
        let log = LogCapture()
        let service = Waiting(settings: settings, logger: log.logger) { foundation in
            _ = foundation.postgres
            return ServiceParts(workers: [Worker(name: "worker", diary: diary)])
        }
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: log.silent))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let ask = "GET /readyz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
            try await eventually("the reason is shown") {
                (try? await RawConnection.exchange(port: port, Array(ask.utf8)).text)?.contains(
                    "cannot reach the database yet: PostgreSQL: ") == true
            }
            let alive = try await RawConnection.exchange(port: port, Array(ask.replacing("readyz", with: "livez").utf8))
            #expect(alive.text.hasPrefix("HTTP/1.1 200"))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(diary.all == [], "no worker may begin before the database is prepared")
        #expect(log.text.contains("cannot reach the database yet"))
    }

    @Test("a shutdown answers what was begun, accepts nothing more, and ends the workers from the last to the first")
    func shutdown() async throws {
        let diary = Diary()
        let (begun, hasBegun) = AsyncStream<Void>.makeStream()
        let (release, releaser) = AsyncStream<Void>.makeStream()
        try await RunningService.run(
            parts: { _ in
                ServiceParts(workers: [Worker(name: "first", diary: diary), Worker(name: "second", diary: diary)]) { router in
                    router.get("/slow") { _, _ in
                        hasBegun.yield()
                        for await _ in release { break }
                        diary.note("answered")
                        return "done"
                    }
                }
            },
            { service in
                async let answer = service.call("GET", "/slow")
                for await _ in begun { break }
                let idle = try RawConnection(port: service.addresses.port)
                await service.stop()
                try await eventually("no new connection is accepted") { (try? RawConnection(port: service.addresses.port)) == nil }
                #expect(try await RawConnection.onThread { idle.read().isClosed }, "resting connections are closed at once")
                #expect(diary.all.filter { $0.hasSuffix("ended") } == [])
                releaser.finish()
                let status = try await answer.status
                #expect(status == 200)
            })
        #expect(Set(diary.all.prefix(2)) == ["first began", "second began"])
        #expect(diary.all.suffix(3) == ["answered", "second ended", "first ended"])
    }

    @Test("a worker that fails ends the service with its error")
    func failingWorker() async throws {
        let diary = Diary()
        await #expect(throws: Broken.self) {
            try await RunningService.run(
                parts: { _ in
                    ServiceParts(workers: [Worker(name: "good", diary: diary), Worker(name: "bad", diary: diary, failure: Broken())])
                },
                { service in
                    try await eventually("the service has ended") { (try? RawConnection(port: service.addresses.managementPort)) == nil }
                })
        }
        #expect(diary.all.last == "good ended")
    }

    @Test("all unusable settings, the service's and the common ones, are reported together before anything is opened")
    func settings() async throws {
        let values = ["HTTP_PORT": "x", "ALLOWED_ORIGINS": "*", "ALLOW_UNSAFE_DATABASE": "maybe"]
        let error = await #expect(throws: SettingsError.self) {
            try await serve(
                name: "test", settings: Settings(values), logger: LogCapture().logger,
                build: { foundation in
                    _ = foundation.settings.string("OWN_SETTING")
                    _ = (foundation.postgres, foundation.rabbit, foundation.authenticator)
                    return ServiceParts()
                })
        }
        let expected = [
            "ALLOWED_ORIGINS", "ALLOW_UNSAFE_DATABASE", "AMQP_URL", "AUTH_JWT_SECRET", "DATABASE_URL", "HTTP_PORT", "OWN_SETTING",
        ]
        #expect(error?.complaints.map(\.name) == expected)
    }

    @Test("a caller's trace is taken up, and one is begun where there is none")
    func trace() async throws {
        try await RunningService.run(
            parts: { _ in
                ServiceParts { router in router.get("/trace") { _, _ in ServiceContext.current?.trace?.traceparent ?? "none" } }
            },
            { service in
                let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
                let followed = try await service.call("GET", "/trace", headers: [("traceparent", given)]).body
                #expect(followed.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") && followed != given)
                let begun = try await service.call("GET", "/trace", headers: [("traceparent", "00-0-0-01")]).body
                #expect(TraceContext(traceparent: begun) != nil)
                let line = service.log.records.first { $0["route"] as? String == "/trace" }
                #expect(line?["trace_id"] as? String == "0af7651916cd43dd8448eb211c80319c")
                #expect((line?["request_id"] as? String)?.count == 32)
            })
    }

    private struct Waiting: Service {
        let settings: [String: String]
        let logger: Logger
        let build: @Sendable (ServiceFoundation) -> ServiceParts

        func run() async throws {
            try await serve(name: "test", settings: Settings(settings), logger: logger, build: build)
        }
    }
}

/// A value that a test changes while a service looks at it.
private final class HeldBox: Sendable {
    private let held = Mutex<String?>(nil)

    var value: String? {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }
}

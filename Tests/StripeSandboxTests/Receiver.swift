import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import TestKit

/// A webhook endpoint that keeps what it gets and answers as it is told.
actor Receiver {
    struct Delivery: Sendable {
        let body: String
        let signature: String
    }

    private(set) var deliveries: [Delivery] = []
    private var answers: [Int] = []

    /// The next answers, one each; after them 200.
    func answer(_ statuses: Int...) { answers = statuses }

    fileprivate func take(_ delivery: Delivery) -> Int {
        deliveries.append(delivery)
        return answers.isEmpty ? 200 : answers.removeFirst()
    }

    /// Listens while `body` runs, on a free port or the one given.
    func listen<Value: Sendable>(port: Int = 0, _ body: (Int) async throws -> Value) async throws -> Value {
        let (ports, bound) = AsyncStream<Int>.makeStream()
        let router = Router()
        router.post("hook") { request, _ in
            let body = String(buffer: try await request.body.collect(upTo: 1 << 20))
            let signature = request.headers[.init("Stripe-Signature")!] ?? ""
            let status = await self.take(Delivery(body: body, signature: signature))
            return Response(status: .init(code: status), headers: status == 302 ? [.location: "/elsewhere"] : [:])
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { bound.yield($0.localAddress?.port ?? 0) }, logger: Logger(label: "receiver"))
        let services = ServiceGroup(services: [application], logger: Logger(label: "receiver"))
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { bound.finish() }
                try await services.run()
            }
            for await port in ports {
                let result: Result<Value, any Error>
                do { result = .success(try await body(port)) } catch { result = .failure(error) }
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
                return try result.get()
            }
            throw NotInTime(description: "the receiver listens")
        }
    }
}

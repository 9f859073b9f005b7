import Testing

@testable import RabbitMQ

@Suite("The window of unconfirmed messages", .timeLimit(.minutes(1)))
struct ConfirmWindowTests {
    private func sent(_ ids: [String], in window: inout ConfirmWindow) -> Submission {
        let submission = Submission(ids.map { .to("q", $0) })
        for index in ids.indices { window.add(submission, index: index) }
        return submission
    }

    @Test("settles one, many, and all up to a number, each once")
    func settles() async throws {
        var window = ConfirmWindow(size: 5)
        let submission = sent(["a", "b", "c", "d", "e"], in: &window)
        #expect(!window.hasRoom)
        #expect(window.settle(upTo: 2, multiple: false, as: .refused) == 1)
        #expect(window.settle(upTo: 2, multiple: false, as: .confirmed) == 0)
        #expect(window.settle(upTo: 4, multiple: true, as: .confirmed) == 3)
        #expect(window.hasRoom)
        #expect(window.settle(upTo: 5, multiple: true, as: .confirmed) == 1)
        #expect(!window.isAwaited)
        #expect(try await submission.results() == [.confirmed, .refused, .confirmed, .confirmed, .confirmed])
    }

    @Test("knows a returned message among equal ones by the order of sending")
    func returned() async throws {
        var window = ConfirmWindow(size: 5)
        let submission = sent(["a", "b", "b"], in: &window)
        window.markReturned(Delivery(body: [], messageID: "b", routingKey: "q"), because: "first")
        window.markReturned(Delivery(body: [], messageID: "b", routingKey: "q"), because: "second")
        window.markReturned(Delivery(body: [], messageID: "b", routingKey: "q"), because: "third")
        #expect(window.settle(upTo: 3, multiple: true, as: .confirmed) == 3)
        #expect(try await submission.results() == [.confirmed, .returned(reason: "first"), .returned(reason: "second")])
    }

    @Test("ignores a number that was never sent", arguments: [0, 2, UInt64.max], [true, false])
    func unknown(tag: UInt64, multiple: Bool) {
        var window = ConfirmWindow(size: 5)
        let submission = sent(["a"], in: &window)
        #expect(window.settle(upTo: tag, multiple: multiple, as: .confirmed) == 0)
        #expect(window.contains(submission))
    }

    @Test("fails all it holds and begins anew with number 1")
    func fails() async throws {
        var window = ConfirmWindow(size: 5)
        let lost = sent(["a", "b"], in: &window)
        window.fail(RabbitError(.connectionLost, "gone"))
        #expect(await code(of: { try await lost.results() }) == .connectionLost)
        let kept = sent(["c"], in: &window)
        #expect(window.settle(upTo: 1, multiple: false, as: .confirmed) == 1)
        #expect(try await kept.results() == [.confirmed])
    }

    @Test("a batch is settled by whatever comes first, and only once")
    func once() async throws {
        let submission = Submission([.to("q", "a")])
        submission.resolve(0, .confirmed)
        submission.fail(CancellationError())
        submission.resolve(0, .refused)
        #expect(try await submission.results() == [.confirmed])
        #expect(submission.isSettled)
    }
}

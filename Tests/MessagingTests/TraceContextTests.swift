import Messaging
import Testing

@Suite("A traceparent")
struct TraceContextTests {
    static let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test("is read and written back as it came")
    func roundTrip() throws {
        let context = try #require(TraceContext(traceparent: Self.good))
        #expect(context.traceparent == Self.good)
        #expect(context.child().traceID == context.traceID)
        #expect(context.child().spanID != context.spanID)
    }

    @Test(
        "is refused when malformed",
        arguments: [
            "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
        ])
    func malformed(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test("that is new is valid")
    func generated() {
        #expect(TraceContext(traceparent: TraceContext.generate().traceparent) != nil)
    }
}

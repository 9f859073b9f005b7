import Models
import Testing

@Suite("Metadata that may travel")
struct StripeMetadataTests {
    @Test(
        "is kept, but for addresses and card numbers",
        arguments: [
            ("blue", true), ("", false), ("mail me: a.b@example.com", false), ("@handle", true), ("4242 4242 4242 4242", false),
            ("x4242-4242-4242-4242.", false), ("4242424242424241", true), ("2026-11-26 10:00:00", true), ("123456789012", true),
        ])
    func kept(value: String, isKept: Bool) {
        #expect(StripeMetadata.kept(["key": value]) == (isKept ? ["key": value] : nil))
    }

    @Test("whose it is stays, whatever users are called")
    func user() {
        #expect(StripeMetadata.kept(["user_id": "a@example.com", "note": "b@example.com"]) == ["user_id": "a@example.com"])
    }
}

import Foundation
import Stripe
import TestKit
import Testing

@Suite("Stripe's own Python library and we")
struct OfficialLibraryTests {
    /// Signs, or verifies, with `stripe` of Debian's python3-stripe: one JSON line in, one word out.
    private static let program = """
        import json, sys
        import stripe
        order = json.loads(sys.stdin.readline())
        payload = bytes.fromhex(order["payload"]).decode("utf-8")
        if order["act"] == "sign":
            signature = stripe.WebhookSignature._compute_signature("%d.%s" % (order["time"], payload), order["secret"])
            print("t=%d,v1=%s" % (order["time"], signature))
        else:
            try:
                print(stripe.Webhook.construct_event(payload, order["header"], order["secret"]).id)
            except stripe.error.SignatureVerificationError:
                print("refused")
        """

    private static func python(_ order: [String: Any]) async throws -> String {
        let line = try JSONSerialization.data(withJSONObject: order) + Data("\n".utf8)
        return try await RawConnection.onThread {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/python3")
            process.arguments = ["-c", program]
            let input = Pipe()
            let output = Pipe()
            process.standardInput = input
            process.standardOutput = output
            try process.start()
            try input.fileHandleForWriting.write(contentsOf: line)
            try input.fileHandleForWriting.close()
            let said = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return String(decoding: said, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    private static let bodies = [event(), event(object: #"{"id":"in_1","name":"Zoë 😀 \u0000"}"#), event() + Array("\n".utf8)]

    @Test("it signs, the door opens", .database, .broker)
    func itSigns() async throws {
        try await RunningWebhook.run { webhook in
            for body in Self.bodies {
                let header = try await Self.python([
                    "act": "sign", "payload": Self.hex(body), "time": Int(Date().timeIntervalSince1970), "secret": RunningWebhook.secret,
                ])
                try await #expect(webhook.deliver(body, signature: header) == 200)
                try await #expect(webhook.deliver(body + [0x20], signature: header) == 400)
            }
        }
    }

    @Test("we sign, it verifies", arguments: bodies)
    func weSign(body: [UInt8]) async throws {
        let order: [String: Any] = ["act": "verify", "payload": Self.hex(body), "secret": RunningWebhook.secret]
        let header = try RunningWebhook.signature(of: body)
        try await #expect(Self.python(order.merging(["header": header]) { $1 }) == "evt_1")
        let forged = try RunningWebhook.signature(of: body, by: "whsec_other")
        try await #expect(Self.python(order.merging(["header": forged]) { $1 }) == "refused")
    }
}

import Foundation
import Models
import Testing

@testable import Stripe

/// Stripe's API reference, "The Dispute object": `due_by` is 0 where the bank takes no answer, and may be absent.
@Suite("A dispute is read")
struct DisputeFactsTests {
    private func dispute(_ members: String) throws -> DisputeFacts {
        try decode(
            """
            {"id": "du_1", "object": "dispute", "livemode": false, "charge": "ch_1", "currency": "usd", "amount": 1900, "reason": "fraudulent",
             "status": "needs_response", "created": 1795400000, \(members)}
            """)
    }

    @Test(
        "with its deadline, where there is one",
        arguments: [
            (#""evidence_details": {"due_by": 1796400000}"#, 1_796_400_000.0), (#""evidence_details": {"due_by": 0}"#, nil),
            (#""evidence_details": {"due_by": null}"#, nil), (#""evidence_details": {}"#, nil), (#""evidence_details": null"#, nil),
            (#""payment_intent": null"#, nil),
        ] as [(String, Double?)])
    func deadline(members: String, expected: Double?) throws {
        #expect(try dispute(members).evidenceDueBy == expected.map(Date.init(timeIntervalSince1970:)))
    }

    @Test("with its intent and charge, expanded or not", arguments: [#""payment_intent": "pi_1""#, #""payment_intent": {"id": "pi_1"}"#])
    func intent(members: String) throws {
        #expect(try dispute(members).paymentIntentID == "pi_1")
    }
}

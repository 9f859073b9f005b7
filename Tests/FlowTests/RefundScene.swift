import AsyncHTTPClient
import Foundation
import HTTPTestKit
import Messages
import NIOCore
import NIOHTTP1
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

extension RunningSystem {
    /// Where refund is.
    var refund: String { urls[.refund] ?? "" }

    /// Calls an address with any JSON, as a customer or as an admin.
    func call(
        _ method: String, _ url: String, as user: String?, isAdmin: Bool = false, json: String? = nil, key: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .RAW(value: method)
        if let user {
            let token = try await isAdmin ? TestToken.admin(user) : TestToken.customer(user)
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        if let key { request.headers.add(name: "Idempotency-Key", value: key) }
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        return Answer(status: response.status.code, body: [UInt8](buffer: try await response.body.collect(upTo: 1 << 20)))
    }

    /// A new customer's first payment, as refund knows it.
    func paid(by user: String, card: String = "4242424242424242") async throws -> String {
        try await subscribe(user, card: card)
        try await eventually("refund knows the payment of \(user)") { try await payment(of: user) != nil }
        return try #require(try await payment(of: user))
    }

    /// A new customer's first payment, to which the bank objects; the dispute, as refund knows it.
    func disputed(by user: String, isInquiry: Bool = false, isFinal: Bool = false) async throws -> String {
        let payment = try await paid(by: user)
        let charge = try #require(
            try await value("SELECT stripe_charge_id FROM refund.refundable_payments WHERE payment_id = \(payment)"))
        let dispute = try await sandbox.act { account throws(APIError) in
            account.dispute(charge: charge, Complaint(reason: "fraudulent", isInquiry: isInquiry, isFinal: isFinal))?.id
        }
        let id = try #require(dispute)
        try await eventually("refund knows \(id)") {
            try await value("SELECT count(*) FROM refund.payment_disputes WHERE stripe_dispute_id = \(id) AND payment_id IS NOT NULL")
                == "1"
        }
        return id
    }

    /// The payment of a user that refunds can be asked for.
    func payment(of user: String) async throws -> String? {
        try await value(
            """
            SELECT payment_id FROM refund.refundable_payments
            WHERE user_id = \(user) AND status = 'succeeded' AND merged_into IS NULL AND stripe_charge_id IS NOT NULL LIMIT 1
            """)
    }

    /// Asks for a refund as its customer; the request's id.
    func askForRefund(of payment: String, as user: String, amount: Int? = nil) async throws -> String {
        let amount = amount.map { #""amount": \#($0), "# } ?? ""
        let answer = try await call(
            "POST", "\(refund)/api/payment/request-refund", as: user,
            json: #"{"payment_id": "\#(payment)", \#(amount)"reason": "It did not run."}"#)
        #expect(answer.status == 202, "\(String(decoding: answer.body, as: UTF8.self))")
        let request = try answer.json()["refund_request"] as? [String: Any]
        return try #require(request?["id"] as? String)
    }

    /// Decides as an admin.
    func process(_ json: String, as admin: String = "admin_1", key: String? = nil, at url: String? = nil) async throws -> Answer {
        try await call("POST", "\(url ?? refund)/api/payment/admin/process-refund", as: admin, isAdmin: true, json: json, key: key)
    }

    /// What the customer sees of the one payment: status and what was given back.
    func shown(to user: String) async throws -> String {
        let payments = try await checkout("GET", "payment-history", as: user).json()["data"] as? [[String: Any]]
        let payment = try #require(payments?.last)
        return "\(payment["status"] ?? "?") \(payment["amount_refunded"] ?? "?")"
    }

    /// What Stripe has given back to a user, refund by refund, in minor units.
    func refunded(to user: String) async throws -> [Int] {
        let charges = try await database.observer.query(
            "SELECT stripe_charge_id FROM refund.refundable_payments WHERE user_id = \(user) AND stripe_charge_id IS NOT NULL")
        let names = Set(try charges.map { try $0.get("stripe_charge_id", as: String.self) })
        return await sandbox.account.refunds.all.filter { names.contains($0.charge) }.map(\.amount)
    }

    /// Orders disturbances of the calls to Stripe, in the sandbox's words.
    func disturb(_ faults: String) async throws {
        await sandbox.setFaults(try JSONDecoder().decode([Fault].self, from: Data(faults.utf8)))
    }
}

extension RunningSystem.Answer {
    /// `error.code`, and `error.field` where there is one; the status where it is no refusal.
    func refusal() throws -> String {
        guard let error = try json()["error"] as? [String: Any] else { return "\(status)" }
        return ([status.description] + [error["code"], error["field"]].compactMap { $0 as? String }).joined(separator: " ")
    }

    /// A member of an object in the answer, as text.
    func text(_ path: String...) throws -> String? {
        try found(json(), path.joined(separator: ".")).flatMap { $0 is NSNull ? nil : "\($0)" }
    }
}

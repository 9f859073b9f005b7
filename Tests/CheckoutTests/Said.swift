import Foundation
import HTTPTestKit
import Models

/// What Stripe says in these tests, with everything that does not matter filled in.
enum Said {
    static func intent(
        _ id: PaymentIntentID, _ status: String, failure: PaymentFailure? = nil, latestCharge: ChargeID? = nil,
        customer: CustomerID? = "cus_1", user: UserID? = nil, invoice: InvoiceID? = nil
    ) -> PaymentIntentFacts {
        PaymentIntentFacts(
            id: id, customerID: customer, userID: user, invoiceID: invoice, status: status, currency: "usd", amount: 1900,
            amountReceived: status == "succeeded" ? 1900 : 0, paymentMethodType: "card", latestChargeID: latestCharge,
            lastFailure: failure, created: CheckoutBench.time)
    }

    static func declined(_ charge: ChargeID?, code: String = "card_declined") -> PaymentFailure {
        PaymentFailure(chargeID: charge, code: code)
    }

    static func failedCharge(_ id: ChargeID, of intent: PaymentIntentID, customer: CustomerID? = "cus_1") -> ChargeFacts {
        ChargeFacts(
            id: id, paymentIntentID: intent, customerID: customer, status: "failed", currency: "usd", amount: 1900,
            failure: declined(id), created: CheckoutBench.time)
    }

    static func paidInvoice(_ id: InvoiceID, intent: PaymentIntentID? = nil, customer: CustomerID = "cus_1") -> InvoiceFacts {
        InvoiceFacts(
            id: id, customerID: customer, subscriptionID: "sub_1", status: "paid", currency: "usd", amountDue: 1900, amountPaid: 1900,
            paymentIntentID: intent, priceID: "price_basic", created: CheckoutBench.time.addingTimeInterval(-60))
    }

    static func join(_ intent: PaymentIntentID, _ invoice: InvoiceID) -> InvoicePaymentFacts {
        InvoicePaymentFacts(
            id: "inpay_\(intent)", invoiceID: invoice, paymentIntentID: intent, status: "paid", amountPaid: 1900, currency: "usd")
    }

    static func subscription(_ status: SubscriptionStatus, age: TimeInterval = 0) -> SubscriptionFacts {
        subscription("sub_1", status, age: age)
    }

    static func subscription(_ id: SubscriptionID, _ status: SubscriptionStatus, age: TimeInterval = 0) -> SubscriptionFacts {
        SubscriptionFacts(
            id: id, customerID: "cus_1", status: status, priceID: "price_basic", created: CheckoutBench.time.addingTimeInterval(-age))
    }

    static func session(
        _ status: String?, mode: String = "subscription", customer: CustomerID? = "cus_1", subscription: SubscriptionID? = nil,
        intent: PaymentIntentID? = nil
    ) -> CheckoutSessionFacts {
        CheckoutSessionFacts(
            id: "cs_1", mode: mode, status: status, paymentStatus: "paid", customerID: customer, userID: "user_1",
            installation: "here", subscriptionID: subscription, paymentIntentID: intent)
    }
}

/// What Stripe answers in these tests.
enum Answered {
    static func list(_ rows: String...) -> StripeStubAnswer {
        .json(#"{"object":"list","has_more":false,"url":"/v1/rows","data":[\#(rows.joined(separator: ","))]}"#)
    }

    static func join(_ intent: String, _ invoice: String) -> String {
        #"{"id":"inpay_1","object":"invoice_payment","livemode":false,"invoice":"\#(invoice)","status":"paid","currency":"usd","#
            + #""amount_paid":1900,"payment":{"type":"payment_intent","payment_intent":"\#(intent)"}}"#
    }

    static func subscription(_ status: String, id: String = "sub_1", date: String = StripeStubAnswer.date) -> StripeStubAnswer {
        .json(
            #"{"id":"\#(id)","object":"subscription","livemode":false,"customer":"cus_1","status":"\#(status)","created":1795000000,"#
                + #""items":{"object":"list","data":[{"id":"si_1","object":"subscription_item","price":{"id":"price_basic"}}]}}"#,
            date: date)
    }

    static func session(
        _ id: String, _ status: String = "open", expiresIn seconds: Int = 3600, subscription: String? = nil
    ) -> StripeStubAnswer {
        .json(sessionObject(id, status, expiresIn: seconds, subscription: subscription))
    }

    static func sessionObject(
        _ id: String, _ status: String = "open", expiresIn seconds: Int = 3600, subscription: String? = nil, user: String = "user_1",
        plan: String = "basic", installation: String = "here"
    ) -> String {
        // By the clock of the stub, which is days from ours.
        let expiry = Int(CheckoutBench.time.timeIntervalSince1970) + seconds
        let url = status == "open" ? #""https://pay.example/\#(id)""# : "null"
        let paid = status == "complete" ? "paid" : "unpaid"
        let bought = subscription.map { "\"\($0)\"" } ?? "null"
        return #"{"id":"\#(id)","object":"checkout.session","livemode":false,"mode":"subscription","status":"\#(status)","#
            + #""payment_status":"\#(paid)","customer":"cus_1","subscription":\#(bought),"url":\#(url),"expires_at":\#(expiry),"#
            + #""metadata":{"user_id":"\#(user)","plan_id":"\#(plan)","installation":"\#(installation)"}}"#
    }

    static func customer(_ id: String, user: String? = "user_1", installation: String? = "here") -> String {
        let entries = [user.map { #""user_id":"\#($0)""# }, installation.map { #""installation":"\#($0)""# }].compactMap(\.self)
        return #"{"id":"\#(id)","object":"customer","livemode":false,"metadata":{\#(entries.joined(separator: ","))}}"#
    }

    static func price(isActive: Bool = true) -> StripeStubAnswer {
        .json(#"{"id":"price_basic","object":"price","livemode":false,"active":\#(isActive)}"#)
    }

    /// A failure of Stripe's own that it keeps under the key and repeats (Stripe's API reference, "Idempotent requests").
    static let burnt = StripeStubAnswer.error(500, #""type": "api_error""#, headers: ["Idempotent-Replayed": "true"])

    static func missing(_ param: String) -> StripeStubAnswer {
        .error(400, #""type": "invalid_request_error", "code": "resource_missing", "param": "\#(param)""#)
    }
}

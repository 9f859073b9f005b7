extension TestCard {
    /// Every known card: the numbers and names that Stripe documents (docs "Testing"), but for cards of terminals and of single countries.
    static let all = byBrand + declined + checked + disputed + refunded + authenticated

    private static let byBrand = [
        TestCard(number: "4242424242424242", names: ["visa", "us"]),
        TestCard(number: "4000056655665556", funding: "debit", names: ["visa_debit"]),
        TestCard(number: "5555555555554444", brand: "mastercard", names: ["mastercard"]),
        TestCard(number: "2223003122003222", brand: "mastercard"),
        TestCard(number: "5200828282828210", brand: "mastercard", funding: "debit", names: ["mastercard_debit"]),
        TestCard(number: "5105105105105100", brand: "mastercard", funding: "prepaid", names: ["mastercard_prepaid"]),
        TestCard(number: "378282246310005", brand: "amex", names: ["amex"]),
        TestCard(number: "371449635398431", brand: "amex"),
        TestCard(number: "6011111111111117", brand: "discover", names: ["discover"]),
        TestCard(number: "6011000990139424", brand: "discover"),
        TestCard(number: "6011981111111113", brand: "discover", funding: "debit"),
        TestCard(number: "3056930009020004", brand: "diners", names: ["diners"]),
        TestCard(number: "36227206271667", brand: "diners"),
        TestCard(number: "3566002020360505", brand: "jcb", names: ["jcb"]),
        TestCard(number: "6200000000000005", brand: "unionpay", names: ["unionpay"]),
        TestCard(number: "6200000000000047", brand: "unionpay", funding: "debit"),
        TestCard(number: "6205500000000000004", brand: "unionpay"),
        // The money is at hand at once, which changes nothing here.
        TestCard(number: "4000000000000077", names: ["bypassPending"]),
        TestCard(number: "4000003720000278", names: ["bypassPendingInternational"]),
    ]

    private static let declined = [
        TestCard(number: "4000000000000002", names: ["visa_chargeDeclined", "chargeDeclined"], declined: .generic),
        TestCard(
            number: "4000000000009995", names: ["visa_chargeDeclinedInsufficientFunds", "chargeDeclinedInsufficientFunds"],
            declined: .insufficientFunds),
        TestCard(number: "4000000000009987", names: ["visa_chargeDeclinedLostCard"], declined: .lostCard),
        TestCard(number: "4000000000009979", names: ["visa_chargeDeclinedStolenCard"], declined: .stolenCard),
        TestCard(number: "4000000000000069", names: ["chargeDeclinedExpiredCard"], declined: .expiredCard),
        TestCard(number: "4000000000000127", names: ["chargeDeclinedIncorrectCvc"], declined: .incorrectCVC),
        TestCard(number: "4000000000000119", names: ["chargeDeclinedProcessingError"], declined: .processingError),
        TestCard(number: "4000000000006975", names: ["visa_chargeDeclinedVelocityLimitExceeded"], declined: .velocityExceeded),
        TestCard(number: "4000000000000341", names: ["chargeCustomerFail"], declineOffSession: .generic),
        // Blocked by Stripe's own rules, not by a bank.
        TestCard(number: "4100000000000019", names: ["radarBlock"], declined: .blocked),
        TestCard(number: "4000000000004954", names: ["riskLevelHighest"], declined: .highestRisk),
    ]

    private static let checked = [
        TestCard(number: "4000000000009235", names: ["riskLevelElevated"]),
        TestCard(number: "4000000000000101", names: ["cvcCheckFail"], checks: ["cvc_check": "fail"]),
        TestCard(number: "4000000000000036", names: ["avsZipFail"], checks: ["address_postal_code_check": "fail"]),
        TestCard(number: "4000000000000028", names: ["avsLine1Fail"], checks: ["address_line1_check": "fail"]),
        TestCard(
            number: "4000000000000010", names: ["avsFail"], checks: ["address_line1_check": "fail", "address_postal_code_check": "fail"]),
        TestCard(
            number: "4000000000000044", names: ["avsUnchecked"],
            checks: ["address_line1_check": "unavailable", "address_postal_code_check": "unavailable"]),
    ]

    private static let disputed = [
        TestCard(number: "4000000000000259", names: ["createDispute"], complaint: .fraudulent),
        TestCard(number: "4000000000002685", names: ["createDisputeProductNotReceived"], complaint: .notReceived),
        TestCard(number: "4000000000001976", names: ["createDisputeInquiry"], complaint: .inquiry),
        // A bank's warning of fraud, which is not simulated: the charge succeeds.
        TestCard(number: "4000000000005423", names: ["createIssuerFraudRecord"]),
        TestCard(number: "4000000404000038", names: ["createCe3EligibleDispute"], complaint: .fraudulent),
        TestCard(number: "4000008400000779", names: ["createComplianceDispute"], complaint: .noncompliant),
    ]

    private static let refunded = [
        TestCard(number: "4000000000007726", names: ["pendingRefund"], refunds: .succeedsLater),
        TestCard(number: "4000000000005126", names: ["refundFail"], refunds: .failsLater),
    ]

    private static let authenticated = [
        TestCard(number: "4000002500003155", names: ["authenticationRequiredOnSetup"], authentication: .unlessSetUp),
        TestCard(number: "4000002760003184", names: ["authenticationRequired"], authentication: .always),
        // Set up for charges without its holder by whoever saved it first.
        TestCard(number: "4000003800000446", names: ["authenticationRequiredSetupForOffSession"], authentication: .onSession),
        TestCard(
            number: "4000008260003178", names: ["authenticationRequiredChargeDeclinedInsufficientFunds"],
            declineOnSession: .insufficientFunds, declineOffSession: .insufficientFunds, authentication: .always),
        TestCard(number: "4000000000003220", names: ["threeDSecure2Required", "threeDSecureRequired"], authentication: .onSession),
        TestCard(
            number: "4000008400001629", names: ["threeDSecureRequiredChargeDeclined"], declineOnSession: .generic,
            declineOffSession: .generic, authentication: .onSession),
        TestCard(number: "4000000000003055", names: ["threeDSecureOptional"]),
    ]
}

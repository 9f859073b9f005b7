/// The bank's page, which asks the customer who they are.
extension Pages {
    func show(challenge id: String) async -> HTTPAnswer {
        guard let intent = await sandbox.account.paymentIntents[id], intent.challenge != nil else { return .page(notFound, status: 404) }
        guard intent.status == .requiresAction else {
            return .page(templates.render(title: "You are done here", text: "Your bank asks nothing more."))
        }
        return .page(templates.render(ChallengeForm(intent)))
    }

    func take(challenge id: String, _ fields: [String: String]) async -> HTTPAnswer {
        guard let challenge = await sandbox.account.paymentIntents[id]?.challenge else { return .page(notFound, status: 404) }
        let outcome = await sandbox.authenticate(paymentIntent: id, succeeds: fields["outcome"] == "complete")
        if let session = challenge.session { return await answer(outcome, session: session) }
        guard let invoice = await sandbox.account.paymentIntents[id]?.invoice else { return .page(notFound, status: 404) }
        return await answer(outcome, invoice: invoice)
    }
}

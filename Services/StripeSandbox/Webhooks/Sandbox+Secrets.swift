extension Sandbox {
    /// Rolls a signing secret: for `overlap` seconds deliveries carry a signature by each of the two, as Stripe's do.
    ///
    /// - Parameter endpoint: one that the API made; nil rolls the secret of those that the settings name.
    /// - Throws: `APIError` 404 for an endpoint that does not exist.
    func rollSecret(to secret: String, overlap: Double, endpoint: String?) throws(APIError) {
        guard let endpoint else { return signing.roll(to: secret, overlap: overlap, at: wall) }
        guard let index = targets.firstIndex(where: { $0.id == endpoint }) else {
            throw .noSuch("webhook endpoint", endpoint, param: "endpoint")
        }
        targets[index].secrets?.roll(to: secret, overlap: overlap, at: wall)
    }
}

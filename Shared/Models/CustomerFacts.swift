/// What is used of Stripe's customer, free of API versions.
package struct CustomerFacts: Codable, Sendable, Hashable {
    /// Stripe's id.
    package var id: CustomerID
    /// `metadata.user_id`, set by checkout when it creates the customer.
    package var userID: UserID?
    /// `metadata.installation`: which installation of this system created it; nil where that is not said.
    package var installation: String?
    /// Whether Stripe has deleted it; the other fields are then empty.
    package var deleted: Bool

    package init(id: CustomerID, userID: UserID? = nil, installation: String? = nil, deleted: Bool = false) {
        self.id = id
        self.userID = userID
        self.installation = installation
        self.deleted = deleted
    }
}

/// One API request as an endpoint sees it.
struct Call: Sendable {
    /// The ids in the path, in their order.
    let pathIDs: [String]
    var parameters: Parameters
    let version: APIVersion

    /// The first id in the path.
    var id: String { pathIDs.first ?? "" }
}

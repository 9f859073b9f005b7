/// What a request does to an object's metadata.
enum MetadataChange: Sendable, Equatable {
    case none
    case clear
    case merge([String: String])

    /// The metadata afterwards.
    ///
    /// - Throws: `APIError` 400 above Stripe's limit of 50 keys.
    func applied(to metadata: [String: String] = [:]) throws(APIError) -> [String: String] {
        switch self {
        case .none: return metadata
        case .clear: return [:]
        case .merge(let values):
            let merged = metadata.merging(values) { _, new in new }.filter { !$0.value.isEmpty }
            guard merged.count <= 50 else {
                throw .invalidRequest("Metadata can have up to 50 keys", code: "parameter_invalid", param: "metadata")
            }
            return merged
        }
    }
}

/// Whether a user may run a VM.
package enum AccessLevel: String, Codable, Sendable, CaseIterable {
    case on
    case off
}

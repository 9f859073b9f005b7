/// Everything that is wrong with the settings of a service, in one error for one person to repair in one go.
package struct SettingsError: Error, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What is wrong with one setting.
    package struct Complaint: Equatable, Sendable {
        /// The name of the setting as the operator gives it.
        package let name: String
        /// The rest of a sentence that begins with the name; never holds the value of a secret.
        package let reason: String
    }

    /// One complaint for each setting, by name.
    package let complaints: [Complaint]

    /// Always `settings_invalid`.
    package var code: String { "settings_invalid" }

    /// Never: the same settings fail in the same way.
    package var isRetriable: Bool { false }

    /// A line for each setting.
    package var description: String {
        let count = complaints.count == 1 ? "1 setting needs" : "\(complaints.count) settings need"
        return "\(count) attention:\n" + complaints.map { "  \($0.name) \($0.reason)" }.joined(separator: "\n")
    }

    /// The same: nothing is held back.
    package var debugDescription: String { description }
}

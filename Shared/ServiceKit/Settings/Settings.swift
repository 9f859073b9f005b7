package import Configuration
import Foundation
import Synchronization

/// The settings of one service, read by the names that operators know: environment variables, or files named by `NAME_FILE`.
///
/// Reading never throws. A setting that is missing or malformed is written down and a placeholder is returned, so that composing a
/// service touches every setting it has; `validate()` then reports all of them together. Nothing that holds a placeholder may be used
/// before `validate()` has returned.
package final class Settings: Sendable {
    private let provider: EnvironmentVariablesProvider
    private let complaints = Mutex<[String: String]>([:])
    private let secretsRead = Mutex<[String: String]>([:])
    /// Why no secret may be one that anybody can read; nil where that does no harm.
    private let danger = Mutex<String?>(nil)

    /// Files larger than this are not settings; reading them whole would only hide a wrong path.
    private static let largestFile = 1 << 20

    /// Settings out of a provider of swift-configuration.
    package init(_ provider: EnvironmentVariablesProvider) {
        self.provider = provider
    }

    /// The settings in the environment of this process.
    package convenience init() {
        self.init(EnvironmentVariablesProvider())
    }

    /// Settings given as a dictionary, for tests and for services run inside another process.
    package convenience init(_ values: [String: String]) {
        self.init(EnvironmentVariablesProvider(environmentVariables: values))
    }

    /// Writes down that `name` cannot be used as it is. The reason must not quote a secret. The first reason of a name is kept.
    package func reject(_ name: String, because reason: String) {
        complaints.withLock { if $0[name] == nil { $0[name] = reason } }
    }

    /// Refuses secrets that this project's source publishes, since `reason`, such as that another setting moves real money.
    package func requireOwnSecrets(because reason: String) {
        danger.withLock { $0 = reason }
    }

    /// Throws one error naming every setting that was missing or malformed so far, in alphabetical order.
    package func validate() throws(SettingsError) {
        rejectPublishedSecrets()
        let found = complaints.withLock { $0 }
        if found.isEmpty { return }
        throw SettingsError(complaints: found.sorted { $0.key < $1.key }.map { .init(name: $0.key, reason: $0.value) })
    }

    /// The text of a setting, from `NAME` or from the file named by `NAME_FILE`; nil when it is absent or empty.
    func value(of name: String) -> String? {
        let direct = variable(name)
        guard let path = variable("\(name)_FILE") else { return direct }
        guard direct == nil else {
            reject(name, because: "is given twice, as \(name) and as \(name)_FILE")
            return nil
        }
        return content(of: path, for: name)
    }

    /// The same for a secret.
    func secretValue(of name: String) -> String? {
        let text = value(of: name)
        if let text { secretsRead.withLock { $0[name] = text } }
        return text
    }

    private func rejectPublishedSecrets() {
        guard let danger = danger.withLock({ $0 }) else { return }
        for (name, text) in secretsRead.withLock({ $0 }) where PublishedSecrets.contains(text) {
            reject(name, because: "holds a secret of this project's source, and \(danger): make a new one")
        }
    }

    /// The file that a setting is read from, by `NAME_FILE`; nil where it is given itself.
    func file(of name: String) -> String? { variable("\(name)_FILE") }

    private func variable(_ name: String) -> String? {
        guard let text = try? provider.environmentValue(forName: name), !text.isEmpty else { return nil }
        return text
    }

    /// One line break at the end is the editor's, not the secret's.
    private func content(of path: String, for name: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path) else {
            reject(name, because: "cannot be read from the file that \(name)_FILE names")
            return nil
        }
        defer { try? file.close() }
        guard let bytes = try? file.read(upToCount: Self.largestFile + 1), bytes.count <= Self.largestFile,
            var text = String(bytes: bytes, encoding: .utf8)
        else {
            reject(name, because: "cannot be read from the file that \(name)_FILE names: it is empty, too large or not UTF-8")
            return nil
        }
        if text.last?.isNewline == true { text.removeLast() }
        return text.isEmpty ? nil : text
    }
}

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

/// Secrets that anybody can read in this project's source: those of `.env.example` and of the tests.
///
/// They are good for trying things out. Beside a key that moves real money they would give everybody the rights of an admin, or of Stripe.
enum PublishedSecrets {
    /// Each as it stands there.
    static let all: Set<String> = [
        "test-secret-of-more-than-32-bytes-for-tests-only", "whsec_0123456789abcdef0123456789abcdef", "test", "owner",
        "whsec_sandbox",
        "a secret for tests that is long enough for HS256", "a-secret-of-forty-bytes-for-these-tests.",
    ]

    /// Whether a setting is one of them, holds one among several, or is an address with one as its password.
    static func contains(_ text: String) -> Bool {
        if Settings.parts(of: text).contains(where: all.contains) { return true }
        guard let password = text.firstMatch(of: /:\/\/[^:\/@]*:([^@\/]*)@/)?.output.1 else { return false }
        return all.contains(password.removingPercentEncoding ?? String(password))
    }
}

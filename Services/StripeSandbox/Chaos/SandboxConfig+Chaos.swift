import Foundation

extension SandboxConfig {
    /// Takes the settings of misbehaviour from an environment; answers what is wrong with them.
    mutating func readChaos(_ environment: [String: String]) -> [String] {
        var problems: [String] = []
        func number(_ name: String, _ fallback: Int) -> Int {
            guard let text = environment[name], !text.isEmpty else { return fallback }
            if let number = Int(text), number >= 0 { return number }
            problems.append("\(name) is not valid")
            return fallback
        }
        seed = number("SANDBOX_SEED", seed)
        rateLimit = number("SANDBOX_RATE_LIMIT", rateLimit)
        guard let path = environment["SANDBOX_CHAOS"], !path.isEmpty else { return problems }
        guard let data = FileManager.default.contents(atPath: path) else { return problems + ["SANDBOX_CHAOS is not a file"] }
        do throws(ChaosProfileError) {
            chaos = try ChaosProfile(data: data)
        } catch {
            problems += error.problems.map { "SANDBOX_CHAOS: \($0)" }
        }
        return problems
    }
}

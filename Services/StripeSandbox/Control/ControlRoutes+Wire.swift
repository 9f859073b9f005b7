import Foundation

/// The control calls about what goes wrong on the wire.
extension ControlRoutes {
    func callOfWire(_ method: String, _ path: [String], _ body: Data) async throws -> JSON? {
        switch (method, path) {
        case ("GET", ["chaos"]): return await sandbox.chaos.json
        case ("PUT", ["chaos"]):
            await sandbox.setChaos(try ChaosProfile(data: body))
            return await sandbox.chaos.json
        default: return nil
        }
    }
}

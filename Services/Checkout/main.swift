import Foundation
import ServiceKit

if CommandLine.arguments.dropFirst().first == "import" {
    exit(await ImportCommand.main(Array(CommandLine.arguments.dropFirst(2))))
}
try await runService("checkout", build: buildCheckout)

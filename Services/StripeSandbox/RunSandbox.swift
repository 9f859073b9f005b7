import ArgumentParser

/// Runs the sandbox, as the command line and the environment say, until SIGTERM or SIGINT.
func runSandbox() async { await SandboxCommand.main() }

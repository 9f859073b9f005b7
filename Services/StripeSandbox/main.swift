await runSandbox()

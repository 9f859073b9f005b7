"""One bad and one good sample for every rule of deploy/lint, so that a rule which cannot fire is found out."""

from collections.abc import Callable

LONG_BODY = "\n".join(f"    step({number})" for number in range(41))

# (rule that must fire, path, text)
BAD: list[tuple[str, str, str]] = [
    ("banned_constructs", "Shared/A/B.swift", "final class B: @unchecked Sendable {}"),
    ("banned_constructs", "Shared/A/B.swift", "nonisolated(unsafe) var count = 0"),
    ("banned_constructs", "Tests/A/B.swift", "let value = try! read()"),
    ("banned_constructs", "Shared/A/B.swift", "Task.detached { work() }"),
    ("banned_constructs", "Shared/A/B.swift", "    let pump = Task { work() }"),
    ("banned_constructs", "Shared/A/B.swift", "    self.pump = Task<Void, Never> { work() }"),
    ("banned_constructs", "Shared/A/B.swift", 'fatalError("no")'),
    ("banned_constructs", "Services/A/main.swift", 'print("started")'),
    ("banned_constructs", "Shared/A/B.swift", "@_silgen_name(\"x\") func x()"),
    ("banned_constructs", "Shared/A/B.swift", "public struct B {}"),
    ("banned_constructs", "Shared/A/B.swift", "// lint:allow try! because it is short\nfatalError()"),
    ("unfinished", "Shared/A/B.swift", "// " + "TODO: later"),
    ("unfinished", "deploy/x.sh", "# " + "FIXME"),
    ("sleeping_tests", "Tests/A/B.swift", "try await Task.sleep(for: .seconds(1))"),
    ("sleeping_tests", "Tests/A/B.swift", "usleep(1000)"),
    ("documented", "Shared/A/B.swift", "package struct B {}"),
    ("documented", "Shared/A/B.swift", "/// A.\npackage struct B {\n    package let x: Int\n}"),
    ("documented", "Services/A/B.swift", "// Not a doc comment.\n@discardableResult\npackage func b() -> Int { 1 }"),
    ("documented", "Shared/A/B.swift", "package init(a: Int) {\n    self.a = a\n    b = a\n}"),
    ("documented", "Shared/A/B.swift", "package init(a: Int) {\n    self.b = a\n}"),
    ("file_length", "Shared/A/B.swift", "\n" * 401),
    ("file_length", "Tests/A/B.swift", "\n" * 501),
    ("function_length", "Shared/A/B.swift", f"func long(a: Int) throws -> Int {{\n{LONG_BODY}\n}}"),
    ("function_length", "Shared/A/B.swift", f"init(a: [Int] = [], b: () -> Void = {{}}) {{\n{LONG_BODY}\n}}"),
    ("import_directions", "Services/A/B.swift", "import CPostgres"),
    ("import_directions", "Shared/Messaging/B.swift", "internal import CRabbitMQ"),
    ("import_directions", "Services/Webhook/B.swift", "import Checkout"),
    ("import_directions", "Shared/A/B.swift", "package import struct Refund.X"),
    ("vague_names", "Shared/A/StringUtils.swift", ""),
    ("vague_names", "Shared/A/PoolManager.swift", ""),
    ("machine_paths", "deploy/README.md", "see /home/" + "someone/payments"),
    ("machine_paths", "Shared/A/B.swift", 'let file = "/tmp' + '/payments"'),
]

# (rule that must stay silent, path, text)
GOOD: list[tuple[str, str, str]] = [
    ("banned_constructs", "Shared/A/B.swift", "// lint:allow fatalError because the pointer cannot be nil here\nfatalError()"),
    ("banned_constructs", "Shared/A/B.swift", 'let text = "try! \\(call("fatalError()"))" // print(x)'),
    ("banned_constructs", "Shared/A/B.swift", "let value = await Task { 1 }.value"),
    ("banned_constructs", "Shared/A/B.swift", "stream.print(text)"),
    ("unfinished", "Shared/A/B.swift", "let todo = 1"),
    ("sleeping_tests", "Shared/A/B.swift", "try await Task.sleep(for: .seconds(1))"),
    ("documented", "Shared/A/B.swift", "package import Models\n/// What it is.\n@frozen\npackage struct B {}"),
    ("documented", "Tests/A/B.swift", "package struct B {}"),
    ("file_length", "Tests/A/B.swift", "\n" * 450),
    ("function_length", "Shared/A/B.swift", "func short() {\n    let sql = \"\"\"\n{ {\n\"\"\"\n}\n" + LONG_BODY),
    ("function_length", "Shared/A/B.swift", f"protocol P {{\n    func a(b: Int) throws\n}}\nlet x = {{\n{LONG_BODY}\n}}"),
    ("import_directions", "Shared/Postgres/Pool/B.swift", "import CPostgres"),
    ("import_directions", "Tests/FlowTests/B.swift", "@testable import Checkout"),
    ("vague_names", "Shared/A/Score.swift", ""),
    ("machine_paths", "Shared/A/B.swift", 'let url = "https://a.example/home/x"'),
]


def failures(fired: Callable[[str, str], set[str]], rules: set[str]) -> list[str]:
    """What went wrong: a rule that misses its bad sample, one that fires at its good one, one that has no sample."""
    wrong = [f"does not fire: {rule} at {text!r}" for rule, path, text in BAD if rule not in fired(path, text)]
    wrong += [f"fires wrongly: {rule} at {text!r}" for rule, path, text in GOOD if rule in fired(path, text)]
    wrong += [f"has no sample: {rule}" for rule in rules if rule not in {rule for rule, _, _ in BAD} & {rule for rule, _, _ in GOOD}]
    return wrong

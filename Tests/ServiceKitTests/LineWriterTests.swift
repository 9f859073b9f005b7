import Foundation
import TestKit
import Testing

@testable import ServiceKit

@Suite("Lines on their way out")
struct LineWriterTests {
    /// A pipe, whose reading end is read only when asked.
    private struct Pipe {
        let reader: Int32
        let writer: Int32

        init() {
            var ends: [Int32] = [0, 0]
            pipe(&ends)
            (reader, writer) = (ends[0], ends[1])
        }

        func read(_ count: Int) -> String {
            var bytes = [UInt8](repeating: 0, count: count)
            let taken = Foundation.read(reader, &bytes, count)
            return String(decoding: bytes.prefix(max(0, taken)), as: UTF8.self)
        }
    }

    @Test("are written in their order, and at once where they are urgent")
    func order() async throws {
        let pipe = Pipe()
        let lines = LineWriter(descriptor: pipe.writer)
        for number in 0..<100 { lines.write(Array("line \(number)\n".utf8), isUrgent: false) }
        lines.write(Array("urgent\n".utf8), isUrgent: true)
        let text = pipe.read(100_000)
        #expect(text == (0..<100).map { "line \($0)\n" }.joined() + "urgent\n")
        lines.write(Array("later\n".utf8), isUrgent: false)
        #expect(pipe.read(100) == "later\n", "written without anybody asking for it")
    }

    @Test("are dropped and counted where nobody takes them, and whoever logs does not wait")
    func full() async throws {
        let pipe = Pipe()
        let lines = LineWriter(descriptor: pipe.writer, capacity: 1000)
        // A pipe holds 64 KiB; what is beyond that, and beyond what may wait, is dropped.
        let line = Array(String(repeating: "x", count: 99).utf8) + [UInt8(ascii: "\n")]
        for _ in 0..<2000 { lines.write(line, isUrgent: false) }
        #expect(lines.dropped > 0)
        var text = ""
        while !text.contains("dropped") { text += pipe.read(1_000_000) }
        #expect(text.contains(#""message":"log lines were dropped""#))
    }
}

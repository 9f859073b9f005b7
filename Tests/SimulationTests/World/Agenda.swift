/// What is still to come, by time, in the order in which it was put in where times are equal. Times are microseconds since 1970.
struct Agenda<Item: Sendable>: Sendable {
    private var heap: [(time: Int64, number: Int, item: Item)] = []
    private var count = 0

    var isEmpty: Bool { heap.isEmpty }
    /// When the next thing is.
    var next: Int64? { heap.first?.time }

    /// What the next thing is, if it is not after `time`.
    func upcoming(until time: Int64) -> Item? { heap.first.flatMap { $0.time <= time ? $0.item : nil } }

    mutating func add(_ item: Item, at time: Int64) {
        count += 1
        heap.append((time, count, item))
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func take() -> (time: Int64, item: Item)? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var parent = 0
        while let child = [2 * parent + 1, 2 * parent + 2].filter({ $0 < heap.count }).min(by: isBefore), isBefore(child, parent) {
            heap.swapAt(child, parent)
            parent = child
        }
        return (first.time, first.item)
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].number) < (heap[right].time, heap[right].number)
    }
}

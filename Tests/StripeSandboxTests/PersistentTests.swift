import Foundation
import Testing

@testable import StripeSandbox

@Suite("What is stored row by row")
struct PersistentTests {
    @Test("every list of the account is stored, each as a kind of its own")
    func complete() {
        let account = AccountFixture().account
        let lists = Mirror(reflecting: account).children.filter { $0.value is any Persistent }
        #expect(lists.count == AccountPart.all.count)
        #expect(Set(AccountPart.all.map(\.kind)).count == AccountPart.all.count)
    }

    @Test("a table comes back in its order, with its changes and without what was removed")
    func table() throws {
        var table = try Table<Product>([], JSONDecoder())
        for id in ["b", "a", "c", "d"] { table.insert(Self.product(id)) }
        table.remove("c")
        table["b"] = Self.product("b", name: "new")
        var again = try Self.restored(&table)
        #expect(again.ids == ["b", "a", "d"])
        #expect(again["b"]?.name == "new")
        again.insert(Self.product("e"))
        #expect(try again.takeRows("product", JSONEncoder()).map(\.place) == [5])
    }

    @Test("only what has changed since the last time is taken")
    func changes() throws {
        var table = try Table<Product>([], JSONDecoder())
        for id in ["a", "b"] { table.insert(Self.product(id)) }
        #expect(try table.takeRows("product", JSONEncoder()).count == 2)
        #expect(try table.takeRows("product", JSONEncoder()).isEmpty)
        table["b"] = Self.product("b", name: "new")
        #expect(try table.takeRows("product", JSONEncoder()).map(\.id) == ["b"])
    }

    @Test("what will fall due comes back in the order of its times")
    func agenda() throws {
        var agenda = try Agenda([], JSONDecoder())
        for (id, time) in [("late", 30), ("soon", 10), ("also soon", 10), ("next", 20)] { agenda.schedule(.finalize(id), at: time) }
        _ = agenda.pop()
        var again = try Self.restored(&agenda)
        again.schedule(.finalize("new"), at: 20)
        let expected = ["also soon", "next", "new", "late"].map { Agenda.Work.finalize($0) }
        #expect((1...4).compactMap { _ in again.pop()?.work } == expected)
        #expect(again.next == nil)
    }

    @Test("deliveries come back where they stood; one that was on its way goes again, one that was taken does not")
    func queue() throws {
        var queue = try WebhookQueue([], JSONDecoder())
        for id in ["taken", "on its way", "fresh"] { queue.add(id, at: 100) }
        queue.add("held", EventFate(behind: 5, heldSeconds: 50), at: 100)
        queue.add("delayed", EventFate(delay: 20), at: 100)
        #expect(queue.take(at: 100)?.eventID == "taken")
        queue.finish("taken", .delivered, at: 100)
        #expect(queue.take(at: 100)?.eventID == "on its way")
        var again = try Self.restored(&queue)
        #expect(again.undelivered == 4)
        #expect((1...3).compactMap { _ in again.take(at: 100)?.eventID } == ["on its way", "fresh"])
        #expect((1...2).compactMap { _ in again.take(at: 121)?.eventID } == ["delayed"])
        #expect(again.take(at: 151)?.eventID == "held")
    }

    private static func product(_ id: String, name: String = "old") -> Product {
        Product(id: id, created: 0, name: name, defaultPrice: nil)
    }

    /// What a database gives back after it was told all that has changed.
    private static func restored<Part: Persistent>(_ part: inout Part) throws -> Part {
        let rows = try part.takeRows("part", JSONEncoder()).filter { $0.body != nil }
        return try Part(rows.sorted { ($0.place, $0.id) < ($1.place, $1.id) }, JSONDecoder())
    }
}

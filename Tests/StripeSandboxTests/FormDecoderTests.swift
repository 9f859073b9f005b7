import Testing

@testable import StripeSandbox

@Suite("Form decoding")
struct FormDecoderTests {
    @Test(
        "text becomes nested parameters",
        arguments: [
            ("", "{}"),
            ("a=1", "{1:a=1:1}"),
            ("a=1&&b=", "{1:a=1:1,1:b=0:}"),
            ("a", "{1:a=0:}"),
            ("a+b=c%20d%C3%A9", "{3:a b=5:c dé}"),
            ("a[b]=1&a[c][d]=2", "{1:a={1:b=1:1,1:c={1:d=1:2}}}"),
            ("a[]=1&a[]=2", "{1:a=[1:1,1:2]}"),
            ("a[0][b]=1&a[1][b]=2", "{1:a={1:0={1:b=1:1},1:1={1:b=1:2}}}"),
            ("a[][b]=1&a[][c]=2&a[][b]=3", "{1:a=[{1:b=1:1,1:c=1:2},{1:b=1:3}]}"),
            ("a%5Bb%5D=1", "{1:a={1:b=1:1}}"),
            ("a=b=c", "{1:a=3:b=c}"),
        ])
    func decodes(_ text: String, _ expected: String) throws {
        #expect(FormValue.hash(try FormDecoder.decode(text)).canonical == expected)
    }

    @Test(
        "malformed text is refused",
        arguments: ["a[b=1", "[a]=1", "a[b]c=1", "a=1&a=2", "a=1&a[b]=2", "a[b]=1&a[]=2", "a=%zz", "a=%C3", "a[[b]]=1", "a=%"])
    func refuses(_ text: String) {
        #expect(throws: APIError.self) { try FormDecoder.decode(text) }
    }

    @Test("nesting beyond sixteen levels is refused")
    func refusesDepth() {
        #expect(throws: APIError.self) { try FormDecoder.decode("a" + String(repeating: "[b]", count: 5000) + "=1") }
    }

    @Test("an index map is a list in the order of its numbers")
    func indexedList() throws {
        let value = try FormDecoder.decode("a[10]=c&a[2]=b&a[0]=a")["a"]
        #expect(value?.elements == [.text("a"), .text("b"), .text("c")])
    }

    @Test("order of parameters does not change a request's fingerprint")
    func fingerprint() throws {
        let one = FormValue.hash(try FormDecoder.decode("b=2&a[x]=1&a[y]=2")).canonical
        #expect(one == FormValue.hash(try FormDecoder.decode("a[y]=2&a[x]=1&b=2")).canonical)
    }
}

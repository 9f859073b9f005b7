import Testing

@testable import Stripe

@Suite("A form for Stripe")
struct FormTests {
    @Test("nests names in brackets and keeps its order")
    func nesting() {
        var form = Form()
        form.set("price_1", at: "line_items", "0", "price")
        form.set(1, at: "line_items", "0", "quantity")
        form.set(true, at: "flag")
        form.set(false, at: "other")
        form.add(["a.b", "c"], to: "expand")
        #expect(
            form.encoded
                == "line_items%5B0%5D%5Bprice%5D=price_1&line_items%5B0%5D%5Bquantity%5D=1&flag=true&other=false&expand%5B%5D=a.b&expand%5B%5D=c"
        )
    }

    @Test("leaves nil out and sends the empty text")
    func empty() {
        var form = Form()
        #expect(form.isEmpty)
        form.set(nil as String?, at: "a")
        form.set(nil as Int?, at: "b")
        form.set(nil as Bool?, at: "c")
        form.add([], to: "d")
        #expect(form.isEmpty)
        form.set("", at: "cancel_at")
        #expect(form.encoded == "cancel_at=")
    }

    @Test(
        "escapes everything but letters, digits and -._~",
        arguments: [
            ("AZaz09-._~", "AZaz09-._~"), (" ", "%20"), ("+", "%2B"), ("a&b=c", "a%26b%3Dc"), ("%41", "%2541"), ("\r\n", "%0D%0A"),
            ("\u{0}", "%00"), ("ë", "%C3%AB"), ("😀", "%F0%9F%98%80"), ("[0]", "%5B0%5D"),
            ("{CHECKOUT_SESSION_ID}", "%7BCHECKOUT_SESSION_ID%7D"),
            ("*", "%2A"), ("https://a.b/c?d#e", "https%3A%2F%2Fa.b%2Fc%3Fd%23e"),
        ])
    func escaping(text: String, encoded: String) {
        var form = Form()
        form.set(text, at: "a")
        #expect(form.encoded == "a=\(encoded)")
    }

    @Test("lets no name break out of its brackets")
    func names() {
        var form = Form()
        form.set("v", at: "metadata", "a][b=c&d")
        #expect(form.encoded == "metadata%5Ba%5D%5Bb%3Dc%26d%5D=v")
    }
}

import Mustache

/// The hosted pages' HTML. Every value is escaped by the template engine.
struct PageTemplates: Sendable {
    private let pay: MustacheTemplate
    private let message: MustacheTemplate
    private let challenge: MustacheTemplate
    private let portal: MustacheTemplate

    init() throws {
        pay = try MustacheTemplate(string: Self.head + Self.payForm + Self.foot)
        message = try MustacheTemplate(string: Self.head + Self.notice + Self.foot)
        portal = try MustacheTemplate(string: Self.head + Self.portalForms + Self.foot)
        challenge = try MustacheTemplate(string: Self.head + Self.challengeForm + Self.foot)
    }

    /// A card form.
    func render(_ form: CardForm) -> String { pay.render(form) }

    /// The bank's question.
    func render(_ form: ChallengeForm) -> String { challenge.render(form) }

    /// The customer portal.
    func render(_ page: PortalPage) -> String { portal.render(page) }

    /// A page that says one thing, with an optional way on.
    func render(title: String, text: String, link: String? = nil) -> String {
        message.render(["title": title, "text": text, "link": link ?? ""])
    }

    private static let head = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{title}}</title>
        <style>
        body { font: 16px/1.5 system-ui, sans-serif; color: #1a1f36; background: #f6f8fa; margin: 0 }
        main { max-width: 26rem; margin: 3rem auto; padding: 2rem; background: #fff; border-radius: .5rem; box-shadow: 0 1px 4px #0002 }
        h1 { font-size: 1.25rem; margin: 0 0 .25rem }
        .amount { font-size: 2rem; font-weight: 600; margin: 0 0 1rem }
        label { display: block; margin: .75rem 0 .25rem; font-size: .875rem; font-weight: 600 }
        input, select { width: 100%; box-sizing: border-box; padding: .6rem; font: inherit; border: 1px solid #8792a2; border-radius: .3rem }
        .row { display: flex; gap: 1rem } .row div { flex: 1 }
        button { width: 100%; margin-top: 1.5rem; padding: .75rem; font: inherit; font-weight: 600; color: #fff; background: #0055de;
          border: 0; border-radius: .3rem; cursor: pointer }
        .error { padding: .75rem; color: #8c1d18; background: #fdecea; border-radius: .3rem }
        .note { font-size: .8rem; color: #4f566b }
        </style>
        </head>
        <body>
        <main>
        <p class="note">Test mode: no money moves.</p>
        <h1>{{title}}</h1>

        """

    private static let payForm = """
        <p class="amount">{{amount}}</p>
        <ul>{{#lines}}<li>{{.}}</li>{{/lines}}</ul>
        {{#error}}<p class="error" role="alert" id="error">{{.}}</p>{{/error}}
        <form method="post" action="{{action}}" autocomplete="off">
        {{#asksEmail}}
        <label for="email">Email</label>
        <input id="email" name="email" type="email" value="{{email}}" required>
        {{/asksEmail}}
        {{#asksAccount}}
        <label for="account">{{accountLabel}}</label>
        <input id="account" name="account" placeholder="{{accountExample}}">
        {{/asksAccount}}
        {{#asksCard}}
        <label for="card">Card number</label>
        <input id="card" name="card" inputmode="numeric" placeholder="4242 4242 4242 4242"{{#needsCard}} required{{/needsCard}}>
        <div class="row">
        <div><label for="expiry">Expiry (MM/YY)</label><input id="expiry" name="expiry" inputmode="numeric" placeholder="12/34"></div>
        <div><label for="cvc">Security code</label><input id="cvc" name="cvc" inputmode="numeric" placeholder="123"></div>
        </div>
        {{/asksCard}}
        {{#hasWallets}}
        <label for="wallet">Or pay with</label>
        <select id="wallet" name="wallet"><option value="">a card</option>
        {{#wallets}}<option value="{{value}}">{{name}}</option>{{/wallets}}</select>
        {{/hasWallets}}
        <label for="name">Name on card</label>
        <input id="name" name="name" value="{{name}}">
        <label for="postal_code">Postal code</label>
        <input id="postal_code" name="postal_code">
        {{#asksCode}}
        <label for="promotion_code">Promotion code</label>
        <input id="promotion_code" name="promotion_code">
        {{/asksCode}}
        <button type="submit">{{button}}</button>
        </form>
        {{#cancel}}<p><a href="{{.}}">Cancel and go back</a></p>{{/cancel}}

        """

    private static let challengeForm = """
        <p class="amount">{{amount}}</p>
        <p>Your bank wants to know that it is you who pays.</p>
        <form method="post" action="{{action}}">
        <button type="submit" name="outcome" value="complete">Complete authentication</button>
        <button type="submit" name="outcome" value="fail">Fail authentication</button>
        </form>

        """

    private static let portalForms = """
        <p class="note">{{email}}</p>
        {{#error}}<p class="error" role="alert" id="error">{{.}}</p>{{/error}}
        {{#plans}}
        <p class="amount">{{name}}</p>
        <p>{{amount}} per month, {{status}}{{#ending}}, ends on {{.}}{{/ending}}</p>
        <form method="post" action="{{action}}">
        <input type="hidden" name="subscription" value="{{subscription}}">
        {{#canCancel}}<button type="submit" name="action" value="cancel">Cancel {{name}}</button>{{/canCancel}}
        {{^canCancel}}<button type="submit" name="action" value="reactivate">Keep {{name}}</button>{{/canCancel}}
        </form>
        {{#others}}
        <form method="post" action="{{action}}">
        <input type="hidden" name="subscription" value="{{subscription}}">
        <input type="hidden" name="price" value="{{price}}">
        <button type="submit" name="action" value="change">Change to {{label}}</button>
        </form>
        {{/others}}
        {{/plans}}
        <form method="post" action="{{action}}" autocomplete="off">
        <label for="card">New card number</label>
        <input id="card" name="card" inputmode="numeric" placeholder="4242 4242 4242 4242" required>
        <button type="submit" name="action" value="card">Replace card</button>
        </form>
        {{#link}}<p><a href="{{.}}">Go back</a></p>{{/link}}

        """

    private static let notice = """
        <p>{{text}}</p>
        {{#link}}<p><a href="{{.}}">Go back</a></p>{{/link}}

        """

    private static let foot = """
        </main>
        </body>
        </html>
        """
}

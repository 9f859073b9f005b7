/// The HTML of the page at `/_sandbox`. Every value is escaped by the template engine.
enum ConsoleTemplate {
    static let text = head + clock + chaos + account + deliveries + foot

    private static let head = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Stripe sandbox</title>
        <style>
        body { font: 15px/1.5 system-ui, sans-serif; color: #1a1f36; background: #f6f8fa; margin: 0 }
        main { max-width: 70rem; margin: 0 auto; padding: 1.5rem }
        section { background: #fff; padding: 1rem 1.5rem; margin: 1rem 0; border-radius: .5rem; overflow-x: auto;
          box-shadow: 0 1px 4px #0002 }
        h1 { font-size: 1.4rem } h2 { font-size: 1.05rem; margin: 0 0 .5rem }
        table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top }
        th { font-size: .8rem; color: #4f566b } td { border-top: 1px solid #e3e8ee; font-size: .85rem }
        form { display: inline } button { font: inherit; padding: .3rem .8rem; margin: .2rem .3rem .2rem 0; cursor: pointer }
        dl { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: 0 } dl div { display: flex; gap: .4rem }
        dd { margin: 0; font-weight: 600 }
        </style>
        </head>
        <body>
        <main>
        <h1>Stripe sandbox</h1>
        <dl>{{#totals}}<div><dt>{{name}}</dt><dd>{{number}}</dd></div>{{/totals}}</dl>

        """

    private static let clock = """
        <section>
        <h2>Clock</h2>
        <p id="time">{{time}} {{#isFrozen}}(stands still){{/isFrozen}}{{^isFrozen}}(runs){{/isFrozen}}</p>
        <form method="post" action="/_sandbox/console/advance">
        <button name="to" value="3600">One hour on</button>
        <button name="to" value="86400">One day on</button>
        <button name="to" value="2678400">31 days on</button>
        <button name="to" value="next">To the next thing that falls due</button>
        </form>
        <form method="post" action="/_sandbox/console/clock">
        {{#isFrozen}}<button name="to" value="run">Let it run</button>{{/isFrozen}}
        {{^isFrozen}}<button name="to" value="stand">Stop it</button>{{/isFrozen}}
        </form>
        </section>

        """

    private static let chaos = """
        <section>
        <h2>Chaos</h2>
        <p>Seed {{seed}}. {{#isChaotic}}On.{{/isChaotic}}{{^isChaotic}}Off.{{/isChaotic}}</p>
        <form method="post" action="/_sandbox/console/chaos">
        {{#isChaotic}}<button name="to" value="off">Switch off</button>{{/isChaotic}}
        {{^isChaotic}}<button name="to" value="on">Switch on</button>{{/isChaotic}}
        </form>
        <dl>{{#mishaps}}<div><dt>{{name}}</dt><dd>{{number}}</dd></div>{{/mishaps}}</dl>
        <h2>Ordered faults</h2>
        <dl>{{#faults}}<div><dt>{{name}}</dt><dd>{{number}}</dd></div>{{/faults}}</dl>
        {{^faults}}<p>None.</p>{{/faults}}
        <form method="post" action="/_sandbox/console/faults"><button name="to" value="none">Take them back</button></form>
        </section>

        """

    private static let account = """
        <section>
        <h2>Customers</h2>
        <table><tr><th>Id</th><th>Name</th><th>Email</th><th>Subscriptions</th><th>Collected</th></tr>
        {{#customers}}
        <tr><td>{{id}}</td><td>{{name}}</td><td>{{email}}</td><td>{{subscriptions}}</td><td>{{collected}}</td></tr>
        {{/customers}}
        </table>
        </section>
        <section>
        <h2>Subscriptions</h2>
        <table><tr><th>Id</th><th>Customer</th><th>Plan</th><th>Status</th><th>Until</th></tr>
        {{#subscriptions}}
        <tr><td>{{id}}</td><td>{{customer}}</td><td>{{plan}}</td><td>{{status}}</td><td>{{until}}</td></tr>
        {{/subscriptions}}
        </table>
        </section>

        """

    private static let deliveries = """
        <section>
        <h2>Deliveries</h2>
        <form method="post" action="/_sandbox/console/webhooks">
        {{#isPaused}}<button name="to" value="send">Let events go</button>{{/isPaused}}
        {{^isPaused}}<button name="to" value="hold">Hold events back</button>{{/isPaused}}
        </form>
        <table><tr><th>Endpoint</th><th>Undelivered</th><th>Last error</th></tr>
        {{#endpoints}}
        <tr><td>{{url}}</td><td>{{undelivered}}</td><td>{{lastError}}</td></tr>
        {{/endpoints}}
        </table>
        </section>
        <section>
        <h2>Events</h2>
        <table><tr><th>Id</th><th>Type</th><th>Made</th><th></th></tr>
        {{#events}}
        <tr><td>{{id}}</td><td>{{type}}</td><td>{{at}}</td><td>{{pending}}</td></tr>
        {{/events}}
        </table>
        </section>

        """

    private static let foot = """
        </main>
        </body>
        </html>
        """
}

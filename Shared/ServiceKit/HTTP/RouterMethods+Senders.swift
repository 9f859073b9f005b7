package import Hummingbird
import Messaging

extension RouterMethods<APIContext> {
    /// Routes for which a valid token is needed, with the sender in their context; everybody else gets 401.
    package func customer(_ path: RouterPath = "", _ authenticator: Authenticator) -> RouterGroup<CustomerContext> {
        identified(path, authenticator, as: .user).group(context: CustomerContext.self)
    }

    /// Routes for admins only; no token gets 401, a customer's or an old one 403.
    package func admin(_ path: RouterPath = "", _ authenticator: Authenticator) -> RouterGroup<AdminContext> {
        identified(path, authenticator, as: .admin).group(context: AdminContext.self)
    }

    private func identified(
        _ path: RouterPath, _ authenticator: Authenticator, as kind: Acting.Kind
    ) -> RouterGroup<IdentifiedContext> {
        group(path, context: IdentifiedContext.self).add(middleware: Authentication(authenticator: authenticator, kind: kind))
    }
}

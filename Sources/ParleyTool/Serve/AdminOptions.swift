import Admin
import ArgumentParser
import Foundation

/// Where a service is watched and asked.
struct AdminOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Serve /metrics, /healthz and /readyz here; a port alone is on loopback.", valueName: "host:port"))
    var metrics: AdminServer.Endpoint?

    @Option(
        help: ArgumentHelp(
            "Serve contexts, recordings and live facts here, with TLS and a token.", valueName: "host:port"))
    var api: AdminServer.Endpoint?

    @Option(help: ArgumentHelp("The certificate of --api, PEM, its chain behind it.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("The key of the certificate, PEM.", valueName: "file"))
    var privateKey: String?

    @Option(
        help: ArgumentHelp(
            "Who may use --api: a name for the audit log and where the token is; may be given again.",
            valueName: "name=env:NAME|file:PATH"))
    var token: [AdminServer.Token] = []

    @Option(
        help: ArgumentHelp(
            "The Unix socket for 'parley calls', or none; beside the user's other sockets when left out.",
            valueName: "path"))
    var adminSocket: String?

    func validate() throws {
        guard api != nil else { return }
        if certificate == nil || privateKey == nil {
            throw ValidationError("--api needs --certificate and --private-key; it is not served in the clear")
        }
        if token.isEmpty { throw ValidationError("--api needs a --token, such as --token crm=env:CRM_TOKEN") }
    }

    var configuration: AdminServer.Configuration {
        var configuration = AdminServer.Configuration()
        configuration.metrics = metrics
        configuration.api = api
        configuration.certificate = certificate
        configuration.privateKey = privateKey
        configuration.tokens = token
        configuration.socket = adminSocket ?? AdminClient.standardSocket(ProcessInfo.processInfo.environment)
        if adminSocket == "none" { configuration.socket = nil }
        return configuration
    }
}

extension AdminServer.Endpoint: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension AdminServer.Token: ExpressibleByArgument {
    package init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[1].hasPrefix("env:") || parts[1].hasPrefix("file:") else { return nil }
        self.init(name: parts[0], place: parts[1])
    }
}

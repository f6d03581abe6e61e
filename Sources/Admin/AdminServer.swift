import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
import NIOSSL
package import Records
import Synchronization
package import Telephony

/// Serves the HTTP interface on the Unix socket and, with TLS, on a port; metrics and health on another.
package struct AdminServer: Sendable {
    /// Where it serves what. Nothing is served where nothing is said.
    package struct Configuration: Sendable, Equatable {
        /// Metrics and health in the clear: who reads them learns counts alone.
        package var metrics: Endpoint?
        /// The interface to records, with TLS and a token.
        package var api: Endpoint?
        /// Of TLS: PEM files.
        package var certificate: String?
        package var privateKey: String?
        /// Names of holders, each with the place of their token, `env:NAME` or `file:PATH`.
        package var tokens: [Token] = []
        /// The path of the Unix socket that serves the interface to the user who runs Parley.
        package var socket: String?
        /// Where the interface is reached from outside, `https://…`: with it agents are given links to contexts.
        package var links: String?
        /// Where the secret is that links are signed with, `env:NAME` or `file:PATH`; without it they end with the
        /// process, and hold on this node alone.
        package var linksKey: String?
        /// How long such a link holds.
        package var linkLifetime = Interval.seconds(300)

        package init() {}
    }

    package struct Token: Sendable, Equatable {
        package var name: String
        package var place: String

        package init(name: String, place: String) {
            self.name = name
            self.place = place
        }
    }

    /// A host and a port to listen on.
    package struct Endpoint: Sendable, Equatable, CustomStringConvertible {
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

        /// Reads `HOST:PORT` or `PORT`, which is on loopback.
        package init?(_ text: String) {
            let colon = text.lastIndex(of: ":")
            let digits = colon.map { text[text.index(after: $0)...] } ?? text[...]
            guard let port = Int(digits), (0...65_535).contains(port) else { return nil }
            var host = colon.map { String(text[..<$0]) } ?? "127.0.0.1"
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            guard !host.isEmpty else { return nil }
            self.init(host: host, port: port)
        }
    }

    /// What health and metrics say.
    package struct Health: Sendable {
        package var metrics: @Sendable () -> PrometheusText
        /// Why no new calls are taken, a sentence each; empty when they are.
        package var problems: @Sendable () -> [String]
        /// What somebody should look at although calls are taken, a sentence each.
        package var warnings: @Sendable () -> [String]

        package init(
            metrics: @escaping @Sendable () -> PrometheusText, problems: @escaping @Sendable () -> [String],
            warnings: @escaping @Sendable () -> [String] = { [] }
        ) {
            self.metrics = metrics
            self.problems = problems
            self.warnings = warnings
        }
    }

    private let configuration: Configuration
    private let api: AdminAPI
    private let health: Health
    private let credentials: APICredentials
    private let logger: Logger

    /// Reads tokens and certificates.
    ///
    /// - Throws: `RecordsError` when something is missing, in a sentence.
    package init(
        _ configuration: Configuration, sources: AdminAPI.Sources, health: Health,
        links: ContextLinks = ContextLinks(), logger: Logger
    ) throws(RecordsError) {
        self.configuration = configuration
        self.health = health
        let credentials = try APICredentials(configuration)
        self.credentials = credentials
        api = AdminAPI(sources, holder: { credentials.holder(of: $0) }, links: links)
        // The server's own log has requests' paths in it, and those have identifiers.
        var quiet = logger
        quiet.logLevel = .critical
        self.logger = quiet
    }

    /// Reads certificate and tokens again. Where it serves stays as it is.
    ///
    /// - Returns: what takes them into force.
    /// - Throws: `RecordsError` when something is missing, in a sentence; then nothing changes.
    package func reread(_ configuration: Configuration) throws(RecordsError) -> @Sendable () -> Void {
        var wanted = configuration
        // What is not served cannot begin to be without a restart.
        if self.configuration.api == nil { wanted.api = nil }
        let reading = try APICredentials.read(wanted)
        return { [credentials] in credentials.apply(reading) }
    }

    /// Serves until the task is cancelled. A place that cannot be served keeps no other from it.
    ///
    /// - Parameters:
    ///   - isListening: told of every place, by name, once it is served.
    ///   - failed: told why a place is not served, in a sentence.
    package func run(
        isListening: @escaping @Sendable (String) -> Void = { _ in },
        failed: @escaping @Sendable (String) -> Void = { _ in }
    ) async {
        await withTaskGroup(of: Void.self) { group in
            @Sendable func attempt(_ serve: @Sendable () async throws -> Void) async {
                do { try await serve() } catch is CancellationError {} catch { failed("\(error)") }
            }
            if let endpoint = configuration.metrics {
                group.addTask {
                    await attempt {
                        try await serve(HealthResponder(health: health), at: endpoint, "http", isListening)
                    }
                }
            }
            if let endpoint = configuration.api, let tls = credentials.tls {
                let responder = APIResponder(api: api, user: nil)
                group.addTask { await attempt { try await serve(responder, at: endpoint, "https", isListening, tls) } }
            }
            if let path = configuration.socket {
                group.addTask { await attempt { try await serveSocket(path, isListening) } }
            }
        }
    }

    private func serve(
        _ responder: some HTTPResponder<BasicRequestContext>, at endpoint: Endpoint, _ scheme: String,
        _ isListening: @escaping @Sendable (String) -> Void, _ tls: TLSConfiguration? = nil
    ) async throws {
        let server: HTTPServerBuilder = if let tls { try .tls(tlsConfiguration: tls) } else { .http1() }
        let application = Application(
            responder: responder, server: server,
            configuration: ApplicationConfiguration(address: .hostname(endpoint.host, port: endpoint.port)),
            onServerRunning: { channel in
                isListening("\(scheme)://\(endpoint.host):\(channel.localAddress?.port ?? endpoint.port)")
            }, logger: logger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw RecordsError(
                "\(endpoint.host):\(endpoint.port) cannot be listened on: \(String(cString: strerror(error.errnoCode))); give it another address or port"
            )
        }
    }

    /// Whether somebody listens on a Unix socket: one that a killed process left behind refuses.
    private static func isServed(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let octets = Array(path.utf8)
        guard octets.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: octets) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// Binds in a folder that nobody else may enter, and moves the socket to its place when its mode is right: at no time
    /// can anybody else connect.
    private func serveSocket(_ path: String, _ isListening: @escaping @Sendable (String) -> Void) async throws {
        let folder = path + ".new"
        let place = folder + "/s"
        guard place.utf8.count < 104 else {
            throw RecordsError("\(path): the path of a Unix socket has at most 97 characters")
        }
        guard !AdminServer.isServed(path) else {
            throw RecordsError("\(path): another Parley listens there; give one of the two another --admin-socket")
        }
        try? FileManager.default.removeItem(atPath: folder)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw RecordsError("\(path): the Unix socket cannot be made: \(error.localizedDescription)")
        }
        defer { unlink(path) }
        let application = Application(
            responder: APIResponder(api: api, user: "socket"),
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: place)),
            onServerRunning: { _ in
                guard chmod(place, 0o600) == 0, rename(place, path) == 0 else { return }
                rmdir(folder)
                isListening("unix:\(path)")
            }, logger: logger)
        try await application.run()
    }
}

/// Metrics and health.
private struct HealthResponder: HTTPResponder {
    typealias Context = BasicRequestContext
    let health: AdminServer.Health

    func respond(to request: Hummingbird.Request, context: Context) async throws -> Response {
        guard request.method == .get || request.method == .head else { return .text(.methodNotAllowed, "GET only\n") }
        switch request.uri.path {
        case "/metrics": return .text(.ok, health.metrics().text, PrometheusText.mediaType)
        case "/healthz": return .text(.ok, "ok\n")
        case "/readyz":
            let problems = health.problems()
            guard !problems.isEmpty else {
                return .text(.ok, "ready\n" + health.warnings().map { "warning: \($0)\n" }.joined())
            }
            return .text(.serviceUnavailable, problems.map { $0 + "\n" }.joined())
        default: return .text(.notFound, "there is /metrics, /healthz and /readyz\n")
        }
    }
}

/// The interface to calls and records.
private struct APIResponder: HTTPResponder {
    typealias Context = BasicRequestContext
    /// Subscribers of facts at a time.
    private static let mostSubscribers = 64
    private static let subscribers = Atomic<Int>(0)

    let api: AdminAPI
    let user: String?

    func respond(to request: Hummingbird.Request, context: Context) async throws -> Response {
        let bearer = request.headers[.authorization].flatMap { value in
            value.lowercased().hasPrefix("bearer ") ? String(value.dropFirst(7)) : nil
        }
        var query: [String: String] = [:]
        for (name, value) in request.uri.queryParameters { query[String(name)] = String(value) }
        let lastEventID = request.headers.first { $0.name.canonicalName == "last-event-id" }.flatMap { Int64($0.value) }
        let asked = AdminAPI.Request(
            request.method.rawValue, request.uri.path, query: query, token: bearer, lastEventID: lastEventID)
        return response(api.answer(to: asked, from: user))
    }

    private func response(_ answer: AdminAPI.Answer) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = answer.mediaType
        headers[.cacheControl] = "no-store"
        if answer.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        let status = HTTPResponse.Status(code: answer.status)
        switch answer.body {
        case .octets(let octets):
            return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: octets)))
        case .facts(let subscription):
            let count = APIResponder.subscribers.add(1, ordering: .relaxed).newValue
            guard count <= APIResponder.mostSubscribers else {
                APIResponder.subscribers.subtract(1, ordering: .relaxed)
                return .text(.serviceUnavailable, "there are too many subscribers\n")
            }
            return Response(status: status, headers: headers, body: APIResponder.stream(subscription))
        }
    }

    /// Facts until the subscriber goes. A comment now and then shows both sides that the other is there.
    private static func stream(_ subscription: FactSubscription) -> ResponseBody {
        ResponseBody { writer in
            defer { subscribers.subtract(1, ordering: .relaxed) }
            var subscription = subscription
            var quiet = 0
            try await writer.write(ByteBuffer(string: ": facts\n\n"))
            while !Task.isCancelled {
                if let text = try subscription.next() {
                    if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
                    continue
                }
                quiet += 1
                if quiet.isMultiple(of: 100) { try await writer.write(ByteBuffer(string: ": still here\n\n")) }
                try await Task.sleep(for: .milliseconds(100))
            }
            try await writer.finish(nil)
        }
    }
}

extension Response {
    fileprivate static func text(
        _ status: HTTPResponse.Status, _ text: String, _ mediaType: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: mediaType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

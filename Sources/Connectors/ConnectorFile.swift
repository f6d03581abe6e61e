package import Documents
import Formula
import Foundation
package import Records
import Telephony
import Yams

/// Reads the document that says where contexts go: `connectors`, a list; each with a name, a kind and what that kind
/// takes. All mistakes are said at once, with file and line; formulas are checked before the first call.
package enum ConnectorFile {
    package enum Kind: String, CaseIterable {
        case webhook, folder, dataverse, salesforce
    }

    /// What a document says.
    package struct Reading {
        /// Empty when there are errors.
        package var destinations: [any DeliveryDestination] = []
        package var diagnostics: [Documents.Diagnostic] = []
        /// Who is told of facts as they happen.
        package var subscribers: [any FactSubscriber] = []
        /// How callers are looked up; `nil` when nobody is.
        package var search: CallerSearch?
        /// Who is asked where callers go; `nil` when nobody is.
        package var router: CallRouter?

        /// The first connector that looks callers up.
        package var directory: (any CallerDirectory)? {
            destinations.lazy.compactMap { $0 as? any CallerDirectory }.first
        }
    }

    /// Reads a file.
    ///
    /// - Parameter readsSecrets: whether the secrets that it names have to be there; a check does not need them.
    package static func read(_ path: String, readsSecrets: Bool = true) -> Reading {
        let collector = DiagnosticCollector()
        guard let data = FileManager.default.contents(atPath: path) else {
            return Reading(diagnostics: [
                Documents.Diagnostic(
                    file: path, line: 0, column: 0, message: "there is no such file, or it cannot be read")
            ])
        }
        var reading = Reading()
        do {
            let document = try YAMLDocument(String(decoding: data, as: UTF8.self), file: path)
            var reader = Reader(file: path, collector: collector, readsSecrets: readsSecrets)
            reading = reader.read(document.root)
        } catch {
            collector.add(error)
        }
        reading.diagnostics = collector.diagnostics.sorted()
        if collector.hasErrors {
            reading.destinations = []
            reading.search = nil
            reading.router = nil
            reading.subscribers = []
        }
        return reading
    }
}

/// Reads the members of the document.
private struct Reader {
    let file: String
    let collector: DiagnosticCollector
    let readsSecrets: Bool
    private var names: Set<String> = []

    init(file: String, collector: DiagnosticCollector, readsSecrets: Bool) {
        self.file = file
        self.collector = collector
        self.readsSecrets = readsSecrets
    }

    mutating func read(_ root: Node) -> ConnectorFile.Reading {
        guard var map = MappingReader(root, "a file of connectors", file: file, collector: collector) else {
            return ConnectorFile.Reading()
        }
        let list = map.list("connectors")
        let callers = map.value("callers")
        let facts = map.list("facts")
        let router = map.value("router")
        map.refuseOthers()
        var reading = ConnectorFile.Reading()
        reading.destinations = list.compactMap { connector($0) }
        reading.search = callers.flatMap { search($0, reading.destinations) }
        reading.subscribers = facts.compactMap { subscriber($0) }
        reading.router = router.flatMap { self.router($0) }
        return reading
    }

    private enum Order: String, CaseIterable { case first, last }

    /// `router`: the service that says where callers go, before or after the own queues, and within how many seconds.
    private func router(_ node: Node) -> CallRouter? {
        guard var map = MappingReader(node, "'router'", file: file, collector: collector) else { return nil }
        let url = url("url", &map)
        let order = map.word("asked", of: Order.self)
        let seconds = map.number("within", in: 0.05...30)
        let headers = map.members("headers").map { (name: $0.name, value: secretValue($0.value.string ?? "", &map)) }
        map.refuseOthers()
        guard let url else { return nil }
        return CallRouter(
            url: url, headers: headers, isAskedFirst: order != .last,
            timeout: seconds.map { Interval(nanoseconds: Int64($0 * 1_000_000_000)) } ?? CallRouter.standardTimeout)
    }

    /// One of `facts`: an address that is told of facts as they happen.
    private mutating func subscriber(_ node: Node) -> FactWebhook? {
        guard var map = MappingReader(node, "a subscriber of facts", file: file, collector: collector),
            let name = map.requiredString("name")
        else { return nil }
        if !names.insert(name).inserted { map.complain("there are two connectors named '\(name)'") }
        let url = url("url", &map)
        let secret = map.value("secret") == nil ? nil : self.secret("secret", &map)
        let events = map.value("events") == nil ? nil : map.list("events")
        for event in events ?? [] where !CallEventBody.names.contains(event.string ?? "") {
            map.complain("there is no event '\(event.string ?? "")'; 'parley schema event' lists them", at: event)
        }
        map.refuseOthers()
        guard let url else { return nil }
        return FactWebhook(name: name, url: url, events: events.map { Set($0.compactMap(\.string)) }, secret: secret)
    }

    /// `callers`: which connector knows them, by what, and within how many seconds.
    private func search(_ node: Node, _ destinations: [any DeliveryDestination]) -> CallerSearch? {
        guard var map = MappingReader(node, "'callers'", file: file, collector: collector) else { return nil }
        let name = map.requiredString("connector")
        let keys = map.list("by").compactMap { node -> CallerSearch.Key? in
            let key = node.string.flatMap { CallerSearch.Key($0) }
            if key == nil {
                map.complain(
                    "a caller is looked up by number, called, user-to-user or a header that begins with x-", at: node)
            }
            return key
        }
        let seconds = map.number("within", in: 0.05...30)
        map.refuseOthers()
        guard let name else { return nil }
        if !names.contains(name) {
            map.complain("'callers' names the connector '\(name)', which is not in this file", at: node)
        }
        guard let destination = destinations.first(where: { $0.name == name }) else { return nil }
        guard let directory = destination as? any CallerDirectory else {
            map.complain("the connector '\(name)' looks nobody up; dataverse and salesforce do", at: node)
            return nil
        }
        return CallerSearch(
            directory, by: keys.isEmpty ? [.number] : keys,
            limit: seconds.map { Interval(nanoseconds: Int64($0 * 1_000_000_000)) } ?? CallerSearch.standardLimit)
    }

    private mutating func connector(_ node: Node) -> (any DeliveryDestination)? {
        guard var map = MappingReader(node, "a connector", file: file, collector: collector),
            let name = map.requiredString("name")
        else { return nil }
        if !names.insert(name).inserted { map.complain("there are two connectors named '\(name)'") }
        guard let kind = map.word("kind", of: ConnectorFile.Kind.self) else {
            if map.value("kind") == nil { map.complain("a connector needs 'kind'") }
            return nil
        }
        let connector: (any DeliveryDestination)? =
            switch kind {
            case .webhook: webhook(name, &map)
            case .folder: map.requiredString("folder").map { FolderConnector(name: name, folder: $0) }
            case .dataverse: dataverse(name, &map)
            case .salesforce: salesforce(name, &map)
            }
        map.refuseOthers()
        return connector
    }

    private enum BodyFormat: String, CaseIterable { case vcon, json }

    private func webhook(_ name: String, _ map: inout MappingReader) -> (any DeliveryDestination)? {
        let format = map.word("format", of: BodyFormat.self) ?? .json
        let fields = mapping(&map)
        if format == .vcon, fields != nil { map.complain("a vCon has no 'fields'; leave out one of the two") }
        let secret = map.value("secret") == nil ? nil : self.secret("secret", &map)
        let headers = map.members("headers").map { (name: $0.name, value: secretValue($0.value.string ?? "", &map)) }
        guard let url = url("url", &map) else { return nil }
        return WebhookConnector(
            name: name, url: url, body: format == .vcon ? .vCon : .json(fields), moments: moments(&map),
            secret: secret, headers: headers)
    }

    private func moments(_ map: inout MappingReader) -> [CallMoment] {
        guard map.value("moments") != nil else { return [.ended] }
        return map.list("moments").compactMap { node in
            let moment = node.string.flatMap { CallMoment(rawValue: $0) }
            if moment == nil { map.complain("a moment is one of began, transferred, ended", at: node) }
            return moment
        }.sorted()
    }

    private func dataverse(_ name: String, _ map: inout MappingReader) -> (any DeliveryDestination)? {
        let url = url("url", &map)
        let tenant = map.string("tenant")
        let explicit = map.value("tokenURL") == nil ? nil : self.url("tokenURL", &map)
        if tenant == nil, explicit == nil { map.complain("a dataverse connector needs 'tenant'") }
        let tokenURL =
            explicit ?? "https://login.microsoftonline.com/\((tenant ?? "").percentEncoded)/oauth2/v2.0/token"
        let clientID = map.requiredString("clientID")
        let clientSecret = secret("clientSecret", &map)
        let table = map.word("caller", of: DataverseConnector.CallerTable.self)
        let key = map.string("key")
        let incident = formula("incident", &map)
        let fields = mapping(&map)
        guard let url, let clientID, let clientSecret else { return nil }
        var configuration = DataverseConnector.Configuration(
            url: url, tokenURL: tokenURL, clientID: clientID, clientSecret: clientSecret)
        if let table { configuration.callerTable = table }
        if let key { configuration.key = key }
        configuration.incident = incident
        configuration.mapping = fields ?? FieldMapping([])
        return DataverseConnector(name: name, configuration)
    }

    private enum SalesforceObject: String, CaseIterable {
        case task = "Task"
        case voiceCall = "VoiceCall"
    }

    private func salesforce(_ name: String, _ map: inout MappingReader) -> (any DeliveryDestination)? {
        let login = map.value("loginURL") == nil ? "https://login.salesforce.com" : url("loginURL", &map)
        let clientID = map.requiredString("clientID")
        let user = map.requiredString("user")
        let key = secret("privateKey", &map)
        let object: SalesforceConnector.Object?
        switch map.word("object", of: SalesforceObject.self) ?? .task {
        case .task: object = .task(externalID: map.string("externalID") ?? "Parley_Call_Key__c")
        case .voiceCall:
            let url = url("telephonyURL", &map)
            let center = map.requiredString("callCenter")
            let provider = map.requiredString("provider")
            let organization = map.requiredString("organization")
            object =
                if let url, let center, let provider, let organization {
                    .voiceCall(
                        .init(url: url, callCenter: center, providerName: provider, organization: organization))
                } else { nil }
        }
        let fields = mapping(&map)
        guard let login, let clientID, let user, let key, let object else { return nil }
        var configuration = SalesforceConnector.Configuration(
            loginURL: login, clientID: clientID, user: user, privateKey: key)
        configuration.object = object
        configuration.mapping = fields ?? FieldMapping([])
        guard readsSecrets else { return nil }
        do throws(RecordsError) {
            return try SalesforceConnector(name: name, configuration)
        } catch {
            map.complain(error.description, at: map.value("privateKey"))
            return nil
        }
    }

    /// An address: HTTPS, or HTTP to this machine alone.
    private func url(_ name: String, _ map: inout MappingReader) -> String? {
        guard let text = map.requiredString(name) else { return nil }
        let node = map.value(name)
        guard let components = URLComponents(string: text), let host = components.host, !host.isEmpty else {
            map.complain("'\(name)' is an address such as https://crm.example.com", at: node)
            return nil
        }
        let isLocal = ["127.0.0.1", "localhost", "[::1]", "::1"].contains(host)
        guard components.scheme == "https" || components.scheme == "http" && isLocal else {
            map.complain(
                "'\(name)' begins with https://; a context does not go over the network in the clear", at: node)
            return nil
        }
        if components.user != nil || components.password != nil {
            map.complain("'\(name)' holds no user or password; name a secret in 'headers' instead", at: node)
            return nil
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private func secret(_ name: String, _ map: inout MappingReader) -> Redacted<String>? {
        guard let place = map.requiredString(name) else { return nil }
        return secret(at: place, name, map.value(name), map)
    }

    private func secret(
        at place: String, _ name: String, _ node: Node?, _ map: MappingReader
    ) -> Redacted<String>? {
        guard place.hasPrefix("env:") || place.hasPrefix("file:") else {
            map.complain("'\(name)' names its secret by env:NAME or file:PATH, and never holds it", at: node)
            return nil
        }
        guard readsSecrets else { return Redacted("") }
        do throws(RecordsError) {
            return Redacted(try Secret.read(place, for: "'\(name)'"))
        } catch {
            map.complain(error.description, at: node)
            return nil
        }
    }

    /// The value of a header: a secret by its place, or a text.
    private func secretValue(_ text: String, _ map: inout MappingReader) -> Redacted<String> {
        guard text.hasPrefix("env:") || text.hasPrefix("file:") else { return Redacted(text) }
        return secret(at: text, "headers", map.value("headers"), map) ?? Redacted("")
    }

    private func mapping(_ map: inout MappingReader) -> FieldMapping? {
        guard map.value("fields") != nil else { return nil }
        var fields: [FieldMapping.Field] = []
        for (name, node) in map.members("fields") {
            guard let formula = formula(node, "'\(name)'", map) else { continue }
            fields.append(.init(name: name, formula: formula))
        }
        return FieldMapping(fields)
    }

    private func formula(_ name: String, _ map: inout MappingReader) -> Formula.Expression? {
        guard let node = map.value(name) else { return nil }
        return formula(node, "'\(name)'", map)
    }

    /// A formula when it begins with an equals sign, a text otherwise.
    private func formula(_ node: Node, _ what: String, _ map: MappingReader) -> Formula.Expression? {
        guard case .scalar(let scalar) = node else {
            map.complain("\(what) is a formula such as =Context.from", at: node)
            return nil
        }
        guard scalar.string.hasPrefix("=") else { return Formula.Expression(literal: scalar.string) }
        do {
            let expression = try Formula.Expression(scalar.string)
            let mistakes = expression.check(ContextScope.problem)
            for mistake in mistakes { map.complain("\(what): \(mistake.message)", at: node) }
            return mistakes.isEmpty ? expression : nil
        } catch {
            map.complain("\(what): \(error.message)", at: node)
            return nil
        }
    }
}

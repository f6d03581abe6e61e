package import CallFlow
package import Documents
import Formula
import Foundation
import Telephony
import Yams

/// Reads an agent folder as Copilot Studio's tools write it.
///
/// | file | what is read |
/// |---|---|
/// | `agent.mcs.yml`, `settings.mcs.yml` | language, speech and IVR settings |
/// | `topics/*` | topics |
/// | `actions/*` | tools; those that call a flow are topics that others can begin |
/// | `entities/*` | closed lists and regular expressions that questions refer to |
/// | `variables/*` | global variables with their defaults |
/// | `environmentVariables/*` | environment variables |
/// | `agents/NAME/*` | a child agent: its topics are topics of the agent |
/// | `parley.yml` | what Parley alone needs: addresses of flows, values of environment variables |
///
/// Files end in `.mcs.yml`, `.mcs.yaml`, `.yml` or `.yaml`.
package enum AgentFolder {
    /// What came of reading a folder.
    package struct Reading {
        /// The agent; `nil` when there is an error among the diagnostics.
        package var agent: Agent?
        /// The agent as far as it could be read, for checks; `nil` when there is no folder.
        package var partial: Agent?
        /// Everything that is wrong, in the order of files and lines.
        package var diagnostics: [Documents.Diagnostic]
        /// The documents as they were written.
        package var sources: [AgentSource] = []
    }

    static let endings = [".mcs.yml", ".mcs.yaml", ".yml", ".yaml"]

    /// Reads a folder.
    package static func read(_ path: String) -> Reading {
        var reader = FolderReader(path)
        let agent = reader.read()
        let diagnostics = reader.collector.diagnostics.sorted()
        return Reading(
            agent: reader.collector.hasErrors ? nil : agent, partial: agent, diagnostics: diagnostics,
            sources: reader.sources)
    }

    /// Reads one topic's document that lies in no folder.
    ///
    /// - Parameters:
    ///   - name: the topic's name, and the file's in diagnostics.
    ///   - flows: identifiers of flows that have an endpoint.
    ///   - entities: documents of entities, by their names.
    package static func readTopic(
        _ text: String, name: String, flows: [String] = [], entities: [String: String] = [:]
    ) -> Reading {
        let collector = DiagnosticCollector()
        var context = FolderContext()
        for flow in flows {
            context.flows[flow] = FlowEndpoint(
                url: Template(constant: "https://flows.example/\(flow)"), headers: [], timeoutInMilliseconds: 30_000)
        }
        for (entity, text) in entities {
            context.entities[entity] = (try? YAMLDocument(text, file: entity))?.root
        }
        var reader = TopicReader(
            file: name, context: context, collector: collector, notes: SourceText(file: name, text: text).notes)
        var topics: [Topic] = []
        do throws(Documents.Diagnostic) {
            topics = reader.read(try YAMLDocument(text, file: name).root, name: name)
        } catch {
            collector.add(error)
        }
        let agent = Agent(name: name, settings: VoiceSettings(), topics: topics, environment: [:])
        return Reading(
            agent: collector.hasErrors ? nil : agent, partial: agent, diagnostics: collector.diagnostics.sorted())
    }
}

/// Reads the files of one folder, one after the other.
private struct FolderReader {
    let path: String
    let collector = DiagnosticCollector()
    /// The documents as they were written.
    private(set) var sources: [AgentSource] = []
    private var context: FolderContext
    private var settings = VoiceSettings()
    private var environment: [String: Value] = [:]
    private var variables: [GlobalVariable] = []
    private var topics: [(topic: Topic, file: String)] = []

    init(_ path: String) {
        self.path = path
        context = FolderContext(folder: path)
    }

    mutating func read() -> Agent? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            complain("there is no such folder; an agent is a folder with agent.mcs.yml and topics in it")
            return nil
        }
        guard let agentFile = file("agent", in: path) else {
            complain("holds no agent: there is no agent.mcs.yml in it")
            return nil
        }
        readOwnSettings()
        for name in files("entities") { if let root = document(name, .entity) { readEntity(root, name) } }
        for name in [agentFile, file("settings", in: path)].compactMap({ $0 }) + files("settings") {
            guard let root = document(name) else { continue }
            var reader = SettingsReader(file: name, context: context, collector: collector)
            reader.read(root, into: &settings)
        }
        for name in files("environmentVariables") {
            if let root = document(name, .declaration) { readEnvironment(root, name) }
        }
        for name in files("variables") { if let root = document(name, .variable) { readVariable(root, name) } }
        readTopics(in: path, prefix: "")
        for child in folders("agents") { readTopics(in: child, prefix: lastComponent(child) + ".") }
        if topics.isEmpty, !collector.hasErrors {
            complain("has no topics; put them into topics/, one file each")
        }
        let agent = Agent(
            name: lastComponent((path as NSString).standardizingPath), settings: settings, topics: topics.map(\.topic),
            environment: environment, variables: variables.sorted { $0.name < $1.name })
        AgentCheck(AgentOutline(folder: path, sources: sources), collector).run()
        return agent
    }

    private func complain(_ message: String) {
        collector.add(Documents.Diagnostic(file: path, line: 0, column: 0, message: message))
    }

    private func complain(_ message: String, _ file: String, at node: Node?) {
        collector.add(
            Documents.Diagnostic(
                file: file, line: node?.mark?.line ?? 0, column: node?.mark?.column ?? 0, message: message))
    }

    // MARK: - Files

    private func lastComponent(_ path: String) -> String { (path as NSString).lastPathComponent }

    private func file(_ name: String, in folder: String) -> String? {
        AgentFolder.endings.map { (folder as NSString).appendingPathComponent(name + $0) }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    /// The documents of a folder, sorted by name.
    private func files(_ folder: String) -> [String] { files(in: (path as NSString).appendingPathComponent(folder)) }

    private func files(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in AgentFolder.endings.contains { name.hasSuffix($0) } }.sorted()
            .map { (folder as NSString).appendingPathComponent($0) }
    }

    private func folders(_ name: String) -> [String] {
        let folder = (path as NSString).appendingPathComponent(name)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().map { (folder as NSString).appendingPathComponent($0) }
    }

    private func stem(_ path: String) -> String {
        let name = lastComponent(path)
        return AgentFolder.endings.first { name.hasSuffix($0) }.map { String(name.dropLast($0.count)) } ?? name
    }

    /// Reads a document and keeps it among the sources.
    private mutating func document(_ path: String, _ role: AgentSource.Role = .settings) -> Node? {
        guard let data = FileManager.default.contents(atPath: path) else {
            collector.add(
                Documents.Diagnostic(file: path, line: 0, column: 0, message: "cannot be read; check its permissions"))
            return nil
        }
        let text = String(decoding: data, as: UTF8.self)
        var root: Node?
        do {
            root = try YAMLDocument(text, file: path).root
        } catch {
            collector.add(error)
        }
        sources.append(AgentSource(role: role, name: stem(path), file: path, text: text, root: root))
        return root
    }

    // MARK: - Topics

    private mutating func readTopics(in folder: String, prefix: String) {
        let isFile = AgentFolder.endings.contains { folder.hasSuffix($0) }
        if isFile {
            if let root = document(folder, .topic) { readTopic(root, folder, name: stem(folder)) }
            return
        }
        if !prefix.isEmpty, let agent = file("agent", in: folder), let root = document(agent, .topic),
            root.text("kind") == "AgentDialog"
        {
            readTopic(root, agent, name: lastComponent(folder))
        }
        for part in ["topics", "actions"] {
            for name in files(in: (folder as NSString).appendingPathComponent(part)) {
                guard let root = document(name, .topic) else { continue }
                readTopic(root, name, name: stem(name))
            }
        }
    }

    private mutating func readTopic(_ root: Node, _ file: String, name: String) {
        var reader = TopicReader(
            file: file, context: context, collector: collector, notes: sources.last?.text.notes ?? SourceNotes([]))
        let read = reader.read(root, name: name)
        // What can never run on a call is no part of the agent, and nothing more is said of it.
        if read.isEmpty, reader.isHarmless { sources.removeLast() }
        for topic in read {
            if let other = topics.first(where: { $0.topic.name == topic.name }) {
                complain(
                    "the topic \(topic.name) is in \(other.file) already; give one of them another name", file, at: nil)
            } else {
                topics.append((topic, file))
            }
        }
    }

    // MARK: - Entities and variables

    private mutating func readEntity(_ root: Node, _ file: String) {
        let node = root.member("entity") ?? root
        var check = GrammarCheck(file: file, collector: collector)
        check.check(node, .group("Definition"), "an entity")
        context.entities[stem(file)] = node
    }

    private mutating func readVariable(_ root: Node, _ file: String) {
        let node = root.member("variable") ?? root
        let name = node.text("name") ?? stem(file)
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else {
            return complain(
                "'\(name)' is no name of a variable: letters, digits and '_'", file, at: node.member("name"))
        }
        var value: Formula.Expression?
        // The tools write the word DEFAULT for a variable that has no default.
        if let node = node.member("defaultValue"), node.string != "DEFAULT" {
            var reader = TopicReader(file: file, context: context, collector: collector, notes: SourceNotes([]))
            value = reader.value(node, "defaultValue")
        }
        for known in ["initializationTimeoutInMilliseconds", "missingInitializationBehavior"] {
            guard let node = node.member(known), !["0", "UseDefault"].contains(node.string) else { continue }
            collector.add(
                Documents.Diagnostic(
                    .warning, file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0,
                    message:
                        "'\(known)' does nothing on a call: a value from outside is there when the call comes, or never"
                ))
        }
        variables.append(
            GlobalVariable(
                name: name, defaultValue: value,
                isSetFromOutside: node.text("isExternalInitializationAllowed") == "true",
                isUserScoped: node.text("scope") == "User"))
    }

    private mutating func readEnvironment(_ root: Node, _ file: String) {
        let name = root.text("schemaName") ?? stem(file)
        let text = root.member("valueComponent")?.text("value") ?? root.text("value") ?? root.text("defaultValue")
        if environment[name] == nil {
            environment[name] = FolderReader.value(text, type: root.text("type") ?? "String")
        }
    }

    private static func value(_ text: String?, type: String) -> Value {
        guard let text else { return .blank }
        switch type {
        case "Number": return Double(text).map { .number($0) } ?? .blank
        case "Boolean": return .boolean(["true", "yes", "1"].contains(text.lowercased()))
        case "Json": return Value.parsed(json: text)
        case "Secret": return Value(.text(text), isSensitive: true)
        default: return .text(text)
        }
    }

    // MARK: - What Parley alone needs

    /// Reads `parley.yml`: `flows`, by identifier, and `environment`, by name.
    private mutating func readOwnSettings() {
        guard let name = file("parley", in: path), let root = document(name, .declaration) else { return }
        guard var map = MappingReader(root, "parley.yml", file: name, collector: collector) else { return }
        if let kind = map.string("kind"), kind != "Parley.Settings" {
            map.complain("the kind of this file is Parley.Settings, not \(kind)", at: map.value("kind"))
        }
        for (id, node) in map.members("flows") { if let flow = flow(node, name) { context.flows[id] = flow } }
        for (variable, node) in map.members("environment") { environment[variable] = ownVariable(node, name) }
        map.refuseOthers()
    }

    private mutating func flow(_ node: Node, _ file: String) -> FlowEndpoint? {
        var reader = TopicReader(file: file, context: context, collector: collector, notes: SourceNotes([]))
        if node.string != nil {
            return reader.template(node, "url").map {
                FlowEndpoint(url: $0, headers: [], timeoutInMilliseconds: 30_000)
            }
        }
        guard var map = MappingReader(node, "a flow's endpoint", file: file, collector: collector) else { return nil }
        defer { map.refuseOthers() }
        let url = map.value("url").flatMap { reader.template($0, "url") }
        let headers = map.members("headers").compactMap { name, node in
            reader.template(node, "headers.\(name)").map { (name: name, value: $0) }
        }
        let timeout = map.number("timeoutInMilliseconds", in: 1...600_000) ?? 30_000
        guard let url else {
            map.complain("a flow's endpoint needs 'url'")
            return nil
        }
        return FlowEndpoint(url: url, headers: headers, timeoutInMilliseconds: Int(timeout))
    }

    /// A value, or where it comes from: `secret` and `fromEnvironment` keep it out of the folder and out of every print.
    private func ownVariable(_ node: Node, _ file: String) -> Value {
        if let text = node.string { return .text(text) }
        guard var map = MappingReader(node, "an environment variable", file: file, collector: collector) else {
            return .blank
        }
        defer { map.refuseOthers() }
        let type = map.string("type") ?? "String"
        let isSecret = map.boolean("secret") ?? (type == "Secret")
        var text = map.string("value")
        if let source = map.string("fromEnvironment") {
            text = ProcessInfo.processInfo.environment[source] ?? text
            if text == nil {
                map.complain(
                    "the environment has no \(source); set it, or write a 'value'", at: map.value("fromEnvironment"))
            }
        }
        return FolderReader.value(text, type: type).marked(sensitive: isSecret)
    }
}

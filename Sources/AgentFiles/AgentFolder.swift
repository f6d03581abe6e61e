package import CallFlow
package import Documents
import Foundation
import Telephony
import Yams

/// Reads an agent folder as Copilot Studio's tools write it: `agent.mcs.yml`, `settings.mcs.yml`, `topics/*.mcs.yml`.
package enum AgentFolder {
    /// What came of reading a folder.
    package struct Reading {
        /// The agent; `nil` when there is an error among the diagnostics.
        package var agent: Agent?
        /// Everything that is wrong, in the order of files and lines.
        package var diagnostics: [Diagnostic]
        /// The documents as they were written.
        package var sources: [AgentSource] = []
    }

    private static let endings = [".mcs.yml", ".mcs.yaml", ".yml", ".yaml"]

    /// Reads a folder.
    package static func read(_ path: String) -> Reading {
        let collector = DiagnosticCollector()
        let manager = FileManager.default
        var isFolder: ObjCBool = false
        guard manager.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            collector.add(
                Diagnostic(
                    file: path, line: 0, column: 0,
                    message: "there is no such folder; an agent is a folder with agent.mcs.yml and topics in it"))
            return Reading(agent: nil, diagnostics: collector.diagnostics)
        }
        guard let agentFile = file("agent", in: path) else {
            collector.add(
                Diagnostic(file: path, line: 0, column: 0, message: "holds no agent: there is no agent.mcs.yml in it"))
            return Reading(agent: nil, diagnostics: collector.diagnostics)
        }
        var settings = VoiceSettings()
        var sources: [AgentSource] = []
        for name in [agentFile, file("settings", in: path)].compactMap({ $0 }) {
            let (text, document) = document(name, collector)
            sources.append(AgentSource(role: .settings, name: stem(name), file: name, text: text, root: document?.root))
            guard let document else { continue }
            SettingsReader(file: name, collector: collector).read(document.root, into: &settings)
        }
        let topics = topicFiles(in: path).compactMap { name -> (topic: Topic, file: String)? in
            let (text, document) = document(name, collector)
            sources.append(AgentSource(role: .topic, name: stem(name), file: name, text: text, root: document?.root))
            guard let document else { return nil }
            var reader = TopicReader(file: name, folder: path, collector: collector)
            return reader.read(document.root, name: stem(name)).map { ($0, name) }
        }
        if topics.isEmpty, !collector.hasErrors {
            collector.add(
                Diagnostic(
                    file: path, line: 0, column: 0, message: "has no topics; put them into topics/, one file each"))
        }
        let name = (path as NSString).standardizingPath
        let agent = Agent(
            name: (name as NSString).lastPathComponent, settings: settings, topics: topics.map(\.topic),
            environment: [:])
        AgentCheck(AgentOutline(folder: path, sources: sources), collector).run()
        return Reading(
            agent: collector.hasErrors ? nil : agent, diagnostics: collector.diagnostics.sorted(), sources: sources)
    }

    private static func file(_ name: String, in folder: String) -> String? {
        endings.map { (folder as NSString).appendingPathComponent(name + $0) }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    /// The topics' files, sorted by name.
    private static func topicFiles(in folder: String) -> [String] {
        let topics = (folder as NSString).appendingPathComponent("topics")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: topics)) ?? []
        return names.filter { name in endings.contains { name.hasSuffix($0) } }.sorted()
            .map { (topics as NSString).appendingPathComponent($0) }
    }

    private static func stem(_ path: String) -> String {
        let name = (path as NSString).lastPathComponent
        return endings.first { name.hasSuffix($0) }.map { String(name.dropLast($0.count)) } ?? name
    }

    private static func document(_ path: String, _ collector: DiagnosticCollector) -> (text: String, YAMLDocument?) {
        guard let data = FileManager.default.contents(atPath: path) else {
            collector.add(Diagnostic(file: path, line: 0, column: 0, message: "cannot be read; check its permissions"))
            return ("", nil)
        }
        let text = String(decoding: data, as: UTF8.self)
        do {
            return (text, try YAMLDocument(text, file: path))
        } catch {
            collector.add(error)
            return (text, nil)
        }
    }
}

/// Reads the agent-wide voice settings, wherever in the two files they stand.
private struct SettingsReader {
    let file: String
    let collector: DiagnosticCollector

    func read(_ root: Node, into settings: inout VoiceSettings) {
        guard var map = MappingReader(root, "an agent's file", file: file, collector: collector) else { return }
        settings.language = map.string("language") ?? settings.language
        if let speech = map.value("speechSettings") ?? map.value("botSpeechSettings") {
            readSpeech(speech, into: &settings)
        }
    }

    private func readSpeech(_ node: Node, into settings: inout VoiceSettings) {
        guard var map = MappingReader(node, "BotSpeechSettings", file: file, collector: collector) else { return }
        _ = map.string("kind")
        func milliseconds(_ name: String, _ value: inout Int) {
            if let number = map.number(name, in: 0...600_000) { value = Int(number) }
        }
        milliseconds("interdigitTimeoutInMilliseconds", &settings.interdigitTimeoutInMilliseconds)
        milliseconds("terminationTimeoutInMilliseconds", &settings.terminationTimeoutInMilliseconds)
        milliseconds("silenceDetectionTimeoutInMilliseconds", &settings.silenceDetectionTimeoutInMilliseconds)
        milliseconds("utteranceEndTimeoutInMilliseconds", &settings.utteranceEndTimeoutInMilliseconds)
        milliseconds("speechRecognitionTimeoutInMilliseconds", &settings.speechRecognitionTimeoutInMilliseconds)
        settings.isDtmfSettingsEnabled = map.boolean("isDtmfSettingsEnabled") ?? true
        if let key = map.word("dtmfTerminationKey", of: TerminationKey.self) { settings.dtmfTerminationKey = key.digit }
        settings.voice = map.string("voice") ?? settings.voice
        map.refuseOthers()
    }
}

/// `DtmfTerminationKey` of the schema.
enum TerminationKey: String, CaseIterable {
    case pound = "PoundKey"
    case star = "StarKey"

    var digit: Digit { self == .pound ? .pound : .star }
}

/// `DtmfMappingKey` of the schema.
enum MappingKey: String, CaseIterable {
    case num0 = "Num0", num1 = "Num1", num2 = "Num2", num3 = "Num3", num4 = "Num4", num5 = "Num5", num6 = "Num6"
    case num7 = "Num7", num8 = "Num8", num9 = "Num9"
    case pound = "PoundKey"
    case star = "StarKey"

    var digit: Digit? {
        switch self {
        case .pound: .pound
        case .star: .star
        default: rawValue.last.flatMap { Digit($0) }
        }
    }
}

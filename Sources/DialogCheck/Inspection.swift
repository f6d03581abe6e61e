import AgentFiles
import AudioFiles
import CallFlow
import Documents
import Telephony

/// An agent under inspection: its documents, its graph, and what was found.
final class Inspection {
    let agent: AgentOutline
    let graph: DialogGraph
    var outgoing: [[DialogGraph.Edge]] { graph.outgoing }
    /// The edges by the node they come to.
    var incoming: [[DialogGraph.Edge]] { graph.incoming }
    private(set) var findings: [Diagnostic] = []
    private var durations: [String: Double?] = [:]

    init(_ agent: AgentOutline) {
        self.agent = agent
        graph = DialogGraph(agent)
    }

    /// Notes a finding.
    func report(_ code: String, _ place: SourcePlace, in file: String, _ message: String) {
        let severity = Rule.named(code)?.severity ?? .error
        findings.append(
            Diagnostic(severity, file: file, line: place.line, column: place.column, code: code, message: message))
    }

    func report(_ code: String, _ value: SourceValue, _ message: String) {
        report(code, value.place, in: value.text.file, message)
    }

    /// Every action that is not switched off, with its topic's index.
    var actions: [(topic: Int, action: ActionOutline)] {
        agent.topics.enumerated().flatMap { index, topic in
            topic.allActions.filter { !$0.isDisabled }.map { (index, $0) }
        }
    }

    /// Keys that start a topic wherever the caller is.
    lazy var globalKeys: Set<Digit> = Set(
        agent.topics.filter { $0.triggerKind == "OnDtmfKeyPress" }.compactMap { topic in
            topic.trigger?["dtmfKey"]?.string.flatMap { Digit(mappingKey: $0) }
        })

    /// The agent speaks English; it does when it says nothing of its language.
    lazy var isEnglish: Bool = (agent.setting(["language"])?.string ?? "en").lowercased().hasPrefix("en")

    /// How long an audio file of the agent is, in seconds; `nil` when it cannot be read.
    func duration(_ path: String) -> Double? {
        if let known = durations[path] { return known }
        let audio = try? AudioFile.read(agent.folder + "/" + path)
        let seconds = audio.map { Double($0.caller.samples.count) / Double(max(1, $0.caller.sampleRate)) }
        durations[path] = seconds
        return seconds
    }
}

extension Digit {
    /// Reads `DtmfMappingKey` and `DtmfTerminationKey` of the schema.
    init?(mappingKey name: String) {
        switch name {
        case "PoundKey": self = .pound
        case "StarKey": self = .star
        default:
            guard name.hasPrefix("Num"), name.count == 4, let last = name.last, let digit = Digit(last) else {
                return nil
            }
            self = digit
        }
    }
}

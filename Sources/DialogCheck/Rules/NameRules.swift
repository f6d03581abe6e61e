import AgentFiles
import CallFlow
import Documents

/// Names that are read and never set, choices that no list has, inputs that no topic knows, triggers in each other's way.
struct NameRules {
    private let inspection: Inspection
    private var agent: AgentOutline { inspection.agent }

    /// Global variables that Parley sets itself.
    private static let given: Set<String> = [
        "TransferOutcome", Session.callerVariable.name, Session.diversionVariable.name,
    ]

    init(_ inspection: Inspection) { self.inspection = inspection }

    func run() {
        checkVariables()
        checkChoices()
        checkBindings()
        checkTriggers()
        checkItems()
    }

    // MARK: - Variables

    private func checkVariables() {
        var global = NameRules.given
        var local: [Set<String>] = []
        for topic in agent.topics {
            let sites = VariableSite.all(in: topic.root)
            global.formUnion(sites.filter { $0.variable.scope == .global }.map(\.variable.name))
            local.append(Set(sites.filter { $0.variable.scope == .topic }.map(\.variable.name)))
        }
        for source in agent.sources where source.role == .variable {
            global.insert(source.name)
            if let name = source.value?["name"]?.string { global.insert(name) }
        }
        for index in agent.topics.indices { local[index].formUnion(inputs(of: index)) }
        for (index, topic) in agent.topics.enumerated() {
            for site in FormulaSite.all(in: topic.root) {
                for reference in site.references where reference.path.count > 1 {
                    let (scope, name) = (reference.path[0], reference.path[1])
                    let known = scope == "Topic" ? local[index] : global
                    guard ["Topic", "Global"].contains(scope), !known.contains(name) else { continue }
                    let nearest = nearestName(to: name, among: known.sorted())
                    let place = scope == "Topic" ? "no action of this topic sets it" : "no topic sets it"
                    inspection.report(
                        "unset-variable", reference.place, in: topic.file,
                        "\(scope).\(name) is read, and \(place)"
                            + (nearest.map { "; did you mean \(scope).\($0)?" } ?? "; set it, or remove what reads it"))
                }
            }
        }
    }

    /// The variables that a topic has from outside: its declared inputs, and what other topics give it.
    private func inputs(of topic: Int) -> Set<String> {
        let root = agent.topics[topic].root
        var names = Set((root["inputs"]?.items ?? []).compactMap { $0["propertyName"]?.string })
        for record in [root["inputType"], root["outputType"]] {
            names.formUnion((record?["properties"]?.members ?? []).map(\.name))
        }
        for (_, action) in inspection.actions where target(of: action) == topic {
            names.formUnion((action.value.at("input", "binding")?.members ?? []).map(\.name))
        }
        return names
    }

    private func target(of action: ActionOutline) -> Int? {
        guard ["BeginDialog", "ReplaceDialog"].contains(action.kind), let name = action.value["dialog"]?.string else {
            return nil
        }
        return agent.topicIndex(named: name)
    }

    private func checkBindings() {
        for (_, action) in inspection.actions {
            guard let topic = target(of: action) else { continue }
            let called = agent.topics[topic]
            let read = Set(
                FormulaSite.all(in: called.root).flatMap(\.references)
                    .filter { $0.path.count > 1 && $0.path[0] == "Topic" }.map { $0.path[1] })
            let named = Set(
                VariableSite.all(in: called.root).filter { $0.variable.scope == .topic }.map(\.variable.name))
            var declared = Set((called.root["inputs"]?.items ?? []).compactMap { $0["propertyName"]?.string })
            declared.formUnion((called.root.at("inputType", "properties")?.members ?? []).map(\.name))
            for member in action.value.at("input", "binding")?.members ?? [] {
                let known = read.union(named).union(declared)
                if known.contains(member.name) { continue }
                report(member.name, member.place, action, called, known, "never reads the input \(member.name)")
            }
            var outputs = Set((called.root.at("outputType", "properties")?.members ?? []).map(\.name))
            outputs.formUnion(named)
            for member in action.value.at("output", "binding")?.members ?? [] where !outputs.contains(member.name) {
                report(member.name, member.place, action, called, outputs, "never sets the output \(member.name)")
            }
        }
    }

    private func report(
        _ name: String, _ place: SourcePlace, _ action: ActionOutline, _ called: TopicOutline, _ known: Set<String>,
        _ problem: String
    ) {
        let nearest = nearestName(to: name, among: known.sorted())
        inspection.report(
            "unknown-input", place, in: action.value.text.file,
            "the topic \(called.name) \(problem)" + (nearest.map { "; did you mean \($0)?" } ?? "; remove it"))
    }

    // MARK: - Choices

    /// Comparisons of an answer to a closed list with a text.
    private func checkChoices() {
        var lists: [String: [ListedVariable]] = [:]
        var writers: [String: Int] = [:]
        for (topic, action) in inspection.actions {
            for site in VariableSite.all(in: action.value, isRecursive: false) {
                writers[NameRules.key(site.variable, topic), default: 0] += 1
            }
            guard action.kind == "Question", let path = action.value["variable"]?.string.flatMap({ VariablePath($0) }),
                let list = QuestionEntity(action, in: inspection.agent)?.list
            else { continue }
            lists[NameRules.key(path, topic), default: []].append(ListedVariable(list: list))
        }
        for (index, topic) in agent.topics.enumerated() {
            for site in FormulaSite.all(in: topic.root) {
                for formula in site.formulas { checkComparisons(formula, site, index, lists, writers) }
            }
        }
    }

    private struct ListedVariable {
        let list: SourceValue

        var names: [String] {
            list.items.flatMap { [$0["id"]?.string, $0["displayName"]?.string].compactMap { $0 } }
        }
    }

    private static func key(_ path: VariablePath, _ topic: Int) -> String {
        path.scope == .topic ? "\(topic):\(path)" : "\(path)"
    }

    private func checkComparisons(
        _ formula: String, _ site: FormulaSite, _ topic: Int, _ lists: [String: [ListedVariable]],
        _ writers: [String: Int]
    ) {
        for comparison in Comparison.all(in: formula) {
            guard let path = VariablePath(comparison.variable) else { continue }
            let key = NameRules.key(path, topic)
            guard let listed = lists[key], listed.count == writers[key] else { continue }
            let names = listed.flatMap(\.names)
            guard !names.isEmpty, !names.contains(comparison.text) else { continue }
            let nearest = nearestName(to: comparison.text, among: names)
            let source = site.value.string ?? ""
            let offset = source.firstRange(of: "\"\(comparison.text)\"").map {
                source.distance(from: source.startIndex, to: $0.lowerBound)
            }
            inspection.report(
                "unknown-choice", site.value.place(ofOffset: offset ?? 0), in: site.value.text.file,
                "\(comparison.variable) never is \"\(comparison.text)\": the list has \(NameRules.ids(listed))"
                    + (nearest.map { "; did you mean \"\($0)\"?" } ?? "; write one of these"))
        }
    }

    private static func ids(_ listed: [ListedVariable]) -> String {
        listed.flatMap { $0.list.items.compactMap { $0["id"]?.string } }.joined(separator: ", ")
    }

    // MARK: - Triggers and items

    private func checkTriggers() {
        var taken: [String: TopicOutline] = [:]
        for topic in agent.topics {
            guard let trigger = topic.trigger, trigger["condition"] == nil else { continue }
            let priority = trigger["priority"]?.string ?? "0"
            if topic.triggerKind == "OnConversationStart" {
                claim("OnConversationStart \(priority)", trigger["kind"] ?? trigger, "answers the call", topic, &taken)
            }
            for phrase in trigger.at("intent", "triggerQueries")?.items ?? [] {
                guard let text = phrase.string?.lowercased(), topic.triggerKind == "OnRecognizedIntent" else {
                    continue
                }
                claim("\(text) \(priority)", phrase, "is started by '\(text)'", topic, &taken)
            }
        }
    }

    private func claim(
        _ key: String, _ value: SourceValue, _ what: String, _ topic: TopicOutline,
        _ taken: inout [String: TopicOutline]
    ) {
        if let other = taken[key], other.name != topic.name {
            inspection.report(
                "duplicate-trigger", value,
                "the topic \(other.name) \(what) already; give one of them a condition, another priority, or remove it")
        } else if taken[key] == nil {
            taken[key] = topic
        }
    }

    private func checkItems() {
        for (_, action) in inspection.actions where action.kind == "Question" {
            guard let list = QuestionEntity(action, in: inspection.agent)?.list else { continue }
            var taken: [String: Int] = [:]
            for (index, item) in list.items.enumerated() {
                let words = [item["id"], item["displayName"]] + (item["synonyms"]?.items ?? [])
                for word in words {
                    guard let word, let text = word.string?.lowercased() else { continue }
                    if let other = taken[text], other != index {
                        let id = list.items[other]["id"]?.string ?? "another item"
                        inspection.report(
                            "duplicate-choice", word,
                            "'\(text)' means \(id) already; the first item always wins: change one")
                    } else {
                        taken[text] = index
                    }
                }
            }
        }
    }
}

/// A comparison of a variable with a text in a formula: `Topic.Service = "outage"`.
struct Comparison {
    let variable: String
    let text: String

    /// All comparisons of a formula. Only the plain form is found: a variable, `=` or `<>`, a text.
    static func all(in formula: String) -> [Comparison] {
        let pattern = /\b((?:Topic|Global)\.\w+)(?:\.Value)?\s*(?:=|<>)\s*"([^"]*)"/
        return formula.matches(of: pattern).map { Comparison(variable: String($0.1), text: String($0.2)) }
    }
}

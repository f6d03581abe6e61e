import CallFlow
import Documents
import Formula

/// The types of a topic's variables, so far as the documents tell: by the entities of questions and the formulas that set
/// them. A variable that several actions set has the type that all of them agree on.
struct VariableTypes: FormulaTypes {
    private let types: [String: FormulaType]

    /// - Parameter others: the types of global variables, `Global.Name`.
    private init(_ types: [String: FormulaType]) { self.types = types }

    func type(of path: [String]) -> FormulaType? {
        switch path.first {
        case "Topic", "Global":
            guard path.count > 1 else { return nil }
            let name = path.prefix(2).joined(separator: ".")
            if types[name] == nil, name == "\(Session.diversionVariable)" {
                return VariableTypes.diversion(path.dropFirst(2))
            }
            let type = types[name] ?? .unknown
            return path.count == 2 ? type : member(path.dropFirst(2), of: type)
        case "Env": return path.count > 1 ? .unknown : nil
        case "System": return VariableTypes.isKnown(system: Array(path.dropFirst())) ? .unknown : nil
        default: return nil
        }
    }

    private func member(_ names: ArraySlice<String>, of type: FormulaType) -> FormulaType {
        if case .choice = type, names.count == 1 { return .text }
        return .unknown
    }

    /// A member of what Parley itself says of who was called first.
    private static func diversion(_ members: ArraySlice<String>) -> FormulaType? {
        guard let name = members.first else { return .unknown }
        guard members.count == 1, Session.diversionMembers.contains(name) else { return nil }
        return name == "Count" ? .number : .text
    }

    func problem(with path: [String]) -> String? { VariableTypes.problem(path) }

    /// A system variable, or a member of one.
    static func isKnown(system path: [String]) -> Bool {
        path.indices.contains { Session.systemNames.contains(path[...$0].joined(separator: ".")) }
    }

    /// What is wrong with a name in a formula.
    static func problem(_ path: [String]) -> String {
        let name = path.joined(separator: ".")
        switch path.first {
        case "Global" where path.count > 2:
            let nearest = nearestName(to: path[2], among: Session.diversionMembers.sorted())
            return "there is no \(name); \(path[0]).\(path[1]) has "
                + Session.diversionMembers.joined(separator: ", ")
                + (nearest.map { "; did you mean \($0)?" } ?? "")
        case "Topic", "Global", "Env": return "'\(path[0])' is no variable; write a name behind it: \(path[0]).Name"
        case "System":
            let rest = path.dropFirst().joined(separator: ".")
            let nearest = nearestName(to: rest, among: Session.systemNames.sorted())
            return "there is no \(name) on a call" + (nearest.map { "; did you mean System.\($0)?" } ?? "")
        default: return "'\(name)' is no variable; write Topic.Name, Global.Name or System.Name"
        }
    }

    // MARK: - What the documents tell

    /// The types of each topic's variables.
    static func all(in agent: AgentOutline) -> [VariableTypes] {
        var global: [String: FormulaType] = [:]
        var local: [[String: FormulaType]] = agent.topics.map { _ in [:] }
        // Twice: a formula's type may come from a variable that another formula sets.
        for _ in 0..<2 {
            var globals = Joined()
            for (index, topic) in agent.topics.enumerated() {
                let types = VariableTypes(global.merging(local[index]) { _, own in own })
                var own = Joined()
                for action in topic.allActions {
                    for (variable, type) in writes(of: action, agent, types) {
                        if variable.scope == .global {
                            globals.add(type, to: "\(variable)")
                        } else {
                            own.add(type, to: "\(variable)")
                        }
                    }
                }
                local[index] = own.types
            }
            global = globals.types
        }
        for source in agent.sources where source.role == .variable { global["Global.\(source.name)"] = .unknown }
        return local.map { VariableTypes(global.merging($0) { _, own in own }) }
    }

    /// Types that several writers agree on.
    private struct Joined {
        var types: [String: FormulaType] = [:]

        mutating func add(_ type: FormulaType, to name: String) {
            guard let known = types[name] else {
                types[name] = type
                return
            }
            if known == .unknown || type == .unknown {
                types[name] = .unknown
            } else {
                types[name] = known == type ? type : .unknown
            }
        }
    }

    private static func writes(
        of action: ActionOutline, _ agent: AgentOutline, _ types: VariableTypes
    ) -> [(VariablePath, FormulaType)] {
        VariableSite.all(in: action.value, isRecursive: false).map { site in
            guard site.path == ["variable"] else { return (site.variable, .unknown) }
            switch action.kind {
            case "Question":
                // What a question's default or a skipped question leaves may be something else.
                let isPlain =
                    action.value["defaultValue"] == nil
                    && action.value.at("voiceInputSettings", "defaultValueOnSilence") == nil
                return (site.variable, isPlain ? entityType(action.value["entity"]) : .unknown)
            case "SetVariable": return (site.variable, valueType(action.value["value"], types))
            case "SetTextVariable": return (site.variable, .text)
            default: return (site.variable, .unknown)
            }
        }
    }

    private static func valueType(_ value: SourceValue?, _ types: VariableTypes) -> FormulaType {
        guard let text = value?.string, text.hasPrefix("="), let expression = try? Expression(text) else {
            return .unknown
        }
        let type = expression.check(types: types).type
        return type == .blank ? .unknown : type
    }

    private static func entityType(_ entity: SourceValue?) -> FormulaType {
        var inner = entity
        while let definition = inner?["definition"] { inner = definition }
        if inner?["allowMultipleValues"]?.boolean == true || inner?["includeMetadata"]?.boolean == true {
            return .unknown
        }
        switch inner?.string ?? inner?["kind"]?.string {
        case "BooleanPrebuiltEntity": return .boolean
        case "NumberPrebuiltEntity": return .number
        case "StringPrebuiltEntity", "ZipCodePrebuiltEntity", "PhoneNumberPrebuiltEntity": return .text
        case "ClosedListEntity": return .choice
        default: return .unknown
        }
    }
}

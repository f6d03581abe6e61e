import Formula
import Telephony

// Variables: what formulas read, and what actions write.

extension Session {
    /// What formulas see now.
    var scope: SessionScope { SessionScope(session: self) }

    func value(of path: VariablePath) -> Value? {
        switch path.scope {
        case .topic: frames.last?.variables[path.name]
        case .global: globals[path.name]
        }
    }

    /// Gives a variable a value, without putting it into the account.
    mutating func assign(_ path: VariablePath, _ value: Value) {
        switch path.scope {
        case .topic: if let last = frames.indices.last { frames[last].variables[path.name] = value }
        case .global: globals[path.name] = value
        }
    }

    mutating func set(_ path: VariablePath, _ value: Value) {
        assign(path, value)
        fact(.variableSet(VariableSet(variable: "\(path)", value: value.disclosable)))
    }

    /// A variable of the system; `nil` when there is none of that name.
    func systemValue(_ path: ArraySlice<String>) -> Value? {
        switch path.joined(separator: ".") {
        case "Activity.From.Name", "Activity.From.Id": .text(call.from)
        case "Activity.Recipient.Name", "Activity.Recipient.Id": .text(call.to)
        case "Conversation.Id": .text(call.id.rawValue)
        case "Conversation.SipUuiHeaderValue": header("user-to-user")
        case "Bot.Name": .text(agent.name)
        case "User.Language": .text(agent.settings.language)
        case "Activity.Text", "LastMessage.Text": .text(lastWords)
        case "Error.Message": .text(lastError?.message ?? "")
        case "Error.Code": .text(lastError?.code ?? "")
        default: nil
        }
    }

    private func header(_ name: String) -> Value {
        call.headers.first { $0.name == name }.map { .text($0.value) } ?? .blank
    }

    /// Names that `System` has, for the check of a folder.
    package static let systemNames: Set<String> = [
        "Activity.From.Name", "Activity.From.Id", "Activity.Recipient.Name", "Activity.Recipient.Id",
        "Conversation.Id", "Conversation.SipUuiHeaderValue", "Bot.Name", "User.Language", "Activity.Text",
        "LastMessage.Text", "Error.Message", "Error.Code",
    ]

    /// The time on the wall, by the caller's media time.
    var now: WallTime { call.startedAt + clockRate.interval(ticks: position.ticks) }
}

/// What a formula of a session reads.
struct SessionScope: FormulaScope {
    let session: Session

    var now: WallTime { session.now }
    var timeZone: String { session.call.timeZone }

    func value(of path: [String]) -> Value? {
        guard let scope = path.first, path.count > 1 else { return nil }
        switch scope {
        case "Topic": return member(session.frames.last?.variables[path[1]] ?? .blank, path.dropFirst(2))
        case "Global": return member(session.globals[path[1]] ?? .blank, path.dropFirst(2))
        case "System": return session.systemValue(path.dropFirst())
        case "Env": return session.agent.environment[path[1]]
        default: return nil
        }
    }

    private func member(_ value: Value, _ path: ArraySlice<String>) -> Value? {
        var value = value
        for name in path {
            if value.isBlank { return .blank }
            guard let inner = value.member(name) else {
                if case .record = value.kind { return .blank }
                return nil
            }
            value = inner
        }
        return value
    }
}

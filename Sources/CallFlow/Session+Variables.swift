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
        case .system: systemVariables[path.name]
        }
    }

    /// Gives a variable a value, without putting it into the account.
    mutating func assign(_ path: VariablePath, _ value: Value) {
        switch path.scope {
        case .topic: if let last = frames.indices.last { frames[last].variables[path.name] = value }
        case .global: globals[path.name] = value
        case .system: systemVariables[path.name] = value
        }
    }

    mutating func set(_ path: VariablePath, _ value: Value) {
        assign(path, value)
        fact(.variableSet(VariableSet(variable: "\(path)", value: value.disclosable)))
    }

    /// Gives the declared global variables their defaults, or what came with the call for them.
    mutating func setDefaults() {
        for variable in agent.variables {
            let header = variable.isSetFromOutside ? header("x-" + variable.name.lowercased()) : .blank
            if !header.isBlank {
                globals[variable.name] = header
            } else if let formula = variable.defaultValue {
                let value = formula.evaluate(in: scope, budget: Limit.formula)
                if value.error == nil { globals[variable.name] = value }
            }
        }
    }

    /// The time on the wall, by the caller's media time.
    var now: WallTime { call.startedAt + clockRate.interval(ticks: position.ticks) }

    // MARK: - Actions

    mutating func performVariable(_ action: Action) {
        switch action.kind {
        case .setVariable(let path, let expression):
            if let value = evaluate(expression, action.id) { set(path, value) }
        case .setVariables(let assignments):
            // All values are those before the action.
            var values: [(VariablePath, Value)] = []
            for assignment in assignments {
                guard let value = evaluate(assignment.value, action.id) else { return }
                values.append((assignment.variable, value))
            }
            for (path, value) in values { set(path, value) }
        case .parseValue(let parse): self.parse(parse, action.id)
        case .editTable(let edit): self.edit(edit, action.id)
        case .clearVariables(let which):
            if let which: VariablesToClear = resolve(which, action.id) { clear(which) }
        case .resetVariable(let path): set(path, initialValue(of: path))
        default: break
        }
    }

    /// What a variable holds before anything sets it.
    private func initialValue(of path: VariablePath) -> Value {
        guard path.scope == .global, let variable = agent.variables.first(where: { $0.name == path.name }),
            let value = variable.defaultValue?.evaluate(in: scope, budget: Limit.formula), value.error == nil
        else { return .blank }
        return value
    }

    private mutating func clear(_ which: VariablesToClear) {
        let userScoped = Set(agent.variables.filter(\.isUserScoped).map(\.name))
        let names = globals.keys.sorted().filter { name in
            switch which {
            case .conversationHistory: false
            case .userScopedVariables: userScoped.contains(name)
            case .conversationScopedVariables: !userScoped.contains(name)
            case .allGlobalVariables: true
            }
        }
        for name in names {
            let path = VariablePath(scope: .global, name: name)
            set(path, initialValue(of: path))
        }
        guard which == .conversationScopedVariables, let last = frames.indices.last else { return }
        for name in frames[last].variables.keys.sorted() { set(VariablePath(scope: .topic, name: name), .blank) }
    }

    private mutating func parse(_ parse: ParseAction, _ action: String) {
        let value = parse.value.evaluate(in: scope, budget: Limit.formula)
        if let result = parse.type.value(of: value, in: scope), result.error == nil {
            return set(parse.variable, result.marked(sensitive: value.isSensitive))
        }
        guard parse.throwsError else { return set(parse.variable, .blank) }
        fail("parseValue", "\(parse.value.source) does not have the form that \(parse.variable) needs", action: action)
    }

    private mutating func edit(_ edit: TableAction, _ action: String) {
        let before = value(of: edit.items) ?? .blank
        guard var rows = before.rows ?? (before.isBlank ? [] : nil) else {
            return fail("formula", "\(edit.items) is no table that could be changed", action: action)
        }
        var isSensitive = before.isSensitive
        var taken: Value?
        switch edit.change {
        case .add(let expression), .remove(let expression):
            guard let value = evaluate(expression, action) else { return }
            isSensitive = isSensitive || value.isSensitive
            let changed = value.rows ?? [value.asRow]
            if case .add = edit.change {
                rows += changed
            } else {
                for row in changed {
                    if let index = rows.firstIndex(where: { $0.kind == row.kind }) { rows.remove(at: index) }
                }
            }
        case .takeFirst: taken = rows.isEmpty ? .blank : rows.removeFirst()
        case .takeLast: taken = rows.popLast() ?? .blank
        case .clear: rows = []
        }
        guard rows.count <= Limit.rows else {
            return fail("tooLarge", "\(edit.items) would have more than \(Limit.rows) rows", action: action)
        }
        let table = Value(.table(rows), isSensitive: isSensitive)
        set(edit.items, table)
        if let result = edit.result { set(result, taken?.marked(sensitive: isSensitive) ?? table) }
    }
}

extension Value {
    /// The rows of a table; `nil` when it is none.
    var rows: [Value]? {
        guard case .table(let rows) = kind else { return nil }
        return rows
    }

    /// The value as a row of a table: a record as it is, another as its `Value`.
    var asRow: Value {
        if case .record = kind { return self }
        return .record([Field("Value", self)])
    }

    /// The value as a number, by the conversion of Power Fx for text.
    var asNumber: Double? {
        switch kind {
        case .number(let number): return number
        case .blank: return 0
        case .boolean(let boolean): return boolean ? 1 : 0
        case .text, .decimal, .untyped: return Double(text(for: .dialog))
        default: return nil
        }
    }
}

/// What a formula of a session reads.
struct SessionScope: FormulaScope {
    let session: Session

    var now: WallTime { session.now }
    var timeZone: String { session.call.timeZone }
    var language: String { session.agent.settings.language }
    var seed: UInt64 { session.formulaSeed }

    func value(of path: [String]) -> Value? {
        guard let scope = path.first, path.count > 1 else { return nil }
        switch scope {
        case "Topic": return member(session.frames.last?.variables[path[1]] ?? .blank, path.dropFirst(2))
        case "Global": return member(session.globals[path[1]] ?? .blank, path.dropFirst(2))
        case "System": return session.systemValue(path.dropFirst())
        case "Env": return session.agent.environment[path[1]].flatMap { member($0, path.dropFirst(2)) }
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

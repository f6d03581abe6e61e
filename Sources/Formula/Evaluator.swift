import Telephony

/// Walks a formula's tree within a budget of steps, depth and memory.
struct Evaluator {
    let scope: any FormulaScope
    let options: Expression.Options
    /// The rows of the scopes that are open, outermost first.
    var frames: [Value] = []
    /// Something sensitive has been read.
    private(set) var hasReadSecret = false
    /// Why the evaluation ended before its time.
    private(set) var exhausted: FormulaError?
    private var stepsLeft: Int
    private var octetsLeft: Int
    private var depthLeft: Int
    private var randomState: SeededGenerator?
    private var languages: [(code: String, language: Language?)] = []
    private var zoneCache: Zone?

    init(scope: any FormulaScope, options: Expression.Options, budget: EvaluationBudget) {
        self.scope = scope
        self.options = options
        stepsLeft = budget.steps
        octetsLeft = budget.octets
        depthLeft = budget.depth
    }

    /// Evaluates a whole formula.
    mutating func finish(_ root: Node) -> Value {
        var result = value(of: root)
        if let exhausted { result = .error(exhausted) }
        return result.marked(sensitive: hasReadSecret)
    }

    // MARK: - Budget

    /// Counts steps; `false` when there are none left, after which everything ends.
    mutating func spend(_ steps: Int) -> Bool {
        stepsLeft &-= max(0, steps)
        if stepsLeft >= 0, exhausted == nil { return true }
        if exhausted == nil {
            exhausted = FormulaError(
                .budgetExceeded, "the formula takes too many steps; work on fewer rows or simpler text")
        }
        return false
    }

    /// Counts octets of a value that is about to be made; `false` when there are none left.
    mutating func reserve(_ octets: Int) -> Bool {
        let (rest, overflows) = octetsLeft.subtractingReportingOverflow(max(0, octets))
        octetsLeft = rest
        if !overflows, octetsLeft >= 0, exhausted == nil { return true }
        if exhausted == nil {
            exhausted = FormulaError(
                .budgetExceeded, "the formula takes too much memory; make fewer rows or shorter text")
        }
        return false
    }

    var stepsRemaining: Int { exhausted == nil ? max(0, stepsLeft) : 0 }

    /// Ends the evaluation.
    mutating func exhaust(_ message: String) -> Value {
        if exhausted == nil { exhausted = FormulaError(.budgetExceeded, message) }
        return outOfBudget
    }

    /// What stands in for a value when the budget is used up.
    var outOfBudget: Value { .error(exhausted ?? FormulaError(.budgetExceeded, "the budget is used up")) }

    // MARK: - Surroundings

    var language: Language {
        mutating get { cachedLanguage(scope.language) ?? .english }
    }

    /// What is known of a language; `nil` when there is none of that code.
    mutating func cachedLanguage(_ code: String) -> Language? {
        if let known = languages.first(where: { $0.code == code }) { return known.language }
        let language = Language(code)
        languages.append((code, language))
        return language
    }

    var zone: Zone {
        mutating get {
            if let zoneCache { return zoneCache }
            let zone = Zone(scope.timeZone)
            zoneCache = zone
            return zone
        }
    }

    /// The caller's calendar and clock, now.
    var now: LocalTime {
        mutating get { zone.local(scope.now) }
    }

    mutating func random() -> UInt64 {
        var generator = randomState ?? SeededGenerator(seed: scope.seed)
        let value = generator.next()
        randomState = generator
        return value
    }

    // MARK: - Nodes

    /// Evaluates a part of a formula with a row on top of the open scopes.
    mutating func value(of node: Node, with row: Value) -> Value {
        frames.append(row)
        defer { frames.removeLast() }
        return value(of: node)
    }

    mutating func value(of node: Node) -> Value {
        guard spend(1) else { return outOfBudget }
        switch node {
        case .constant(let value): return value
        case .variable(let path): return read(path)
        case .row(let level): return level < frames.count ? frames[level] : .blank
        case .field(let level, let name): return level < frames.count ? member(name, of: frames[level]) : .blank
        case .fieldOrVariable(let level, let path): return fieldOrVariable(level, path)
        default: break
        }
        guard depthLeft > 0 else { return exhaust("the formula is nested too deeply") }
        depthLeft -= 1
        defer { depthLeft += 1 }
        return inner(node)
    }

    private mutating func inner(_ node: Node) -> Value {
        switch node {
        case .member(let inner, let name): return member(name, of: value(of: inner))
        case .column(let inner, let name): return column(name, of: value(of: inner))
        case .arithmetic(let plan, let left, let right):
            return arithmetic(plan, value(of: left), value(of: right))
        case .comparison(let comparison, let left, let right):
            return compare(comparison, value(of: left), value(of: right))
        case .negation(let inner): return negated(value(of: inner))
        case .not(let inner):
            let operand = boolean(value(of: inner))
            if case .boolean(let value) = operand.kind { return .boolean(!value) }
            return operand.isBlank ? .boolean(true) : operand
        case .all(let items): return junction(items, decides: false)
        case .any(let items): return junction(items, decides: true)
        case .join(let items): return join(items)
        case .contains(let part, let whole, let ignoresCase):
            return contains(value(of: part), value(of: whole), ignoresCase)
        case .record(let fields):
            guard reserve(fields.count * 64) else { return outOfBudget }
            return .record(fields.map { Value.Field($0.name, value(of: $0.value)) })
        case .table(let rows):
            guard reserve(rows.count * 64) else { return outOfBudget }
            return .table(rows.map { value(of: $0) })
        case .conversion(let inner, let type): return convert(value(of: inner), to: type)
        case .call(let call): return evaluate(call)
        case .sequence(let items):
            var last = Value.blank
            for item in items { last = value(of: item) }
            return last
        case .failure(let error): return .error(error)
        case .constant, .variable, .row, .field, .fieldOrVariable: return value(of: node)
        }
    }

    private mutating func read(_ path: [String]) -> Value {
        guard let value = scope.value(of: path) else {
            return .error(.name, "there is no variable \(path.joined(separator: "."))")
        }
        return noted(value)
    }

    /// Notes whether what is read is a secret, and refuses what is nested too deeply for any function.
    private mutating func noted(_ value: Value) -> Value {
        if value.isSensitive { hasReadSecret = true }
        switch value.kind {
        case .record, .table:
            guard let isSecret = secrecy(value, depth: 0) else {
                return .error(.notSupported, "the value is nested deeper than 64")
            }
            if isSecret { hasReadSecret = true }
        default: break
        }
        return value
    }

    /// Whether a value or a part of it is sensitive; `nil` when it is nested too deeply.
    private mutating func secrecy(_ value: Value, depth: Int) -> Bool? {
        guard depth < 64, spend(0) else { return nil }
        var isSecret = value.isSensitive
        switch value.kind {
        case .record(let fields):
            for field in fields {
                guard let part = secrecy(field.value, depth: depth + 1) else { return nil }
                isSecret = isSecret || part
            }
        case .table(let rows):
            stepsLeft &-= rows.count / 16
            for row in rows {
                guard let part = secrecy(row, depth: depth + 1) else { return nil }
                isSecret = isSecret || part
            }
        default: break
        }
        return isSecret
    }

    private mutating func fieldOrVariable(_ level: Int, _ path: [String]) -> Value {
        guard let name = path.first else { return .blank }
        for frame in frames.prefix(level + 1).reversed() {
            guard let found = frame.member(name) else { continue }
            return path.dropFirst().reduce(found) { member($1, of: $0) }
        }
        return read(path)
    }

    func member(_ name: String, of value: Value) -> Value {
        switch value.kind {
        case .error: return value
        case .blank, .untyped(.null): return .blank
        case .untyped(.object), .record, .choice:
            return value.member(name) ?? .blank
        case .table(let rows):
            return .table(
                rows.map { row in
                    row.isBlank || row.error != nil ? row : .record([Value.Field(name, member(name, of: row))])
                })
        default: return .error(.invalidArgument, "only a record has '\(name)'")
        }
    }

    private mutating func column(_ name: String, of value: Value) -> Value {
        guard case .table(let rows) = value.kind else { return member(name, of: value) }
        guard spend(rows.count), reserve(rows.count * 64) else { return outOfBudget }
        return member(name, of: value)
    }

    // MARK: - Calls

    private mutating func evaluate(_ call: Call) -> Value {
        switch call.function.body {
        case .nodes(let body): return body(call, &self)
        case .values(let parameters, let mapsTables, let body):
            var arguments = call.arguments.map { value(of: $0) }
            if mapsTables {
                for (index, argument) in arguments.enumerated() {
                    if case .table = argument.kind { return mapped(call, parameters, arguments, body) }
                    if case .table = call.types[index], argument.isBlank || argument.error != nil { return argument }
                }
            }
            return applied(parameters, &arguments, body)
        }
    }

    /// Converts arguments to what the function takes, and calls it unless one is an error.
    mutating func applied(
        _ parameters: Function.Parameters, _ arguments: inout [Value], _ body: Function.Body.OfValues
    ) -> Value {
        var errors: [FormulaError] = []
        for index in arguments.indices {
            arguments[index] = adapt(arguments[index], to: parameters[index])
            if case .error(let error) = arguments[index].kind { errors.append(error) }
        }
        guard errors.isEmpty else { return .error(.combined(errors)) }
        return body(arguments, &self)
    }

    /// Calls a function of single values for each row of the tables among its arguments.
    private mutating func mapped(
        _ call: Call, _ parameters: Function.Parameters, _ arguments: [Value], _ body: Function.Body.OfValues
    ) -> Value {
        var longest = 0
        var shortest = Int.max
        for argument in arguments {
            guard case .table(let rows) = argument.kind else { continue }
            longest = max(longest, rows.count)
            shortest = min(shortest, rows.count)
        }
        guard spend(longest), reserve(longest * 64) else { return outOfBudget }
        var results: [Value] = []
        for index in 0..<longest {
            guard exhausted == nil else { return outOfBudget }
            var result = Value.error(.notApplicable, "the tables have different numbers of rows")
            if index < shortest {
                var row = arguments.map { argument -> Value in
                    guard case .table(let rows) = argument.kind else { return argument }
                    return rows[index].single
                }
                result = applied(parameters, &row, body)
            }
            results.append(.record([Value.Field("Value", result)]))
        }
        return .table(results)
    }
}

extension Value {
    /// The value in the only column of a row; the row itself when it is no record.
    var single: Value {
        if case .record(let fields) = kind { return fields.first?.value ?? .blank }
        return self
    }
}

package import Formula
package import Records
package import Telephony

/// Fields of another system, each a Power Fx formula over the call context: data, checked before the first call.
package struct FieldMapping: Sendable {
    package struct Field: Sendable {
        package var name: String
        package var formula: Expression

        package init(name: String, formula: Expression) {
            self.name = name
            self.formula = formula
        }
    }

    package var fields: [Field]

    package init(_ fields: [Field]) { self.fields = fields }

    /// The fields' values; a field that is blank is left out.
    ///
    /// - Throws: ``MappingError`` that names the field whose formula has no value.
    package func values(of record: CallRecord) throws(MappingError) -> [(name: String, value: JSONDocument)] {
        let scope = ContextScope(record.context)
        var values: [(name: String, value: JSONDocument)] = []
        for field in fields {
            let value = field.formula.evaluate(in: scope)
            if let error = value.error { throw MappingError(field: field.name, reason: error.message) }
            guard !value.isBlank else { continue }
            values.append((field.name, JSONDocument(value)))
        }
        return values
    }
}

/// That a field has no value.
package struct MappingError: Error, CustomStringConvertible {
    package var field: String
    package var reason: String
    package var description: String { "the formula of '\(field)' has no value: \(reason)" }
}

/// What a formula of a mapping can read: `Context` with the members of the call context, and the dialog's own variables
/// under their names, `Topic.…` and `Global.…`. A variable that the dialog never set is blank; what was secret is blank.
package struct ContextScope: FormulaScope {
    package let now: WallTime
    package let timeZone = "UTC"
    private let context: Value
    private let variables: [String: DisclosableText]

    package init(_ context: CallContext) {
        self.context = .record(ContextScope.members(of: context).map { Value.Field($0.name, $0.value) })
        variables = context.variables
        now = context.endedAt ?? context.startedAt
    }

    package func value(of path: [String]) -> Value? {
        guard let first = path.first else { return nil }
        if first == "Context" {
            var value = context
            for name in path.dropFirst() {
                guard let member = value.member(name) else { return nil }
                value = member
            }
            return value
        }
        guard ContextScope.scopes.contains(first), path.count > 1 else { return nil }
        // The longest name that is a variable; the rest are members of its value.
        for count in stride(from: path.count, to: 1, by: -1) {
            guard let text = variables[path[..<count].joined(separator: ".")] else { continue }
            return path[count...].reduce(ContextScope.value(of: text)) { $0.member($1) ?? .blank }
        }
        return .blank
    }

    /// Where variables of dialogs are.
    private static let scopes = ["Topic", "Global", "System"]

    /// A variable's value, read back from its Power Fx form.
    private static func value(of text: DisclosableText) -> Value {
        guard case .open(let formula) = text, let expression = try? Expression(formula) else { return .blank }
        return expression.evaluate(in: NothingInScope())
    }

    /// Says what is wrong with a name that a formula reads; `nil` when nothing is.
    package static func problem(with path: [String]) -> String? {
        guard let first = path.first else { return nil }
        if scopes.contains(first), path.count > 1 { return nil }
        guard first == "Context" else {
            return "there is no \(first); a mapping reads Context, Topic and Global"
        }
        guard path.count > 1 else { return nil }
        let names = members(of: CallContext(call: "")).map(\.name)
        return names.contains(path[1])
            ? nil : "the context has no \(path[1]); it has \(names.joined(separator: ", "))"
    }

    private static func members(of context: CallContext) -> [(name: String, value: Value)] {
        func text(_ text: String?) -> Value { text.map { $0.isEmpty ? .blank : .text($0) } ?? .blank }
        func time(_ time: WallTime?) -> Value {
            time.map { Value(.dateTime(LocalTime(utc: $0))) } ?? .blank
        }
        func number(_ number: Double?) -> Value { number.map { .number($0) } ?? .blank }
        func open(_ text: DisclosableText?) -> Value {
            if case .open(let open)? = text, !open.isEmpty { .text(open) } else { .blank }
        }
        let transfer = context.transfer
        return [
            ("call", text(context.call.rawValue)), ("from", text(context.from)), ("to", text(context.to)),
            ("agent", text(context.agent)), ("codec", text(context.codec)), ("startedAt", time(context.startedAt)),
            ("answeredAt", time(context.answeredAt)), ("endedAt", time(context.endedAt)),
            ("duration", number(context.duration)), ("outcome", text(context.outcome?.rawValue)),
            ("endedBy", text(context.endedBy?.rawValue)), ("cause", text(context.cause?.rawValue)),
            ("mos", number(context.media?.mos)), ("transferTarget", open(transfer?.target)),
            ("transferMessage", open(transfer?.message)), ("transferOutcome", text(transfer?.outcome?.rawValue)),
            ("lastTopic", text(context.path.last?.topic)), ("lastAction", text(context.path.last?.action)),
            ("failures", .number(Double(context.failures.count))),
            ("noInputs", .number(Double(context.inputs.count { $0.result == .noInput }))),
            ("noMatches", .number(Double(context.inputs.count { $0.result == .noMatch }))),
            (
                "transcript",
                text(Transcript.lines(of: CallRecord(context: context)).map(\.sentence).joined(separator: "\n"))
            ),
        ]
    }
}

extension Transcript.Line {
    fileprivate var sentence: String { "\(party == .caller ? "Caller" : "Parley"): \(text)" }
}

/// A scope for values that stand by themselves.
private struct NothingInScope: FormulaScope {
    var now: WallTime { WallTime(millisecondsSince1970: 0) }
    var timeZone: String { "UTC" }
    func value(of path: [String]) -> Value? { nil }
}

extension JSONDocument {
    /// A value of a formula as JSON. What is sensitive becomes `null`, whatever it is.
    package init(_ value: Formula.Value) {
        guard !value.isSensitive else {
            self = .null
            return
        }
        switch value.kind {
        // A mapping's clock is UTC.
        case .dateTime(let time): self = .string(time.utc.description)
        case .record(let fields):
            self = .object(
                Dictionary(fields.map { ($0.name, JSONDocument($0.value)) }, uniquingKeysWith: { first, _ in first }))
        case .table(let rows): self = .array(rows.map { JSONDocument($0) })
        default: self.init(value.json(for: .declaredRequest))
        }
    }

    private init(_ json: Formula.JSONValue) {
        switch json {
        case .null: self = .null
        case .boolean(let boolean): self = .boolean(boolean)
        case .number(let digits): self = Double(digits).map { .number($0) } ?? .string(digits)
        case .text(let text): self = .string(text)
        case .array(let items): self = .array(items.map { JSONDocument($0) })
        case .object(let members):
            self = .object(
                Dictionary(members.map { ($0.name, JSONDocument($0.value)) }, uniquingKeysWith: { first, _ in first }))
        }
    }
}

extension LocalTime {
    /// Day 0 of Power Fx, 30 December 1899, as wall time in UTC.
    private static let originInUTC: Int64 = -25_569 * 86_400_000

    /// What the clock of UTC shows at a moment: a mapping's formulas know no other zone.
    fileprivate init(utc time: WallTime) {
        self.init(milliseconds: time.millisecondsSince1970 &- LocalTime.originInUTC)
    }

    /// The moment at which the clock of UTC shows this.
    fileprivate var utc: WallTime { WallTime(millisecondsSince1970: milliseconds &+ LocalTime.originInUTC) }
}

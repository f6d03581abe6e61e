import Telephony

// Regular expressions.

extension Function {
    static let patterns: [Function] = [
        Function("IsMatch", 2...3, bind: bindPattern) { call, evaluator in
            guard let pattern = call.pattern else { return .blank }
            let text = evaluator.adapt(evaluator.value(of: call.arguments[0]), to: .text)
            if text.error != nil { return text }
            var search = Search(pattern, text.string, &evaluator)
            switch search.next(&evaluator) {
            case .found: return .boolean(true)
            case .none: return .boolean(false)
            case .exhausted: return evaluator.outOfBudget
            }
        },
        Function("Match", 2...3, bind: bindPattern) { call, evaluator in
            guard let pattern = call.pattern else { return .blank }
            let text = evaluator.adapt(evaluator.value(of: call.arguments[0]), to: .text)
            if text.error != nil { return text }
            var search = Search(pattern, text.string, &evaluator)
            switch search.next(&evaluator) {
            case .found(let slots): return search.record(slots, &evaluator)
            case .none: return .blank
            case .exhausted: return evaluator.outOfBudget
            }
        },
        Function("MatchAll", 2...3, bind: bindPattern) { call, evaluator in
            guard let pattern = call.pattern else { return .blank }
            let text = evaluator.adapt(evaluator.value(of: call.arguments[0]), to: .text)
            if text.error != nil { return text }
            var search = Search(pattern, text.string, &evaluator)
            var rows: [Value] = []
            while true {
                switch search.next(&evaluator) {
                case .found(let slots): rows.append(search.record(slots, &evaluator))
                case .none: return .table(rows)
                case .exhausted: return evaluator.outOfBudget
                }
                guard evaluator.exhausted == nil else { return evaluator.outOfBudget }
            }
        },
    ]

    /// What a formula is evaluated in that reads nothing.
    private struct NoScope: FormulaScope {
        func value(of path: [String]) -> Value? { nil }
        var now: WallTime { WallTime(millisecondsSince1970: 0) }
        var timeZone: String { "UTC" }
    }

    private static func bindPattern(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let text = binder.bind(site.arguments[0])
        binder.require(text.type, .text, "as the 1st argument of \(site.function.name)", at: site.arguments[0].span)
        var flags = ""
        if site.arguments.count > 2 {
            guard let given = constant(&binder, site.arguments[2]) else {
                return binder.fail(
                    "the options are not constant; join members of MatchOptions with '&'", at: site.arguments[2].span)
            }
            flags = given
        }
        let place = site.arguments[1]
        guard let source = constant(&binder, place) else {
            return binder.fail(
                "the regular expression is not constant; it is made of texts, Match and Char, joined with '&'",
                at: place.span)
        }
        do throws(Pattern.Mistake) {
            let pattern = try Pattern(source, PatternOptions(flags))
            let record = resultColumns(pattern, binder)
            let type: FormulaType =
                switch site.function.name {
                case "IsMatch": .boolean
                case "Match": .record(of: record)
                default: .table(of: record)
                }
            return Bound(.call(Call(site.function, [text.node], [], type: type, pattern: pattern)), type)
        } catch {
            return binder.fail(error.message, at: place.span, .badRegex)
        }
    }

    private static func resultColumns(_ pattern: Pattern, _ binder: Binder) -> [FormulaType.Column] {
        var columns = [FormulaType.Column("FullMatch", .text), FormulaType.Column("StartMatch", binder.numberType)]
        columns += pattern.groups.compactMap { $0 }.map { FormulaType.Column($0, .text) }
        if pattern.options.numbersGroups {
            columns.append(FormulaType.Column("SubMatches", .table([FormulaType.Column("Value", .text)])))
        }
        return columns
    }

    /// The text of a formula that is the same always; `nil` for any other.
    private static func constant(_ binder: inout Binder, _ syntax: Syntax) -> String? {
        switch syntax.kind {
        case .text, .chain(.join, _), .interpolation, .member, .call: break
        default: return nil
        }
        guard isConstant(syntax) else { return nil }
        let bound = binder.bind(syntax)
        var evaluator = Evaluator(scope: NoScope(), options: binder.options, budget: .call)
        guard case .text(let text) = evaluator.finish(bound.node).kind else { return nil }
        return text
    }

    private static func isConstant(_ syntax: Syntax) -> Bool {
        switch syntax.kind {
        case .text, .number, .boolean: return true
        case .chain(.join, let items), .interpolation(let items): return items.allSatisfy(isConstant)
        case .member(let inner, _, _):
            if case .name(let name) = inner.kind { return name == "Match" || name == "MatchOptions" }
            return false
        case .call(let name, let arguments):
            return ["Char", "UniChar", "Concatenate", "Hex2Dec"].contains(name) && arguments.allSatisfy(isConstant)
        default: return false
        }
    }
}

/// A search through one text.
private struct Search {
    private let pattern: Pattern
    private let text: [Unicode.Scalar]
    private var position = 0

    init(_ pattern: Pattern, _ text: String, _ evaluator: inout Evaluator) {
        self.pattern = pattern
        self.text = Array(text.unicodeScalars)
        _ = evaluator.reserve(self.text.count * 4)
    }

    mutating func next(_ evaluator: inout Evaluator) -> PatternMatcher.Outcome {
        guard position <= text.count else { return .none }
        let steps = evaluator.stepsRemaining
        var matcher = PatternMatcher(pattern, text, steps: steps)
        let outcome = matcher.find(from: position)
        _ = evaluator.spend(steps - max(0, matcher.stepsLeft))
        switch outcome {
        case .found(let slots): position = max(slots[1], slots[0] + (slots[1] == slots[0] ? 1 : 0))
        case .exhausted:
            _ = evaluator.exhaust("the regular expression takes too many steps on this text; make it simpler")
        case .none: break
        }
        return outcome
    }

    private func piece(_ start: Int, _ end: Int) -> Value {
        guard start >= 0, end >= start else { return .blank }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: text[start..<end])
        return .text(String(result))
    }

    /// The record that `Match` gives of a match.
    func record(_ slots: [Int], _ evaluator: inout Evaluator) -> Value {
        let units = text[..<slots[0]].reduce(0) { $0 + ($1.value > 0xFFFF ? 2 : 1) }
        let place: Value = evaluator.options.numberIsFloat ? .number(Double(units + 1)) : .whole(units + 1)
        var fields = [Value.Field("FullMatch", piece(slots[0], slots[1])), Value.Field("StartMatch", place)]
        var numbered: [Value] = []
        for (index, name) in pattern.groups.enumerated() {
            let group = piece(slots[2 + index * 2], slots[3 + index * 2])
            if let name { fields.append(Value.Field(name, group)) } else { numbered.append(group.asRow) }
        }
        if pattern.options.numbersGroups { fields.append(Value.Field("SubMatches", .table(numbered))) }
        _ = evaluator.reserve(fields.count * 64 + numbered.count * 80 + (slots[1] - slots[0]) * 2)
        return .record(fields)
    }
}

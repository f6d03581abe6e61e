import Foundation
import Telephony

/// The functions of the language.
enum Functions {
    /// Their names in lower case.
    static let names: Set<String> = [
        "if", "switch", "and", "or", "not", "isblank", "isempty", "coalesce", "iferror", "iserror", "isblankorerror",
        "blank", "len", "left", "right", "mid", "upper", "lower", "trim", "concatenate", "substitute", "startswith",
        "endswith", "text", "value", "abs", "round", "int", "mod", "min", "max", "sum", "now", "today", "year", "month",
        "day", "hour", "minute", "second", "weekday", "countrows", "first", "last", "index", "boolean",
    ]

    static func call<Scope>(_ name: String, _ nodes: [Node], _ evaluator: inout Evaluator<Scope>) -> Value {
        switch name.lowercased() {
        case "if": return choose(nodes, &evaluator)
        case "switch": return match(nodes, &evaluator)
        case "and", "or": return junction(nodes, decides: name.lowercased() == "or", &evaluator)
        case "coalesce":
            for node in nodes {
                let value = evaluator.value(of: node)
                if !value.isBlank { return value }
            }
            return .blank
        case "iferror":
            guard let first = nodes.first else { return missing(name) }
            let value = evaluator.value(of: first)
            guard value.error != nil else { return value }
            return nodes.count > 1 ? evaluator.value(of: nodes[1]) : .blank
        default: break
        }
        let arguments = nodes.map { evaluator.value(of: $0) }
        let lower = name.lowercased()
        if lower == "iserror" { return arguments.first.map { .boolean($0.error != nil) } ?? missing(name) }
        if lower == "isblankorerror" {
            return arguments.first.map { .boolean($0.error != nil || isBlank($0)) } ?? missing(name)
        }
        if let failed = arguments.first(where: { $0.error != nil }) { return failed }
        let sensitive = arguments.contains(where: \.isSensitive)
        let result = strict(lower, name, arguments, now: evaluator.scope.now, zone: evaluator.scope.timeZone)
        return result.marked(sensitive: sensitive)
    }

    private static func missing(_ name: String) -> Value { .error(.invalidArgument, "\(name) needs more arguments") }

    static func isBlank(_ value: Value) -> Bool { value.kind == .blank || value.kind == .text("") }

    private static func choose<Scope>(_ nodes: [Node], _ evaluator: inout Evaluator<Scope>) -> Value {
        var index = 0
        var sensitive = false
        while index + 1 < nodes.count {
            let condition = Operators.boolean(evaluator.value(of: nodes[index]))
            guard case .boolean(let holds) = condition.kind else { return condition }
            sensitive = sensitive || condition.isSensitive
            if holds { return evaluator.value(of: nodes[index + 1]).marked(sensitive: sensitive) }
            index += 2
        }
        return (index < nodes.count ? evaluator.value(of: nodes[index]) : .blank).marked(sensitive: sensitive)
    }

    private static func match<Scope>(_ nodes: [Node], _ evaluator: inout Evaluator<Scope>) -> Value {
        guard nodes.count > 1 else { return missing("Switch") }
        let subject = evaluator.value(of: nodes[0])
        var index = 1
        while index + 1 < nodes.count {
            if Operators.equal(subject, evaluator.value(of: nodes[index])) {
                return evaluator.value(of: nodes[index + 1]).marked(sensitive: subject.isSensitive)
            }
            index += 2
        }
        return (index < nodes.count ? evaluator.value(of: nodes[index]) : .blank).marked(sensitive: subject.isSensitive)
    }

    private static func junction<Scope>(
        _ nodes: [Node], decides: Bool, _ evaluator: inout Evaluator<Scope>
    ) -> Value {
        var sensitive = false
        for node in nodes {
            let value = Operators.boolean(evaluator.value(of: node))
            guard case .boolean(let holds) = value.kind else { return value }
            sensitive = sensitive || value.isSensitive
            if holds == decides { return Value.boolean(decides).marked(sensitive: sensitive) }
        }
        return Value.boolean(!decides).marked(sensitive: sensitive)
    }

    /// Functions whose arguments are all evaluated first.
    private static func strict(_ lower: String, _ name: String, _ arguments: [Value], now: WallTime, zone: String)
        -> Value
    {
        switch lower {
        case "now": return Value(.dateTime(now))
        case "today": return Value(.dateTime(startOfDay(now, zone)))
        case "blank": return .blank
        case "concatenate": return .text(arguments.compactMap { Coercion.text($0.kind) }.joined())
        case "min", "max", "sum": return aggregate(lower, arguments)
        default: break
        }
        guard let first = arguments.first else { return missing(name) }
        switch lower {
        case "not": return Operators.unary("!", first)
        case "isblank": return .boolean(isBlank(first))
        case "boolean": return Operators.boolean(first)
        case "isempty", "countrows", "first", "last", "index": return table(lower, first, arguments)
        case "len", "left", "right", "mid", "upper", "lower", "trim", "substitute", "startswith", "endswith":
            return text(lower, name, arguments)
        case "text": return format(first, arguments.dropFirst().first, zone)
        case "value":
            return isBlank(first)
                ? .blank
                : Coercion.number(first.kind).map { .number($0) }
                    ?? .error(.invalidArgument, "\(first.powerFx) is no number")
        case "abs", "round", "int", "mod": return number(lower, name, arguments)
        case "year", "month", "day", "hour", "minute", "second", "weekday": return component(lower, first, zone)
        default: return .error(.name, "there is no function \(name)")
        }
    }

    private static func aggregate(_ name: String, _ arguments: [Value]) -> Value {
        let numbers = arguments.filter { !$0.isBlank }.compactMap { Coercion.number($0.kind) }
        switch name {
        case "sum": return .number(numbers.reduce(0, +))
        case "min": return numbers.min().map { .number($0) } ?? .blank
        default: return numbers.max().map { .number($0) } ?? .blank
        }
    }

    private static func table(_ name: String, _ value: Value, _ arguments: [Value]) -> Value {
        guard case .table(let rows) = value.kind else {
            if name == "isempty" { return .boolean(isBlank(value)) }
            return value.isBlank
                ? (name == "countrows" ? .number(0) : .blank) : .error(.invalidArgument, "\(name) takes a table")
        }
        switch name {
        case "isempty": return .boolean(rows.isEmpty)
        case "countrows": return .number(Double(rows.count))
        case "first": return rows.first ?? .blank
        case "last": return rows.last ?? .blank
        default:
            guard arguments.count > 1, let number = Coercion.number(arguments[1].kind), number >= 1,
                number <= Double(rows.count)
            else { return .error(.invalidArgument, "Index counts from 1 to the number of rows") }
            return rows[Int(number) - 1]
        }
    }

    private static func text(_ function: String, _ name: String, _ arguments: [Value]) -> Value {
        guard let subject = Coercion.text(arguments[0].kind) else {
            return .error(.invalidArgument, "\(name) takes a text")
        }
        func number(_ index: Int) -> Int? {
            guard arguments.count > index, let value = Coercion.number(arguments[index].kind), abs(value) < 1e9 else {
                return nil
            }
            return Int(value)
        }
        func string(_ index: Int) -> String? { arguments.count > index ? Coercion.text(arguments[index].kind) : nil }
        switch function {
        case "len": return .number(Double(subject.count))
        case "upper": return .text(subject.uppercased())
        case "lower": return .text(subject.lowercased())
        case "trim": return .text(subject.split(separator: " ").joined(separator: " "))
        case "left": return number(1).map { .text(String(subject.prefix(max(0, $0)))) } ?? missing(name)
        case "right": return number(1).map { .text(String(subject.suffix(max(0, $0)))) } ?? missing(name)
        case "mid":
            guard let start = number(1), start >= 1 else { return missing(name) }
            let rest = subject.dropFirst(start - 1)
            return .text(String(number(2).map { rest.prefix(max(0, $0)) } ?? rest))
        case "substitute":
            guard let old = string(1), let new = string(2), !old.isEmpty else { return missing(name) }
            return .text(subject.replacingOccurrences(of: old, with: new))
        case "startswith":
            return string(1).map { .boolean(subject.lowercased().hasPrefix($0.lowercased())) } ?? missing(name)
        default: return string(1).map { .boolean(subject.lowercased().hasSuffix($0.lowercased())) } ?? missing(name)
        }
    }

    private static func number(_ function: String, _ name: String, _ arguments: [Value]) -> Value {
        guard let value = Coercion.number(arguments[0].kind) else {
            return .error(.invalidArgument, "\(name) takes a number")
        }
        let second = arguments.count > 1 ? Coercion.number(arguments[1].kind) : nil
        switch function {
        case "abs": return .number(abs(value))
        case "int": return .number(value.rounded(.down))
        case "round":
            let scale = power(10, second ?? 0)
            return .number((value * scale).rounded(.toNearestOrAwayFromZero) / scale)
        default:
            guard let second, second != 0 else { return .error(.div0, "a division by zero") }
            return .number(value - second * (value / second).rounded(.down))
        }
    }

    // MARK: - Dates

    private static func calendar(_ zone: String) -> Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: zone) ?? TimeZone(secondsFromGMT: 0) ?? calendar.timeZone
        return calendar
    }

    private static func date(_ time: WallTime) -> Date {
        Date(timeIntervalSince1970: Double(time.millisecondsSince1970) / 1_000)
    }

    private static func startOfDay(_ time: WallTime, _ zone: String) -> WallTime {
        let start = calendar(zone).startOfDay(for: date(time))
        return WallTime(millisecondsSince1970: Int64((start.timeIntervalSince1970 * 1_000).rounded()))
    }

    private static func component(_ name: String, _ value: Value, _ zone: String) -> Value {
        guard case .dateTime(let time) = value.kind else { return .error(.invalidArgument, "\(name) takes a date") }
        let parts = calendar(zone).dateComponents(
            [.year, .month, .day, .hour, .minute, .second, .weekday], from: date(time))
        let number: Int? =
            switch name {
            case "year": parts.year
            case "month": parts.month
            case "day": parts.day
            case "hour": parts.hour
            case "minute": parts.minute
            case "second": parts.second
            default: parts.weekday
            }
        return number.map { .number(Double($0)) } ?? .blank
    }

    /// `Text(value, format)`: digits `0` and `#` with one point for numbers, `h`, `mm`, `yyyy` and kin for dates.
    private static func format(_ value: Value, _ pattern: Value?, _ zone: String) -> Value {
        guard let pattern, let form = Coercion.text(pattern.kind) else {
            return Coercion.text(value.kind).map { .text($0) } ?? .error(.invalidArgument, "Text takes a single value")
        }
        if case .dateTime(let time) = value.kind {
            let formatter = DateFormatter()
            formatter.locale = Locale(identifier: "en_US_POSIX")
            formatter.timeZone = TimeZone(identifier: zone)
            formatter.dateFormat = form
            return .text(formatter.string(from: date(time)))
        }
        guard let number = Coercion.number(value.kind) else {
            return .error(.invalidArgument, "Text formats numbers and dates")
        }
        let parts = form.split(separator: ".", omittingEmptySubsequences: false)
        let decimals = parts.count > 1 ? parts[1].count(where: { $0 == "0" }) : 0
        var text = String(format: "%.\(decimals)f", number)
        let least = parts[0].count(where: { $0 == "0" })
        let digits = text.prefix { $0 != "." }.filter(\.isNumber).count
        if digits < least {
            let sign = text.hasPrefix("-") ? "-" : ""
            text = sign + String(repeating: "0", count: least - digits) + text.dropFirst(sign.count)
        }
        return .text(text)
    }
}

func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

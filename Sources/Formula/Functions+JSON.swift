import Telephony

// JSON read and written, and identifiers.

extension Function {
    static let json: [Function] = [
        Function("ParseJSON", [.blankOrText], .fixed(.untyped)) { a, evaluator in
            guard !a[0].isBlank else { return .blank }
            let text = a[0].string
            guard evaluator.spend(text.utf8.count / 8), evaluator.reserve(text.utf8.count * 8) else {
                return evaluator.outOfBudget
            }
            do throws(JSONValue.Mistake) {
                return Value(.untyped(try JSONValue(text)))
            } catch {
                return .error(.invalidJSON, "at octet \(error.offset + 1) \(error.message)")
            }
        },
        Function("JSON", 1...2, bind: bindJSON) { call, evaluator in
            let value = evaluator.value(of: call.arguments[0])
            if value.error != nil { return value }
            var format = ""
            if call.arguments.count > 1 {
                let given = evaluator.text(evaluator.value(of: call.arguments[1]))
                if given.error != nil { return given }
                format = given.string
            }
            var writer = JSONWriter(format)
            guard let error = writer.write(value, &evaluator) else {
                return evaluator.reserve(writer.text.utf8.count) ? .text(writer.text) : evaluator.outOfBudget
            }
            return .error(error)
        },
    ]

    private static func bindJSON(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let bound = site.arguments.map { binder.bind($0) }
        if bound.count > 1 {
            binder.require(bound[1].type, .text, "as the format of JSON", at: site.arguments[1].span)
        }
        return Bound(.call(Call(site.function, bound.map(\.node), bound.map(\.type))), .text)
    }

    static let identifiers: [Function] = [
        Function("GUID", [.scalar], optional: 1, .fixed(.guid)) { a, evaluator in
            if let given = a.first { return Identifier.guid(given) }
            // Version 4, variant 1 (RFC 9562).
            let high = evaluator.random() & ~0xF000 | 0x4000
            let low = evaluator.random() & ~(0b11 << 62) | 0b10 << 62
            let digits = [high, low].map { value in
                let text = String(value, radix: 16)
                return String(repeating: "0", count: 16 - text.utf8.count) + text
            }
            return Value(.guid(Identifier.grouped(digits.joined())))
        }
    ]
}

/// Writes values as JSON.
struct JSONWriter {
    static let formats: [(name: String, flag: String)] = [
        ("Compact", ""), ("IndentFour", "4"), ("IncludeBinaryData", "B"), ("IgnoreBinaryData", "G"),
        ("IgnoreUnsupportedTypes", "I"), ("FlattenValueTables", "_"),
    ]

    private(set) var text = ""
    private let isIndented: Bool
    private let flattens: Bool
    private var depth = 0

    init(_ format: String) {
        isIndented = format.contains("4")
        flattens = format.contains("_")
    }

    /// Writes a value; gives an error that is within it, if there is one.
    mutating func write(_ value: Value, _ evaluator: inout Evaluator) -> FormulaError? {
        guard evaluator.spend(1), depth < 64 else {
            return evaluator.exhausted ?? FormulaError(.notSupported, "the value is nested deeper than 64")
        }
        switch value.kind {
        case .blank: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .number(let value): text += NumberText.text(value)
        case .decimal(let value): text += value.description
        case .text(let value), .guid(let value): quote(value)
        case .choice(_, let name): quote(name)
        case .color(let value): quote(Color.text(value))
        case .date(let day):
            quote(DateText.iso(day))
        case .dateTime(let time): quote(evaluator.zone.moment(time).description)
        case .time(let milliseconds):
            let time = LocalTime(milliseconds: milliseconds.flooredRemainder(LocalTime.millisecondsPerDay))
            quote(DateText.isoClock(time))
        case .error(let error): return error
        case .record(let fields):
            let sorted = fields.sorted { $0.name < $1.name }
            return list("{", "}", sorted, &evaluator) { writer, field, evaluator in
                writer.quote(field.name)
                writer.text += writer.isIndented ? ": " : ":"
                return writer.write(field.value, &evaluator)
            }
        case .table(let rows): return write(rows, &evaluator)
        case .untyped(let json): return write(json, &evaluator)
        }
        return nil
    }

    private mutating func write(_ rows: [Value], _ evaluator: inout Evaluator) -> FormulaError? {
        let isFlat =
            flattens
            && rows.allSatisfy { row in
                if case .record(let fields) = row.kind { fields.count == 1 && fields[0].name == "Value" } else { false }
            }
        return list("[", "]", rows, &evaluator) { writer, row, evaluator in
            writer.write(isFlat ? row.single : row, &evaluator)
        }
    }

    private mutating func write(_ json: JSONValue, _ evaluator: inout Evaluator) -> FormulaError? {
        switch json {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .number(let digits): text += digits
        case .text(let value): quote(value)
        case .array(let items):
            return list("[", "]", items, &evaluator) { writer, item, evaluator in
                writer.write(Value(.untyped(item)), &evaluator)
            }
        case .object(let members):
            return list("{", "}", members, &evaluator) { writer, member, evaluator in
                writer.quote(member.name)
                writer.text += writer.isIndented ? ": " : ":"
                return writer.write(Value(.untyped(member.value)), &evaluator)
            }
        }
        return nil
    }

    private mutating func list<Item>(
        _ open: String, _ close: String, _ items: [Item], _ evaluator: inout Evaluator,
        _ write: (inout JSONWriter, Item, inout Evaluator) -> FormulaError?
    ) -> FormulaError? {
        text += open
        depth += 1
        for (index, item) in items.enumerated() {
            if index > 0 { text += "," }
            newLine()
            if let error = write(&self, item, &evaluator) { return error }
        }
        depth -= 1
        if !items.isEmpty { newLine() }
        text += close
        return nil
    }

    private mutating func newLine() {
        if isIndented { text += "\n" + String(repeating: " ", count: depth * 4) }
    }

    private mutating func quote(_ value: String) { text += JSONWriter.quoted(value) }

    /// Text as a JSON string.
    static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{8}": text += "\\b"
            case "\u{C}": text += "\\f"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}

// How Power Fx writes values.

extension Value.Kind {
    /// The value as a formula that gives it.
    var powerFx: String {
        var writer = PowerFxWriter()
        writer.write(self)
        return writer.text
    }
}

/// Writes values as formulas. Records within records are followed so far as the stack allows.
private struct PowerFxWriter {
    var text = ""
    private var depth = 0

    mutating func write(_ kind: Value.Kind) {
        switch kind {
        case .blank: text += "Blank()"
        case .boolean(let value): text += value ? "true" : "false"
        case .number(let value): text += NumberText.text(value)
        case .decimal(let value): text += value.description
        case .text(let value): quote(value, "\"")
        case .date(let day):
            let (year, month, day) = day.civil
            text += "Date(\(year),\(month),\(day))"
        case .time(let milliseconds):
            let time = LocalTime(milliseconds: milliseconds)
            text += "Time(\(time.hour),\(time.minute),\(time.second),\(time.millisecond))"
        case .dateTime(let time):
            let (year, month, day) = time.civil
            text += "DateTime(\(year),\(month),\(day),\(time.hour),\(time.minute),\(time.second),\(time.millisecond))"
        case .guid(let value): text += "GUID(\"\(value)\")"
        case .color(let value): text += Color.powerFx(value)
        case .untyped(let value): write(value)
        case .record(let fields): write(fields)
        case .table(let rows):
            text += "Table("
            nested { writer in
                for (index, row) in rows.enumerated() {
                    if index > 0 { writer.text += "," }
                    writer.write(row)
                }
            }
            text += ")"
        case .choice(let id, _): quote(id, "\"")
        case .error(let error): text += error.powerFx
        }
    }

    private mutating func write(_ value: Value) {
        if value.isSensitive { text += value.powerFx } else { write(value.kind) }
    }

    private mutating func write(_ fields: [Value.Field]) {
        text += "{"
        nested { writer in
            for (index, field) in fields.sorted(by: { $0.name < $1.name }).enumerated() {
                if index > 0 { writer.text += "," }
                writer.write(name: field.name)
                writer.text += ":"
                writer.write(field.value)
            }
        }
        text += "}"
    }

    private mutating func write(_ json: JSONValue) {
        switch json {
        case .null: text += "Blank()"
        case .boolean(let value): text += value ? "true" : "false"
        case .number(let value): text += value
        case .text(let value): quote(value, "\"")
        case .array(let items):
            text += "["
            nested { writer in
                for (index, item) in items.enumerated() {
                    if index > 0 { writer.text += "," }
                    writer.write(item)
                }
            }
            text += "]"
        case .object(let members):
            write(members.map { Value.Field($0.name, Value(.untyped($0.value))) })
        }
    }

    private mutating func nested(_ body: (inout PowerFxWriter) -> Void) {
        guard depth < 100 else {
            text += "…"
            return
        }
        depth += 1
        body(&self)
        depth -= 1
    }

    private mutating func write(name: String) {
        if Spelling.isIdentifier(name) { text += name } else { quote(name, "'") }
    }

    private mutating func quote(_ value: String, _ mark: Character) {
        text.append(mark)
        for character in value.unicodeScalars {
            text.unicodeScalars.append(character)
            if Character(character) == mark { text.append(mark) }
        }
        text.append(mark)
    }
}

/// What Power Fx takes for a name.
enum Spelling {
    /// Words that are no names.
    static let keywords: Set<String> = ["true", "false", "in", "exactin", "And", "Or", "Not", "As", "Self", "Parent"]

    static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, startsName(first) else { return false }
        return name.unicodeScalars.dropFirst().allSatisfy(continuesName) && !keywords.contains(name)
    }

    static func startsName(_ scalar: Unicode.Scalar) -> Bool {
        isLetter(scalar) || scalar == "_"
    }

    static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
        if startsName(scalar) || ("0"..."9").contains(scalar) { return true }
        guard !scalar.isASCII else { return false }
        switch scalar.properties.generalCategory {
        case .decimalNumber, .nonspacingMark, .spacingMark, .connectorPunctuation, .format: return true
        default: return false
        }
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) }
        return scalar.properties.isAlphabetic
    }
}

/// Binary floating-point numbers as text.
enum NumberText {
    /// The shortest digits that give the number back, with an exponent from 1E+15 on and below 1E-05.
    static func text(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        if value == 0 { return "0" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        let (digits, exponent, isNegative) = parts(value)
        let sign = isNegative ? "-" : ""
        if exponent >= 15 || exponent < -5 {
            let mantissa = digits.count > 1 ? "\(digits.prefix(1)).\(digits.dropFirst())" : digits
            let size = String(exponent.magnitude)
            return "\(sign)\(mantissa)E\(exponent < 0 ? "-" : "+")\(size.count < 2 ? "0" : "")\(size)"
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        if digits.count <= exponent + 1 {
            return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count)
        }
        return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
    }

    /// The significant digits of a number and the power of ten of the first.
    static func parts(_ value: Double) -> (digits: String, exponent: Int, isNegative: Bool) {
        let text = "\(abs(value))".lowercased()
        let pieces = text.split(separator: "e")
        let mantissa = String(pieces.first ?? "0")
        var exponent = pieces.count > 1 ? Int(pieces[1]) ?? 0 : 0
        let halves = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(halves[0])
        let fraction = halves.count > 1 ? String(halves[1]) : ""
        var digits = whole + fraction
        exponent += whole.count - 1
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        return (digits, exponent, value < 0)
    }
}

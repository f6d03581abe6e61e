import CallFlow
import Documents
import Formula
import Yams

// Formulas, settings, variables and declared types.

extension TopicReader {
    // MARK: - Formulas

    /// A formula, with or without an equals sign in front.
    mutating func expression(_ node: Node, _ property: String) -> Expression? {
        guard case .scalar(let scalar) = node else {
            complain("a formula is a text that begins with '='", at: node)
            return nil
        }
        do throws(Formula.Diagnostic) {
            return try Expression(scalar.string)
        } catch {
            complain(error, in: node)
            return nil
        }
    }

    /// A condition: true, false or a formula.
    mutating func condition(_ node: Node, _ property: String) -> Expression? { expression(node, property) }

    /// Text with formulas in braces, or one formula that begins with an equals sign.
    mutating func template(_ node: Node, _ property: String) -> Template? {
        guard case .scalar(let scalar) = node else {
            complain("'\(property)' is a text, not \(node.kindName)", at: node)
            return nil
        }
        do throws(Formula.Diagnostic) {
            let template =
                scalar.string.hasPrefix("=") ? Template(try Expression(scalar.string)) : try Template(scalar.string)
            return template
        } catch {
            complain(error, in: node)
            return nil
        }
    }

    /// A value: a formula when it begins with an equals sign, a literal otherwise; a list or mapping of such.
    mutating func value(_ node: Node, _ property: String) -> Expression? {
        if case .scalar(let scalar) = node {
            if scalar.string.hasPrefix("=") { return expression(node, property) }
            let isLiteral = scalar.style == .plain && Double(scalar.string)?.isFinite == true
            let isBoolean = scalar.style == .plain && Bool(lowercased: scalar.string) != nil
            let text = isBoolean ? scalar.string.lowercased() : scalar.string
            let expression = isLiteral || isBoolean ? try? Expression(text) : nil
            let result = expression ?? Expression(literal: scalar.string)
            return result
        }
        let before = errors
        let text = source(node)
        guard errors == before else { return nil }
        do throws(Formula.Diagnostic) {
            let expression = try Expression(text)
            return expression
        } catch {
            complain(error, in: node)
            return nil
        }
    }

    /// A value of lists and mappings as Power Fx writes it.
    private mutating func source(_ node: Node, depth: Int = 0) -> String {
        guard depth < 32 else { return "Blank()" }
        switch node {
        case .mapping(let mapping):
            return "{"
                + mapping.filter { $0.key.string != "$kind" }.map { key, value in
                    "'\((key.string ?? "").filter { $0 != "'" })': \(source(value, depth: depth + 1))"
                }.joined(separator: ", ") + "}"
        case .sequence(let items): return "[" + items.map { source($0, depth: depth + 1) }.joined(separator: ", ") + "]"
        case .alias: return "Blank()"
        case .scalar(let scalar):
            let text = scalar.string
            if node.isNull { return "Blank()" }
            if text.hasPrefix("=") {
                do throws(Formula.Diagnostic) {
                    return "(\(try Expression(text).source))"
                } catch {
                    complain(error, in: node)
                    return "Blank()"
                }
            }
            if scalar.style == .plain, Double(text)?.isFinite == true || Bool(lowercased: text) != nil {
                return text.lowercased()
            }
            return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        }
    }

    mutating func complain(_ error: Formula.Diagnostic, in node: Node) {
        var shift = error.offset
        if case .scalar(let scalar) = node, [.doubleQuoted, .singleQuoted].contains(scalar.style) { shift += 1 }
        if case .scalar(let scalar) = node, [.literal, .folded].contains(scalar.style) { shift = 0 }
        complain("in the formula: \(error.message)", at: node, code: "formula", shift: shift)
    }

    // MARK: - Settings

    /// A literal or a formula; `nil` when there is neither.
    mutating func setting<T: Sendable>(_ node: Node, _ name: String, _ read: (String) -> T?) -> Setting<T>? {
        guard let value = node.member(name), let text = value.string else { return nil }
        if text.hasPrefix("=") { return expression(value, name).map { .formula($0) } }
        return read(text).map { .constant($0) }
    }

    mutating func count(_ node: Node, _ name: String) -> Setting<Int>? {
        setting(node, name) { Double($0).flatMap { abs($0) <= 2_147_483_647 ? Int($0) : nil } }
    }

    /// Milliseconds, from 0 to a day.
    mutating func milliseconds(_ node: Node, _ name: String) -> Setting<Int>? {
        guard let setting = count(node, name) else { return nil }
        if let value = setting.constant, !(0...86_400_000).contains(value) {
            complain("'\(name)' is from 0 to 86400000 milliseconds, which is a day", at: node.member(name))
            return nil
        }
        return setting
    }

    mutating func word<Word: RawRepresentable & Sendable>(_ node: Node, _ name: String, _ type: Word.Type) -> Setting<
        Word
    >? where Word.RawValue == String {
        setting(node, name) { Word(rawValue: $0) }
    }

    // MARK: - Variables and types

    mutating func variable(_ node: Node) -> VariablePath? {
        guard let text = node.string else {
            complain("a variable is written as Topic.Name or Global.Name", at: node)
            return nil
        }
        // Some documents write the formula that reads it.
        guard let path = VariablePath(text.hasPrefix("=") ? String(text.dropFirst()) : text) else {
            complain(
                "'\(text)' is no variable that a dialog sets; write Topic.Name or Global.Name", at: node,
                code: "unknown-variable")
            return nil
        }
        return path
    }

    /// The members that a record type declares.
    func properties(_ node: Node?, depth: Int = 0) -> [DataType.Property] {
        guard let node, depth < 16 else { return [] }
        return node.pairs("properties").map { name, member in
            let type = member.member("type") ?? member
            let isSensitive = [member, type].contains { $0.text("sensitivityLevel") == "Sensitive" }
            return DataType.Property(
                name: name, type: dataType(type, depth: depth + 1), isSensitive: isSensitive,
                isRequired: member.text("isRequired") == "true")
        }
    }

    func dataType(_ node: Node, depth: Int = 0) -> DataType {
        switch node.string ?? node.text("kind") ?? "" {
        case "Blank": .blank
        case "Boolean": .boolean
        case "Number", "Float": .number
        case "String", "Hyperlink", "Guid": .string
        case "Time": .time
        case "Date": .date
        case "DateTime": .dateTime
        case "DateTimeNoTimeZone": .dateTimeNoTimeZone
        case "Record": .record(properties(node, depth: depth))
        case "Table": .table(properties(node, depth: depth))
        default: .any
        }
    }
}

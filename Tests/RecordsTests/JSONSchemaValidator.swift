import Foundation
import Records
import Telephony

/// Validates JSON against a JSON Schema of draft 7, as far as the vCon draft's schema goes: `type`, `required`,
/// `properties`, `items`, `enum`, `const`, `minimum`, `format` (uuid, date-time, uri), `dependencies`, `oneOf`, `anyOf`
/// and `$ref` into the document. A keyword that it does not know is an error, so that it cannot pass by ignorance.
struct JSONSchemaValidator {
    let root: JSONDocument

    private static let annotations: Set<String> = ["$schema", "$id", "title", "description", "definitions"]

    /// What is wrong, each with its place; empty when the value is valid.
    func problems(of value: JSONDocument) -> [String] { problems(of: value, root, at: "") }

    private func problems(of value: JSONDocument, _ schema: JSONDocument, at path: String) -> [String] {
        guard case .object(let keywords) = schema else { return ["\(path): the schema is no object"] }
        var problems: [String] = []
        for (keyword, argument) in keywords.sorted(by: { $0.key < $1.key })
        where !JSONSchemaValidator.annotations.contains(keyword) {
            problems += check(keyword, argument, value, path)
        }
        return problems
    }

    private func check(_ keyword: String, _ argument: JSONDocument, _ value: JSONDocument, _ path: String) -> [String] {
        switch keyword {
        case "$ref": return problems(of: value, definition(argument.string ?? ""), at: path)
        case "type": return isOf(argument.string ?? "", value) ? [] : ["\(path): is no \(argument.string ?? "?")"]
        case "const": return value == argument ? [] : ["\(path): is not \(argument)"]
        case "enum": return (argument.array ?? []).contains(value) ? [] : ["\(path): \(value) is none of the enum"]
        case "minimum":
            guard let number = value.number, let minimum = argument.number else { return [] }
            return number >= minimum ? [] : ["\(path): is less than \(minimum)"]
        case "format": return format(argument.string ?? "", value, path)
        case "required":
            return (argument.array ?? []).compactMap(\.string).filter { isObject(value) && value[$0] == nil }
                .map { "\(path): \($0) is missing" }
        case "properties": return properties(argument, value, path)
        case "items":
            return (value.array ?? []).enumerated().flatMap { problems(of: $1, argument, at: "\(path)/\($0)") }
        case "dependencies": return dependencies(argument, value, path)
        case "anyOf", "oneOf":
            let matches = (argument.array ?? []).count { problems(of: value, $0, at: path).isEmpty }
            let isValid = keyword == "anyOf" ? matches > 0 : matches == 1
            return isValid ? [] : ["\(path): \(matches) of \(keyword) match"]
        default: return ["\(path): the validator does not know \(keyword)"]
        }
    }

    private func isObject(_ value: JSONDocument) -> Bool { if case .object = value { true } else { false } }

    private func properties(_ argument: JSONDocument, _ value: JSONDocument, _ path: String) -> [String] {
        guard case .object(let schemas) = argument, case .object(let members) = value else { return [] }
        return members.sorted { $0.key < $1.key }.flatMap { name, member in
            schemas[name].map { problems(of: member, $0, at: "\(path)/\(name)") } ?? []
        }
    }

    private func dependencies(_ argument: JSONDocument, _ value: JSONDocument, _ path: String) -> [String] {
        guard case .object(let rules) = argument else { return [] }
        return rules.sorted { $0.key < $1.key }.flatMap { name, needed -> [String] in
            guard value[name] != nil else { return [] }
            return (needed.array ?? []).compactMap(\.string).filter { value[$0] == nil }
                .map { "\(path): \(name) needs \($0)" }
        }
    }

    private func definition(_ reference: String) -> JSONDocument {
        reference.dropFirst(2).split(separator: "/").reduce(root) { $0[String($1)] ?? .null }
    }

    private func isOf(_ type: String, _ value: JSONDocument) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("boolean", .boolean), ("null", .null),
            ("number", .number):
            true
        case ("integer", .number(let number)): number.rounded() == number
        default: false
        }
    }

    private func format(_ format: String, _ value: JSONDocument, _ path: String) -> [String] {
        guard let text = value.string else { return [] }
        let isValid =
            switch format {
            case "uuid": UUID(uuidString: text) != nil
            case "date-time": WallTime(text) != nil
            case "uri": URL(string: text)?.scheme != nil
            default: false
            }
        return isValid ? [] : ["\(path): \(text) is no \(format)"]
    }
}

package import Yams

/// A YAML document, read within limits, so that no document can exhaust the machine.
package struct YAMLDocument {
    /// What a document may cost; the largest agent in use is a hundredth of it.
    package enum Limits {
        /// Octets of a file.
        package static let size = 1 << 20
        /// Values within values.
        package static let depth = 64
        /// Values in all, each alias counted as often as it is used.
        package static let nodes = 200_000
        /// Uses of aliases.
        package static let aliases = 1_000
    }

    package let root: Node
    package let file: String

    /// Reads one document.
    ///
    /// - Throws: the ``Diagnostic`` that says where the text is no YAML, or which limit it breaks.
    package init(_ text: String, file: String) throws(Diagnostic) {
        self.file = file
        guard text.utf8.count <= Limits.size else {
            throw Diagnostic(
                file: file, line: 0, column: 0, code: "yaml",
                message: "is \(text.utf8.count) octets long; a document may have \(Limits.size): split it")
        }
        try YAMLDocument.checkEvents(text, file: file)
        do {
            guard let root = try Yams.compose(yaml: text) else {
                throw Diagnostic(
                    file: file, line: 0, column: 0, code: "yaml",
                    message: "is empty; a topic begins with a 'kind' line, a configuration with 'agents'")
            }
            self.root = root
        } catch let diagnostic as Diagnostic {
            throw diagnostic
        } catch {
            throw YAMLDocument.openQuote(in: text, file: file, YAMLDocument.diagnostic(for: error, file: file))
        }
        var budget = Limits.nodes
        try YAMLDocument.count(root, depth: 0, budget: &budget, file: file)
    }

    /// Refuses text that nests or refers too much before anything is built from it.
    private static func checkEvents(_ text: String, file: String) throws(Diagnostic) {
        var aliases = 0
        var depth = 0
        var deepest = 0
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "*"): aliases += 1
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            default: break
            }
        }
        if deepest > 4 * Limits.depth || aliases > 20 * Limits.aliases {
            throw Diagnostic(
                file: file, line: 0, column: 0, code: "yaml",
                message: "nests or refers too much to be a document: at most \(Limits.depth) values within values")
        }
    }

    private static func count(
        _ node: Node, depth: Int, budget: inout Int, file: String
    ) throws(Diagnostic) {
        budget -= 1
        guard budget >= 0 else {
            throw Diagnostic(
                file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0, code: "yaml",
                message: "grows beyond \(Limits.nodes) values when its aliases are followed: write the values out")
        }
        guard depth <= Limits.depth else {
            throw Diagnostic(
                file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0, code: "yaml",
                message: "is nested deeper than \(Limits.depth) values: move the inner part to a topic of its own")
        }
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                try count(key, depth: depth + 1, budget: &budget, file: file)
                try count(value, depth: depth + 1, budget: &budget, file: file)
            }
        case .sequence(let sequence):
            for value in sequence { try count(value, depth: depth + 1, budget: &budget, file: file) }
        case .scalar, .alias: break
        }
    }

    /// A quote that is not closed ends at the next one, lines below, and only what follows that makes no sense: the line
    /// to look at is the one that opens it.
    private static func openQuote(in text: String, file: String, _ diagnostic: Diagnostic) -> Diagnostic {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.prefix(max(0, diagnostic.line)).enumerated() {
            let value = line.drop { $0 == " " || $0 == "-" }.drop { $0 != ":" }.dropFirst().drop { $0 == " " }
            guard let quote = value.first, quote == "\"" || quote == "'" else { continue }
            let rest = value.dropFirst().filter { $0 == quote }.count
            guard rest == 0 else { continue }
            let column = line.distance(from: line.startIndex, to: value.startIndex) + 1
            return Diagnostic(
                file: file, line: index + 1, column: column, code: "yaml",
                message: "is not YAML: the quote that opens here is not closed in its line; close it, or remove it")
        }
        return diagnostic
    }

    private static func diagnostic(for error: any Error, file: String) -> Diagnostic {
        guard let yaml = error as? YamlError else {
            return Diagnostic(file: file, line: 0, column: 0, code: "yaml", message: "cannot be read as YAML: \(error)")
        }
        switch yaml {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let around = context.map { " \($0.text)" } ?? ""
            // An open quote or bracket is noticed far below: the place where it was opened is the one to look at.
            let opened = context.flatMap { ["quoted", "flow"].contains(where: $0.text.contains) ? $0.mark : nil }
            let mark = opened ?? mark
            return Diagnostic(
                file: file, line: mark.line, column: mark.column, code: "yaml",
                message: "is not YAML here: \(problem)\(around.isEmpty ? "" : " (\(around.trimmingSpace))"); "
                    + "check the indentation and quotes of this line and the one above")
        case .duplicatedKeysInMapping(let duplicates, let context):
            return Diagnostic(
                file: file, line: context.mark.line, column: context.mark.column, code: "yaml",
                message: "has \(duplicates.map { "'\($0)'" }.joined(separator: ", ")) twice in one mapping: keep one")
        case .reader(let problem, _, _, _):
            return Diagnostic(
                file: file, line: 0, column: 0, code: "yaml",
                message: "has octets that are not UTF-8 text (\(problem)): save it as UTF-8")
        default:
            return Diagnostic(file: file, line: 0, column: 0, code: "yaml", message: "cannot be read as YAML: \(yaml)")
        }
    }
}

extension String {
    fileprivate var trimmingSpace: String { String(drop { $0 == " " }) }
}

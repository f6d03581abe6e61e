import CallFlow
import Documents
import Formula
import Yams

// Messages: text and speech markup, with formulas in braces.

extension TopicReader {
    /// A message: a text, or a mapping with `speak` or `text`, of which `speak` is said.
    mutating func message(_ node: Node, _ property: String) -> Message {
        guard case .mapping = node else {
            return Message(variants: [parts(node, property, isMarkup: true)])
        }
        let name = node.member("speak") != nil ? "speak" : "text"
        let lines = node.items(name)
        if lines.isEmpty, ["Message", nil].contains(node.text("kind")) {
            complain(
                "this message says nothing on a call; give it 'speak' or 'text'", at: node, code: "empty-message",
                isError: false)
        }
        var variants: [[Message.Part]] = []
        for (index, line) in lines.enumerated() {
            let place = "\(property).\(name).\(index)"
            variants.append(parts(line, place, isMarkup: name == "speak"))
        }
        return Message(
            variants: variants, allowsBargeIn: node.text("allowBargeIn") != "false",
            isRandom: node.text("randomizeVariantSelection") != "false")
    }

    /// A message of a single line of text.
    mutating func line(_ node: Node, _ property: String) -> Message {
        Message(variants: [parts(node, property, isMarkup: true)])
    }

    /// What a message says, as one text without markup, for a person who reads it.
    mutating func plainText(_ node: Node, _ property: String) -> Template? {
        if case .mapping = node {
            let line = node.items("text").first ?? node.items("speak").first
            return line.flatMap { template($0, property) }
        }
        return template(node, property)
    }

    /// The pieces of a line. Formulas are cut out before the markup is read, so that no value can be markup.
    private mutating func parts(_ node: Node, _ property: String, isMarkup: Bool) -> [Message.Part] {
        guard let template = template(node, property) else { return [] }
        var formulas: [Expression] = []
        var text = ""
        for segment in template.segments {
            switch segment {
            case .literal(let literal): text += literal.filter { !$0.isStandIn }
            case .formula(let formula):
                guard let standIn = Unicode.Scalar(0xE000 + UInt32(min(formulas.count, 0x18FF))) else { continue }
                text.unicodeScalars.append(standIn)
                formulas.append(formula)
            }
        }
        if formulas.count > 0x18FF { complain("has more formulas than a message can: split it", at: node) }
        let markup = SSML(isMarkup ? text : text.withoutMarkdown)
        for note in markup.notes { complain(note.message, at: node, code: "markup", isError: false) }
        return parts(markup.pieces, formulas, node)
    }

    private mutating func parts(
        _ pieces: [SSML.Piece], _ formulas: [Expression], _ node: Node
    ) -> [Message.Part] {
        var parts: [Message.Part] = []
        for piece in pieces {
            switch piece {
            case .pause(let milliseconds): parts.append(.pause(milliseconds: milliseconds))
            case .text(let text, let style):
                parts.append(.text(TopicReader.template(text, formulas), style))
            case .audio(let source, let otherwise):
                let fallback = self.parts(otherwise, formulas, node)
                if source.contains("://") {
                    complain(
                        "\(source) is audio of another machine, which is not fetched in a call; put the file into the agent's folder",
                        at: node, code: "unsupported", isError: fallback.isEmpty)
                    parts += fallback
                    continue
                }
                let path = TopicReader.template(source, formulas)
                if path.isConstant { checkAudio(source, node, hasFallback: !fallback.isEmpty) }
                parts.append(.audioFile(path, otherwise: fallback))
            }
        }
        return parts
    }

    mutating func checkAudio(_ path: String, _ node: Node, hasFallback: Bool) {
        if path.hasPrefix("/") || path.split(separator: "/").contains("..") {
            complain(
                "the audio file \(path) lies outside of the agent's folder; put it into it", at: node,
                code: "missing-audio")
        } else if !context.fileExists(path) {
            complain(
                "the audio file \(path) is not in the agent's folder; add it or correct the path", at: node,
                code: "missing-audio",
                isError: !hasFallback)
        }
    }

    /// A text in which characters stand for formulas, as a template.
    private static func template(_ text: String, _ formulas: [Expression]) -> Template {
        var source = ""
        for character in text {
            if let scalar = character.unicodeScalars.first, character.isStandIn {
                let index = Int(scalar.value) - 0xE000
                if formulas.indices.contains(index) { source += "{\(formulas[index].source)}" }
                // What combines with the character belongs to the text behind it.
                for rest in character.unicodeScalars.dropFirst() { source.unicodeScalars.append(rest) }
            } else {
                if "\\{}".contains(character) { source.append("\\") }
                source.append(character)
            }
        }
        return (try? Template(source)) ?? Template(constant: text)
    }
}

extension Character {
    /// A character of the private use area, which stands for a formula.
    fileprivate var isStandIn: Bool {
        unicodeScalars.first.map { (0xE000...0xF8FF).contains($0.value) } ?? false
    }
}

extension String {
    /// The text without the marks that make it bold, a heading, a list or a link on a screen.
    fileprivate var withoutMarkdown: String {
        var lines: [String] = []
        for line in split(separator: "\n", omittingEmptySubsequences: false) {
            var rest = line.drop { $0 == " " }
            if rest.hasPrefix("#") { rest = rest.drop { $0 == "#" } }
            if rest.hasPrefix("- ") || rest.hasPrefix("* ") { rest = rest.dropFirst(2) }
            lines.append(String(rest).withoutMarks)
        }
        return lines.joined(separator: "\n")
    }

    private var withoutMarks: String {
        var result = ""
        var rest = Substring(self)
        while let character = rest.first {
            if rest.hasPrefix("**") || rest.hasPrefix("__") {
                rest = rest.dropFirst(2)
            } else if character == "`" {
                rest = rest.dropFirst()
            } else if character == "[", let close = rest.firstIndex(of: "]"),
                rest[rest.index(after: close)...].hasPrefix("("), let end = rest[close...].firstIndex(of: ")")
            {
                if result.hasSuffix("!") { result.removeLast() }
                result += rest[rest.index(after: rest.startIndex)..<close]
                rest = rest[rest.index(after: end)...]
            } else {
                result.append(character)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}

package import Yams

/// A value of a document with its place.
package struct SourceValue {
    package let node: Node
    package let text: SourceText

    package init(_ node: Node, in text: SourceText) {
        self.node = node
        self.text = text
    }

    /// Where the value begins.
    package var place: SourcePlace { SourcePlace(line: node.mark?.line ?? 0, column: node.mark?.column ?? 0) }

    /// A member of a mapping; `nil` when it is absent, empty or null.
    package subscript(_ name: String) -> SourceValue? {
        guard case .mapping(let mapping) = node, let value = mapping[Node(name)] else { return nil }
        if case .scalar(let scalar) = value, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
            return nil
        }
        return SourceValue(value, in: text)
    }

    /// A member of a member.
    package func at(_ path: String...) -> SourceValue? {
        path.reduce(Optional(self)) { value, name in value?[name] }
    }

    /// The text of a single value.
    package var string: String? {
        guard case .scalar(let scalar) = node else { return nil }
        return scalar.string
    }

    package var boolean: Bool? { string.flatMap { Bool($0.lowercased()) } }

    /// A whole number that is written out; `nil` for a formula.
    package var integer: Int? {
        guard let number = string.flatMap({ Double($0) }), number.isFinite, abs(number) < 1e9 else { return nil }
        return Int(number)
    }

    package var isMapping: Bool {
        if case .mapping = node { true } else { false }
    }

    /// The items of a list; none when the value is no list.
    package var items: [SourceValue] {
        guard case .sequence(let sequence) = node else { return [] }
        return sequence.map { SourceValue($0, in: text) }
    }

    /// The members of a mapping in their order, with the place of each name.
    package var members: [(name: String, place: SourcePlace, value: SourceValue)] {
        guard case .mapping(let mapping) = node else { return [] }
        return mapping.map { key, value in
            let place = SourcePlace(line: key.mark?.line ?? 0, column: key.mark?.column ?? 0)
            return (key.string ?? "", place, SourceValue(value, in: text))
        }
    }

    /// The place of a member's name; that of the value itself when it has no such member.
    package func place(of name: String) -> SourcePlace { members.first { $0.name == name }?.place ?? place }

    /// The lines that the value takes.
    package var lines: ClosedRange<Int> { place.line...max(place.line, lastLine) }

    /// The last line that the value takes.
    package var lastLine: Int {
        switch node {
        case .mapping(let mapping):
            mapping.map { max($0.key.mark?.line ?? 0, SourceValue($0.value, in: text).lastLine) }.max() ?? place.line
        case .sequence(let sequence):
            sequence.map { SourceValue($0, in: text).lastLine }.max() ?? place.line
        case .scalar(let scalar): place(ofOffset: scalar.string.count).line
        case .alias: place.line
        }
    }

    /// The place of a formula's mistake or name, which counts Unicode scalars.
    package func place(ofScalar offset: Int) -> SourcePlace {
        guard let string else { return place }
        let scalars = string.unicodeScalars
        let end = scalars.index(scalars.startIndex, offsetBy: max(0, offset), limitedBy: scalars.endIndex)
        return place(ofOffset: String(scalars[..<(end ?? scalars.endIndex)]).count)
    }

    /// The place of a character of a single value's text in the document, whatever quotes, escapes, folding and
    /// indentation stand between them.
    package func place(ofOffset offset: Int) -> SourcePlace {
        guard case .scalar(let scalar) = node, place.line > 0, place.line <= text.lines.count else { return place }
        var walk = SourceWalk(text.lines, from: place, style: scalar.style)
        for (index, character) in scalar.string.enumerated() {
            walk.find(character)
            if index >= offset { break }
            if index + 1 < scalar.string.count { walk.step() }
        }
        return walk.place
    }
}

/// Finds the characters of a value in the lines it was read from.
private struct SourceWalk {
    private let lines: [[Character]]
    private var line: Int
    private var column: Int

    init(_ lines: [[Character]], from place: SourcePlace, style: Node.Scalar.Style) {
        self.lines = lines
        line = place.line - 1
        column = max(0, place.column - 1)
        switch style {
        case .singleQuoted, .doubleQuoted: column += 1
        case .literal, .folded:
            line += 1
            column = 0
        default: break
        }
    }

    var place: SourcePlace { SourcePlace(line: min(line, max(0, lines.count - 1)) + 1, column: column + 1) }

    mutating func step() { column += 1 }

    /// Moves to the next place where a character stands; stays when it is nowhere near.
    mutating func find(_ wanted: Character) {
        if wanted.isWhitespace { return }
        var (line, column) = (line, column)
        var left = 2_000
        while line < lines.count, left > 0 {
            if column < lines[line].count {
                if lines[line][column] == wanted {
                    (self.line, self.column) = (line, column)
                    return
                }
                column += 1
            } else {
                line += 1
                column = 0
            }
            left -= 1
        }
    }
}

/// Text with formulas in braces: `Hello {Topic.Name}`. `\{` stands for a brace.
public struct Template: Sendable {
    /// A piece of a template.
    public enum Segment: Sendable {
        case literal(String)
        case formula(Expression)
    }

    public let segments: [Segment]
    /// The names that its formulas read, with their place in the text.
    public let references: [(path: [String], offset: Int)]
    private let formulas: [(expression: Expression, offset: Int)]

    /// - Throws: ``Diagnostic`` where a brace is not closed or a formula is wrong.
    public init(_ text: String) throws(Diagnostic) {
        var segments: [Segment] = []
        var formulas: [(Expression, Int)] = []
        let characters = Array(text)
        var literal = ""
        var index = 0
        while index < characters.count {
            if characters[index] == "\\", index + 1 < characters.count, "{}\\".contains(characters[index + 1]) {
                literal.append(characters[index + 1])
                index += 2
            } else if characters[index] == "{" {
                let end = try Template.end(of: characters, from: index)
                if !literal.isEmpty { segments.append(.literal(literal)) }
                literal = ""
                do throws(Diagnostic) {
                    let expression = try Expression(String(characters[index + 1..<end]))
                    formulas.append((expression, index + 1))
                    segments.append(.formula(expression))
                } catch {
                    throw Diagnostic(offset: error.offset + index + 1, message: error.message)
                }
                index = end + 1
            } else {
                literal.append(characters[index])
                index += 1
            }
        }
        if !literal.isEmpty { segments.append(.literal(literal)) }
        self.segments = segments
        self.formulas = formulas
        references = formulas.flatMap { formula in
            formula.0.references.map { ($0.path, $0.offset + formula.1) }
        }
    }

    /// A template of one formula.
    public init(_ expression: Expression) {
        segments = [.formula(expression)]
        formulas = [(expression, 0)]
        references = expression.references
    }

    /// The template as a formula that joins its parts.
    public var asExpression: Expression {
        var node = Node.literal(.text(""))
        for segment in segments {
            switch segment {
            case .literal(let text): node = .binary("&", node, .literal(.text(text)), offset: 0)
            case .formula(let expression): node = .binary("&", node, expression.root, offset: 0)
            }
        }
        return Expression(root: node, source: "text")
    }

    /// The brace that closes the one at an index: braces nest, and count for nothing in quotes.
    private static func end(of characters: [Character], from start: Int) throws(Diagnostic) -> Int {
        var depth = 0
        var isQuoted = false
        for index in start..<characters.count {
            switch characters[index] {
            case "\"": isQuoted.toggle()
            case "{" where !isQuoted: depth += 1
            case "}" where !isQuoted:
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        throw Diagnostic(offset: start, message: "this brace is not closed; write \\{ for a brace that is text")
    }

    /// The mistakes that are known without evaluating.
    public func check(_ isKnown: ([String]) -> String?) -> [Diagnostic] {
        formulas.flatMap { formula in
            formula.expression.check(isKnown).map {
                Diagnostic(offset: $0.offset + formula.offset, message: $0.message)
            }
        }
    }

    /// The text, as a value that is sensitive when any part is, or the error of the first part that has one.
    public func evaluate(in scope: some FormulaScope) -> Value {
        var text = ""
        var isSensitive = false
        for segment in segments {
            switch segment {
            case .literal(let literal): text += literal
            case .formula(let expression):
                let value = expression.evaluate(in: scope)
                if value.error != nil { return value }
                guard let part = Coercion.text(value.kind) else {
                    return .error(.invalidArgument, "\(expression.source) is a record or table, which has no text")
                }
                text += part
                isSensitive = isSensitive || value.isSensitive
            }
        }
        return Value(.text(text), isSensitive: isSensitive)
    }

    /// It has no formula, so it is the same for every caller.
    public var isConstant: Bool { formulas.isEmpty }
}

/// Text with formulas in braces: `Hello {Topic.Name}`. `\{` stands for a brace.
public struct Template: Sendable {
    /// A piece of a template.
    public enum Segment: Sendable {
        /// Text as it stands.
        case literal(String)
        /// A formula whose text is put in.
        case formula(Expression)
    }

    /// Its texts and formulas, in order.
    public let segments: [Segment]
    /// The names that its formulas read, with their place in the text.
    public let references: [(path: [String], offset: Int)]
    private let formulas: [(expression: Expression, offset: Int)]

    /// - Throws: ``Diagnostic`` where a brace is not closed or a formula is wrong.
    public init(_ text: String) throws(Diagnostic) {
        var segments: [Segment] = []
        var formulas: [(Expression, Int)] = []
        let scalars = Array(text.unicodeScalars)
        var literal = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            if scalars[index] == "\\", index + 1 < scalars.count, "{}\\".unicodeScalars.contains(scalars[index + 1]) {
                literal.append(scalars[index + 1])
                index += 2
            } else if scalars[index] == "{" {
                let end = try Template.end(of: scalars, from: index)
                if !literal.isEmpty { segments.append(.literal(String(literal))) }
                literal = String.UnicodeScalarView()
                do throws(Diagnostic) {
                    let expression = try Expression(
                        String(String.UnicodeScalarView(scalars[index + 1..<end])))
                    formulas.append((expression, index + 1))
                    segments.append(.formula(expression))
                } catch {
                    throw error.moved(by: index + 1)
                }
                index = end + 1
            } else {
                literal.append(scalars[index])
                index += 1
            }
        }
        if !literal.isEmpty { segments.append(.literal(String(literal))) }
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
        let parts = segments.map { segment in
            switch segment {
            case .literal(let text): Syntax(kind: .text(text), span: 0..<0, height: 1)
            case .formula(let expression): expression.syntax
            }
        }
        let height = 1 + (parts.map(\.height).max() ?? 0)
        return Expression(syntax: Syntax(kind: .interpolation(parts), span: 0..<0, height: height), source: "text")
    }

    /// The brace that closes the one at an index: braces nest, and count for nothing in quotes.
    private static func end(of scalars: [Unicode.Scalar], from start: Int) throws(Diagnostic) -> Int {
        var depth = 0
        var isQuoted = false
        for index in start..<scalars.count {
            switch scalars[index] {
            case "\"": isQuoted.toggle()
            case "{" where !isQuoted: depth += 1
            case "}" where !isQuoted:
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        throw Diagnostic(
            offset: start, length: 1, message: "this brace is not closed; write \\{ for a brace that is text")
    }

    /// The mistakes that are known without evaluating.
    public func check(_ isKnown: ([String]) -> String?) -> [Diagnostic] {
        formulas.flatMap { formula in formula.expression.check(isKnown).map { $0.moved(by: formula.offset) } }
    }

    /// The mistakes that are known without evaluating, with the types of variables: also values that have no text.
    public func check(types: some FormulaTypes) -> [Diagnostic] {
        formulas.flatMap { formula -> [Diagnostic] in
            let (type, diagnostics) = formula.expression.check(types: types)
            let place = formula.offset
            if diagnostics.isEmpty, !type.converts(to: .text) {
                return [
                    Diagnostic(
                        offset: place, length: formula.expression.source.unicodeScalars.count,
                        message: "a \(type.name.lowercased()) has no text; name one of its columns or use JSON()")
                ]
            }
            return diagnostics.map { $0.moved(by: place) }
        }
    }

    /// The text, as a value that is sensitive when any part is, or the error of the first part that has one.
    public func evaluate(in scope: some FormulaScope, budget: EvaluationBudget = .call) -> Value {
        var text = ""
        var isSensitive = false
        for segment in segments {
            switch segment {
            case .literal(let literal): text += literal
            case .formula(let expression):
                let value = expression.evaluate(in: scope, budget: budget)
                isSensitive = isSensitive || value.isSensitive
                if value.error != nil { return value.marked(sensitive: isSensitive) }
                guard let part = Coercion.text(value.kind, Language(scope.language) ?? .english) else {
                    return .error(.invalidArgument, "\(expression.source) is a record or table, which has no text")
                        .marked(sensitive: isSensitive)
                }
                text += part
            }
        }
        return Value(.text(text), isSensitive: isSensitive)
    }

    /// It has no formula, so it is the same for every caller.
    public var isConstant: Bool { formulas.isEmpty }
}

/// Reads a formula's tokens into a tree, by precedence climbing.
///
/// Lowest first: `||`, `&&`, comparisons and `in`, `&`, `+ -`, `* /`, `^`, prefix, `%`, members.
struct Parser {
    private let tokens: [Token]
    private var position = 0
    private var depth = 0

    /// Parts within parts; deeper formulas are refused.
    static let deepest = 100

    init(_ tokens: [Token]) { self.tokens = tokens }

    mutating func parse() throws(Diagnostic) -> Node {
        let node = try expression(0)
        guard case .end = current.kind else {
            throw Diagnostic(offset: current.offset, message: "the formula goes on after its end: \(shown(current))")
        }
        return node
    }

    private var current: Token { tokens[position] }

    private func shown(_ token: Token) -> String {
        switch token.kind {
        case .number(let value): Coercion.text(value)
        case .text: "a text"
        case .identifier(let name): name
        case .symbol(let symbol): symbol
        case .end: "the end"
        }
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard current.kind == .symbol(symbol) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ symbol: String, _ why: String) throws(Diagnostic) {
        guard take(symbol) else {
            throw Diagnostic(offset: current.offset, message: "'\(symbol)' is missing \(why); found \(shown(current))")
        }
    }

    private static let levels: [[String]] = [
        ["||", "or"], ["&&", "and"], ["=", "<>", "<", "<=", ">", ">=", "in", "exactin"], ["&"], ["+", "-"], ["*", "/"],
        ["^"],
    ]

    /// The operator at this level that comes next, if any.
    private func operatorHere(_ level: Int) -> String? {
        switch current.kind {
        case .symbol(let symbol): Parser.levels[level].contains(symbol) ? symbol : nil
        case .identifier(let name):
            Parser.levels[level].contains(name.lowercased()) ? name.lowercased() : nil
        default: nil
        }
    }

    private mutating func expression(_ level: Int) throws(Diagnostic) -> Node {
        guard level < Parser.levels.count else { return try prefix() }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Parser.deepest * Parser.levels.count else {
            throw Diagnostic(
                offset: current.offset, message: "the formula is nested deeper than \(Parser.deepest); take it apart")
        }
        var left = try expression(level + 1)
        while let symbol = operatorHere(level) {
            let offset = current.offset
            position += 1
            left = .binary(symbol, left, try expression(level + 1), offset: offset)
        }
        return left
    }

    private mutating func prefix() throws(Diagnostic) -> Node {
        depth += Parser.levels.count
        defer { depth -= Parser.levels.count }
        guard depth <= Parser.deepest * Parser.levels.count else {
            throw Diagnostic(
                offset: current.offset, message: "the formula is nested deeper than \(Parser.deepest); take it apart")
        }
        if take("-") { return .unary("-", try prefix()) }
        if take("!") { return .unary("!", try prefix()) }
        if case .identifier(let name) = current.kind, name.lowercased() == "not",
            tokens[position + 1].kind != .symbol("(")
        {
            position += 1
            return .unary("!", try prefix())
        }
        return try postfix()
    }

    private mutating func postfix() throws(Diagnostic) -> Node {
        var node = try primary()
        while true {
            if take("%") {
                node = .binary("/", node, .literal(.number(100)), offset: current.offset)
            } else if current.kind == .symbol(".") {
                position += 1
                let offset = current.offset
                guard case .identifier(let name) = current.kind else {
                    throw Diagnostic(offset: offset, message: "a member's name is missing after '.'")
                }
                position += 1
                if case .name(let names, let start) = node {
                    node = .name(names + [name], offset: start)
                } else {
                    node = .member(node, name, offset: offset)
                }
            } else {
                return node
            }
        }
    }

    private mutating func primary() throws(Diagnostic) -> Node {
        let token = current
        position += 1
        switch token.kind {
        case .number(let value): return .literal(.number(value))
        case .text(let text): return .literal(.text(text))
        case .identifier(let name): return try named(name, at: token.offset)
        case .symbol("("):
            let inner = try expression(0)
            try expect(")", "to close the bracket")
            return inner
        case .symbol("{"): return try record()
        case .symbol("["): return .table(try list(until: "]", "to close the table"))
        case .symbol, .end:
            position -= 1
            throw Diagnostic(offset: token.offset, message: "a value is missing before \(shown(token))")
        }
    }

    private mutating func named(_ name: String, at offset: Int) throws(Diagnostic) -> Node {
        if take("(") { return .call(name, try list(until: ")", "to close \(name)("), offset: offset) }
        switch name.lowercased() {
        case "true": return .literal(.boolean(true))
        case "false": return .literal(.boolean(false))
        default: return .name([name], offset: offset)
        }
    }

    private mutating func list(until end: String, _ why: String) throws(Diagnostic) -> [Node] {
        var items: [Node] = []
        if take(end) { return items }
        repeat { items.append(try expression(0)) } while take(",")
        try expect(end, why)
        return items
    }

    private mutating func record() throws(Diagnostic) -> Node {
        var fields: [(name: String, value: Node)] = []
        if take("}") { return .record(fields) }
        repeat {
            guard case .identifier(let name) = current.kind else {
                throw Diagnostic(offset: current.offset, message: "a field's name is missing; found \(shown(current))")
            }
            position += 1
            try expect(":", "after the field's name")
            fields.append((name, try expression(0)))
        } while take(",")
        try expect("}", "to close the record")
        return .record(fields)
    }
}

import Telephony

// Names: rows of scopes, enumerations, variables, columns, functions.

extension Binder {
    /// Binds a name with the members behind it.
    mutating func path(_ names: [(name: String, span: Range<Int>)]) -> Bound {
        guard let (base, span) = names.first else { return Bound(.constant(.blank), .blank) }
        var openLevel: Int?
        for (level, scope) in scopes.enumerated().reversed() {
            if let alias = scope.alias {
                if alias == base { return members(names.dropFirst(), of: Bound(.row(level), scope.rowType)) }
                continue
            }
            if base == "ThisRecord", scope.hasThisRecord {
                return members(names.dropFirst(), of: Bound(.row(level), scope.rowType))
            }
            if let type = scope.rowType.column(base) {
                return members(names.dropFirst(), of: Bound(.field(level, base), type))
            }
            if scope.rowType == .unknown { openLevel = openLevel ?? level }
        }
        if names.count > 1, let enumeration = Enumerations.all[base] {
            guard let value = enumeration.first(where: { $0.name == names[1].name })?.value else {
                let nearest = nearestName(to: names[1].name, among: enumeration.map(\.name))
                return fail(
                    "\(base) has no \(names[1].name)" + (nearest.map { "; did you mean \($0)?" } ?? ""),
                    at: names[1].span)
            }
            return members(names.dropFirst(2), of: Bound(.constant(value), value.kind.type))
        }
        let path = names.map(\.name)
        if let openLevel { return Bound(.fieldOrVariable(openLevel, path), .unknown) }
        let end = names.last?.span.upperBound ?? span.upperBound
        return variable(path, span.lowerBound..<end)
    }

    mutating func variable(_ path: [String], _ span: Range<Int>) -> Bound {
        note(reference: path, at: span.lowerBound)
        switch resolve(path) {
        case .type(let type): return Bound(.variable(path), type)
        case .problem(let message): return fail(message + columnHint(path), at: span, .name)
        }
    }

    /// The column of an enclosing row that a name most likely means.
    private func columnHint(_ path: [String]) -> String {
        guard let name = path.first else { return "" }
        let columns = scopes.reversed().flatMap { scope in
            scope.alias == nil ? (scope.rowType.columns ?? []).map(\.name) : []
        }
        return nearestName(to: name, among: columns).map { "; did you mean the column \($0)?" } ?? ""
    }

    mutating func member(_ inner: Syntax, _ name: String, _ span: Range<Int>) -> Bound {
        var names = [(name: name, span: span)]
        var base = inner
        while case .member(let deeper, let name, let span) = base.kind {
            names.append((name, span))
            base = deeper
        }
        names.reverse()
        if case .name(let name) = base.kind { return path([(name, base.span)] + names) }
        return members(names[...], of: bind(base))
    }

    private mutating func members(_ names: ArraySlice<(name: String, span: Range<Int>)>, of base: Bound) -> Bound {
        names.reduce(base) { member($1.name, $1.span, of: $0) }
    }

    private mutating func member(_ name: String, _ span: Range<Int>, of base: Bound) -> Bound {
        switch base.type {
        case .record(let columns):
            guard let type = base.type.column(name) else { return noColumn(name, columns, span) }
            return Bound(.member(base.node, name), type)
        case .table(let columns):
            guard let type = base.type.column(name) else { return noColumn(name, columns, span) }
            return Bound(.column(base.node, name), .table([FormulaType.Column(name, type)]))
        case .untyped: return Bound(.member(base.node, name), .untyped)
        case .unknown, .blank, .choice: return Bound(.member(base.node, name), base.type == .choice ? .text : .unknown)
        default: return fail("'.\(name)' needs a record or table, and this is \(base.type.phrase)", at: span)
        }
    }

    mutating func noColumn(_ name: String, _ columns: [FormulaType.Column], _ span: Range<Int>) -> Bound {
        let names = columns.map(\.name)
        let hint =
            if let nearest = nearestName(to: name, among: names) {
                "; did you mean \(nearest)?"
            } else if names.isEmpty {
                ""
            } else {
                "; there is " + names.prefix(6).joined(separator: ", ")
            }
        return fail("there is no column '\(name)' here\(hint)", at: span, .name)
    }

    // MARK: - Calls

    mutating func call(_ name: String, _ arguments: [Syntax], _ span: Range<Int>) -> Bound {
        let nameSpan = span.lowerBound..<min(span.upperBound, span.lowerBound + name.unicodeScalars.count)
        guard let function = Function.all[name] else {
            if Function.unsupported.contains(name) {
                note(unsupported: name)
                return fail(
                    "\(name) is not supported: a call has nothing for it to act on", at: nameSpan, .notSupported)
            }
            if name == "Type" {
                return fail("Type names a type for another function; it has no value here", at: nameSpan, .name)
            }
            let nearest = nearestName(to: name, among: Function.names)
            return fail(
                "there is no function \(name)" + (nearest.map { "; did you mean \($0)?" } ?? ""), at: nameSpan, .name)
        }
        let site = CallSite(function: function, arguments: arguments, span: span)
        guard function.arity.contains(arguments.count) else {
            return fail("\(name) takes \(function.arity.phrase), not \(arguments.count)", at: span)
        }
        switch function.typing {
        case .custom(let bind): return bind(&self, site)
        case .fixed(let type): return plain(site, type)
        case .numeric: return plain(site, nil)
        }
    }

    /// A function of values: its arguments are checked against its parameters.
    mutating func plain(_ site: CallSite, _ result: FormulaType?) -> Bound {
        guard case .values(let parameters, let mapsTables, _) = site.function.body else {
            return Bound(.constant(.blank), .blank)
        }
        var nodes: [Node] = []
        var types: [FormulaType] = []
        var isMapped = false
        for (index, argument) in site.arguments.enumerated() {
            let bound = bind(argument)
            var type = bound.type
            let isScalar = if case .table = parameters[index] { false } else { true }
            if mapsTables, isScalar, type.isTable {
                isMapped = true
                type = type.singleColumn ?? (type == .table([]) ? .unknown : type)
            }
            if !parameters[index].takes(type) {
                complain(
                    "\(site.function.name) takes \(parameters[index].expectation) as its \(index.ordinal) argument, "
                        + "not \(type.phrase)", at: argument.span)
            }
            nodes.append(bound.node)
            types.append(bound.type)
        }
        let scalar = result ?? (types.contains { $0 == .number || $0.singleColumn == .number } ? .number : numberType)
        let type: FormulaType = isMapped ? .table([FormulaType.Column("Value", scalar)]) : scalar
        return Bound(.call(Call(site.function, nodes, types, type: type)), type)
    }
}

extension ClosedRange<Int> {
    /// How many arguments, for a sentence.
    fileprivate var phrase: String {
        func count(_ number: Int) -> String {
            number == 1 ? "1 argument" : number == 0 ? "no argument" : "\(number) arguments"
        }
        if lowerBound == upperBound { return count(lowerBound) }
        if upperBound >= Function.unlimited { return "at least " + count(lowerBound) }
        return "\(lowerBound) to \(count(upperBound))"
    }
}

extension Int {
    /// The place in a list from 0, for a sentence.
    var ordinal: String {
        switch self {
        case 0: "1st"
        case 1: "2nd"
        case 2: "3rd"
        default: "\(self + 1)th"
        }
    }
}

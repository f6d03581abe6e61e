// Conditions, blanks and scopes.

extension Function {
    static let logic: [Function] = [
        Function("If", 2...unlimited, bind: bindIf, evaluateIf),
        Function("Switch", 3...unlimited, bind: bindSwitch, evaluateSwitch),
        Function("And", 1...unlimited, bind: bindJunction) { $1.junction($0.arguments, decides: false) },
        Function("Or", 1...unlimited, bind: bindJunction) { $1.junction($0.arguments, decides: true) },
        Function("Coalesce", 1...unlimited, bind: bindCoalesce) { call, evaluator in
            for argument in call.arguments {
                let value = evaluator.value(of: argument)
                if !isEmpty(value) { return value }
            }
            return .blank
        },
        Function("IsBlank", [.any], .fixed(.boolean)) { arguments, _ in .boolean(isEmpty(arguments[0])) },
        Function("IsEmpty", [.table], .fixed(.boolean)) { arguments, _ in
            if case .table(let rows) = arguments[0].kind { return .boolean(rows.isEmpty) }
            return .boolean(true)
        },
        Function("IsNumeric", [.any], .fixed(.boolean)) { arguments, evaluator in
            switch arguments[0].kind {
            case .number, .decimal, .date, .time, .dateTime, .untyped(.number): return .boolean(true)
            case .text(let text), .untyped(.text(let text)):
                return .boolean(Coercion.number(text, evaluator.language).map { !$0.isBlank } ?? false)
            default: return .boolean(false)
            }
        },
        Function("Blank", [], .fixed(.blank)) { _, _ in .blank },
        Function("With", 2...2, bind: bindWith) { call, evaluator in
            let record = evaluator.value(of: call.arguments[0])
            if record.error != nil { return record }
            return evaluator.value(of: call.arguments[1], with: record)
        },
        Function("Language", [], .fixed(.text)) { _, evaluator in .text(evaluator.scope.language) },
    ]

    /// A blank or an empty text.
    static func isEmpty(_ value: Value) -> Bool {
        switch value.kind {
        case .text(let text), .untyped(.text(let text)): text.isEmpty
        default: value.isBlank
        }
    }

    /// Joins the types of results; a mistake when they do not go together.
    private static func joined(_ binder: inout Binder, _ results: [(bound: Bound, span: Range<Int>)], _ site: CallSite)
        -> (nodes: [Node], type: FormulaType)?
    {
        var type = FormulaType.blank
        for result in results {
            guard let joined = type.joined(with: result.bound.type) else {
                binder.complain(
                    "\(site.function.name) gives \(type.phrase) or \(result.bound.type.phrase) here; "
                        + "all its results must be of the first one's type", at: result.span)
                return nil
            }
            type = joined
        }
        return (results.map { binder.converted($0.bound, to: type) }, type)
    }

    private static func bindIf(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let arguments = site.arguments
        var conditions: [Int: Node] = [:]
        var results: [(bound: Bound, span: Range<Int>)] = []
        for (index, argument) in arguments.enumerated() {
            let bound = binder.bind(argument)
            if index % 2 == 0, index < arguments.count - 1 {
                binder.require(bound.type, .boolean, "as a condition", at: argument.span)
                conditions[index] = bound.node
            } else {
                results.append((bound, argument.span))
            }
        }
        guard let (nodes, type) = joined(&binder, results, site) else { return failed(site) }
        var rest = nodes[...]
        let ordered = arguments.indices.map { conditions[$0] ?? rest.popFirst() ?? .constant(.blank) }
        return Bound(.call(Call(site.function, ordered, [], type: type)), type)
    }

    static func failed(_ site: CallSite) -> Bound {
        Bound(.failure(FormulaError(.analysis, "\(site.function.name) has arguments of the wrong type")), .unknown)
    }

    private static let evaluateIf: Body.OfCall = { call, evaluator in
        var index = 0
        while index + 1 < call.arguments.count {
            let condition = evaluator.boolean(evaluator.value(of: call.arguments[index]))
            switch condition.kind {
            case .boolean(true): return evaluator.value(of: call.arguments[index + 1])
            case .error: return condition
            default: index += 2
            }
        }
        return index < call.arguments.count ? evaluator.value(of: call.arguments[index]) : .blank
    }

    private static func bindSwitch(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let arguments = site.arguments
        let test = binder.bind(arguments[0])
        var matches: [Int: Node] = [:]
        var results: [(bound: Bound, span: Range<Int>)] = []
        for index in 1..<arguments.count {
            let bound = binder.bind(arguments[index])
            if index % 2 == 1, index < arguments.count - 1 {
                if !binder.canEqual(test.type, bound.type) {
                    binder.complain(
                        "\(bound.type.phrase) is never equal to \(test.type.phrase)", at: arguments[index].span)
                }
                matches[index] = bound.node
            } else {
                results.append((bound, arguments[index].span))
            }
        }
        guard let (nodes, type) = joined(&binder, results, site) else { return failed(site) }
        var rest = nodes[...]
        let ordered = arguments.indices.map { index in
            index == 0 ? test.node : matches[index] ?? rest.popFirst() ?? .constant(.blank)
        }
        return Bound(.call(Call(site.function, ordered, [], type: type)), type)
    }

    private static let evaluateSwitch: Body.OfCall = { call, evaluator in
        let test = evaluator.value(of: call.arguments[0])
        if test.error != nil { return test }
        var index = 1
        while index + 1 < call.arguments.count {
            let match = evaluator.value(of: call.arguments[index])
            if match.error != nil { return match }
            if evaluator.isEqual(test, match) { return evaluator.value(of: call.arguments[index + 1]) }
            index += 2
        }
        return index < call.arguments.count ? evaluator.value(of: call.arguments[index]) : .blank
    }

    private static func bindJunction(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let nodes = site.arguments.map { argument -> Node in
            let bound = binder.bind(argument)
            binder.require(bound.type, .boolean, "in \(site.function.name)", at: argument.span)
            return bound.node
        }
        return Bound(.call(Call(site.function, nodes, [])), .boolean)
    }

    private static func bindCoalesce(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let results = site.arguments.map { argument in (bound: binder.bind(argument), span: argument.span) }
        guard let (nodes, type) = joined(&binder, results, site) else { return failed(site) }
        return Bound(.call(Call(site.function, nodes, [], type: type)), type)
    }

    private static func bindWith(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (argument, alias) = binder.unaliased(site.arguments[0])
        let record = binder.bind(argument)
        if !record.type.isRecord, !record.type.isOpen, record.type != .untyped {
            binder.complain("With takes a record as its 1st argument, not \(record.type.phrase)", at: argument.span)
        }
        let formula = binder.bind(
            site.arguments[1], in: record.type == .blank ? .record([]) : record.type, alias: alias)
        return Bound(.call(Call(site.function, [record.node, formula.node], [])), formula.type)
    }
}

extension Binder {
    /// The expression and the name that `As` gives it.
    func unaliased(_ syntax: Syntax) -> (syntax: Syntax, alias: String?) {
        if case .alias(let inner, let name) = syntax.kind { return (inner, name) }
        return (syntax, nil)
    }

    /// Binds a formula within which the columns of a row are names.
    mutating func bind(_ syntax: Syntax, in rowType: FormulaType, alias: String?, hasThisRecord: Bool = true) -> Bound {
        scopes.append(Scope(rowType: rowType, alias: alias, hasThisRecord: hasThisRecord))
        defer { scopes.removeLast() }
        return bind(syntax)
    }
}

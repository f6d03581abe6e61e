// Rows of tables: chosen, counted, ordered, made.

/// The rows of a table, or what stands in the place of one: a blank or an error.
enum Rows {
    case rows([Value])
    case other(Value)

    /// What stands in the place of rows.
    var instead: Value { if case .other(let value) = self { value } else { .blank } }
}

extension Evaluator {
    /// The rows that a formula gives.
    mutating func rows(_ node: Node) -> Rows {
        let value = value(of: node)
        switch value.kind {
        case .table(let rows): return spend(rows.count / 8) ? .rows(rows) : .other(outOfBudget)
        case .untyped(.array(let items)):
            guard spend(items.count), reserve(items.count * 32) else { return .other(outOfBudget) }
            return .rows(items.map { Value(.untyped($0)) })
        case .blank, .untyped(.null): return .other(.blank)
        case .error: return .other(value)
        default: return .other(.error(.invalidArgument, "a table is needed, not \(value.kind.summary)"))
        }
    }
}

extension Binder {
    /// Binds an argument that is a table, and gives the type of its rows.
    mutating func table(_ site: CallSite, _ index: Int = 0) -> (bound: Bound, rowType: FormulaType, alias: String?) {
        let (syntax, alias) = unaliased(site.arguments[index])
        let bound = bind(syntax)
        switch bound.type {
        case .table(let columns): return (bound, .record(columns), alias)
        case .untyped: return (bound, .untyped, alias)
        case .unknown, .blank: return (bound, .unknown, alias)
        default:
            let message =
                "\(site.function.name) takes a table as its \(index.ordinal) argument, not \(bound.type.phrase)"
            return (fail(message, at: syntax.span), .unknown, alias)
        }
    }
}

extension Function {
    static let tables: [Function] = [
        Function("Filter", 2...unlimited, bind: bindConditions, filter),
        Function("LookUp", 2...3, bind: bindLookUp, lookUp),
        Function("ForAll", 2...2, bind: bindForAll, forAll),
        Function("CountRows", [.table], .fixed(.decimal)) { a, _ in .whole(a[0].rowCount) },
        Function("CountIf", 2...unlimited, bind: bindCountIf) { call, evaluator in
            let chosen = filtered(call, &evaluator, keepsErrors: false)
            guard case .rows(let rows) = chosen else { return chosen.instead.error == nil ? .whole(0) : chosen.instead }
            return .whole(rows.count)
        },
        Function("First", 1...1, bind: bindRow) { call, evaluator in edge(call, &evaluator) { $0.first } },
        Function("Last", 1...1, bind: bindRow) { call, evaluator in edge(call, &evaluator) { $0.last } },
        Function("FirstN", 1...2, bind: bindRows) { call, evaluator in
            some(call, &evaluator) { rows, count in Array(rows.prefix(count)) }
        },
        Function("LastN", 1...2, bind: bindRows) { call, evaluator in
            some(call, &evaluator) { rows, count in Array(rows.suffix(count)) }
        },
        Function("Index", 2...2, bind: bindRow, index),
        Function("Sequence", [.number, .number, .number], optional: 2, .custom(bindSequence), sequence),
        Function("Shuffle", 1...1, bind: bindRows) { call, evaluator in
            let source = evaluator.rows(call.arguments[0])
            guard case .rows(var rows) = source else { return source.instead }
            guard evaluator.spend(rows.count) else { return evaluator.outOfBudget }
            for index in rows.indices.dropFirst() {
                rows.swapAt(index, Int(evaluator.random() % UInt64(index + 1)))
            }
            return .table(rows)
        },
        Function("Concat", 2...3, bind: bindConcat, concat),
        Function("Sort", 2...3, bind: bindSort, sort),
        Function("SortByColumns", 2...unlimited, bind: bindSortByColumns, sortByColumns),
        Function("Distinct", 2...2, bind: bindDistinct, distinct),
        Function("Search", 3...unlimited, bind: bindSearch, search),
    ]

    // MARK: - Conditions

    private static func bindConditions(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType, alias) = binder.table(site)
        let nodes = site.arguments.dropFirst().map { argument -> Node in
            let bound = binder.bind(argument, in: rowType, alias: alias)
            binder.require(bound.type, .boolean, "as a condition", at: argument.span)
            return bound.node
        }
        return Bound(.call(Call(site.function, [table.node] + nodes, [])), table.type)
    }

    private static func bindCountIf(_ binder: inout Binder, _ site: CallSite) -> Bound {
        Bound(bindConditions(&binder, site).node, binder.numberType)
    }

    /// The rows for which all conditions hold. Rows whose condition is an error become that error, or end it all.
    private static func filtered(_ call: Call, _ evaluator: inout Evaluator, keepsErrors: Bool) -> Rows {
        let source = evaluator.rows(call.arguments[0])
        guard case .rows(let rows) = source else { return source }
        var result: [Value] = []
        rows: for row in rows {
            guard evaluator.exhausted == nil else { return .other(evaluator.outOfBudget) }
            for condition in call.arguments.dropFirst() {
                let holds = evaluator.boolean(evaluator.value(of: condition, with: row))
                switch holds.kind {
                case .boolean(true): continue
                case .error:
                    guard keepsErrors else { return .other(holds) }
                    result.append(holds)
                    continue rows
                default: continue rows
                }
            }
            result.append(row)
        }
        guard evaluator.reserve(result.count * 32) else { return .other(evaluator.outOfBudget) }
        return .rows(result)
    }

    private static let filter: Body.OfCall = { call, evaluator in
        switch filtered(call, &evaluator, keepsErrors: true) {
        case .rows(let rows): .table(rows)
        case .other(let value): value
        }
    }

    private static func bindLookUp(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType, alias) = binder.table(site)
        let condition = binder.bind(site.arguments[1], in: rowType, alias: alias)
        if condition.type == .text {
            binder.complain("true or false is needed as a condition, not a text", at: site.arguments[1].span)
        }
        binder.require(condition.type, .boolean, "as a condition", at: site.arguments[1].span)
        var nodes = [table.node, condition.node]
        guard site.arguments.count > 2 else { return Bound(.call(Call(site.function, nodes, [])), rowType) }
        let result = binder.bind(site.arguments[2], in: rowType, alias: alias)
        nodes.append(result.node)
        return Bound(.call(Call(site.function, nodes, [])), result.type)
    }

    private static let lookUp: Body.OfCall = { call, evaluator in
        let source = evaluator.rows(call.arguments[0])
        guard case .rows(let rows) = source else { return source.instead }
        for row in rows {
            guard evaluator.exhausted == nil else { return evaluator.outOfBudget }
            let holds = evaluator.boolean(evaluator.value(of: call.arguments[1], with: row))
            switch holds.kind {
            case .boolean(true):
                return call.arguments.count > 2 ? evaluator.value(of: call.arguments[2], with: row) : row
            case .error: return holds
            default: continue
            }
        }
        return .blank
    }

    // MARK: - Results for each row

    private static func bindForAll(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType, alias) = binder.table(site)
        let result = binder.bind(site.arguments[1], in: rowType, alias: alias)
        let type: FormulaType =
            switch result.type {
            case .record(let columns): .table(columns)
            case .unknown: .unknown
            default: .table([FormulaType.Column("Value", result.type)])
            }
        return Bound(.call(Call(site.function, [table.node, result.node], [], type: result.type)), type)
    }

    private static let forAll: Body.OfCall = { call, evaluator in
        let source = evaluator.rows(call.arguments[0])
        guard case .rows(let rows) = source else { return source.instead }
        guard evaluator.reserve(rows.count * 80) else { return evaluator.outOfBudget }
        var result: [Value] = []
        var errors: [FormulaError] = []
        for row in rows {
            guard evaluator.exhausted == nil else { return evaluator.outOfBudget }
            let value = evaluator.value(of: call.arguments[1], with: row)
            if case .error(let error) = value.kind {
                if errors.count < 64 { errors.append(error) }
            } else {
                result.append(value.isBlank && call.type.isRecord ? .blank : value.asRow)
            }
        }
        return errors.isEmpty ? .table(result) : .error(.combined(errors))
    }

    private static func bindConcat(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType, alias) = binder.table(site)
        let part = binder.bind(site.arguments[1], in: rowType, alias: alias)
        binder.require(part.type, .text, "to be joined", at: site.arguments[1].span)
        var nodes = [table.node, part.node]
        if site.arguments.count > 2 {
            let separator = binder.bind(site.arguments[2])
            binder.require(separator.type, .text, "as a separator", at: site.arguments[2].span)
            nodes.append(separator.node)
        }
        return Bound(.call(Call(site.function, nodes, [])), .text)
    }

    private static let concat: Body.OfCall = { call, evaluator in
        let source = evaluator.rows(call.arguments[0])
        guard case .rows(let rows) = source else { return source.instead }
        var separator = ""
        if call.arguments.count > 2 {
            let value = evaluator.text(evaluator.value(of: call.arguments[2]))
            if value.error != nil { return value }
            separator = value.string
        }
        var result = ""
        for (index, row) in rows.enumerated() {
            guard evaluator.exhausted == nil else { return evaluator.outOfBudget }
            let part = evaluator.text(evaluator.value(of: call.arguments[1], with: row))
            if part.error != nil { return part }
            guard evaluator.reserve(part.string.utf8.count + separator.utf8.count) else { return evaluator.outOfBudget }
            if index > 0 { result += separator }
            result += part.string
        }
        return .text(result)
    }

    // MARK: - Places

    private static func bindRow(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType, _) = binder.table(site)
        return Bound(.call(Call(site.function, [table.node] + count(&binder, site), [])), rowType)
    }

    private static func bindRows(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, _, _) = binder.table(site)
        return Bound(.call(Call(site.function, [table.node] + count(&binder, site), [])), table.type)
    }

    private static func count(_ binder: inout Binder, _ site: CallSite) -> [Node] {
        site.arguments.dropFirst().map { argument in
            let bound = binder.bind(argument)
            binder.require(bound.type, .decimal, "as the 2nd argument of \(site.function.name)", at: argument.span)
            return bound.node
        }
    }

    private static func edge(_ call: Call, _ evaluator: inout Evaluator, _ pick: ([Value]) -> Value?) -> Value {
        switch evaluator.rows(call.arguments[0]) {
        case .rows(let rows): pick(rows) ?? .blank
        case .other(let value): value
        }
    }

    private static func some(
        _ call: Call, _ evaluator: inout Evaluator, _ pick: ([Value], Int) -> [Value]
    ) -> Value {
        let source = evaluator.value(of: call.arguments[0])
        let found = evaluator.rows(.constant(source))
        var count = Value.whole(1)
        if call.arguments.count > 1 { count = evaluator.number(evaluator.value(of: call.arguments[1])) }
        guard case .rows(let rows) = found else { return found.instead }
        guard let number = Number(count.kind) else { return count }
        let wanted = number.int ?? (number.double > 0 ? Int.max : 0)
        let chosen = pick(rows, max(0, min(wanted, rows.count)))
        guard evaluator.reserve(chosen.count * 32) else { return evaluator.outOfBudget }
        if case .untyped = source.kind {
            return Value(.untyped(.array(chosen.map { if case .untyped(let json) = $0.kind { json } else { .null } })))
        }
        return .table(chosen)
    }

    private static let index: Body.OfCall = { call, evaluator in
        let found = evaluator.rows(call.arguments[0])
        guard case .rows(let rows) = found else { return found.instead }
        let place = evaluator.number(evaluator.value(of: call.arguments[1]))
        if place.error != nil { return place }
        guard let number = Number(place.kind)?.int, number >= 1, number <= rows.count else {
            return .error(.invalidArgument, "the table has rows 1 to \(rows.count), not that one")
        }
        return rows[number - 1]
    }

    // MARK: - Sequences

    private static let bindSequence: @Sendable (inout Binder, CallSite) -> Bound = { binder, site in
        let bound = binder.plain(site, nil)
        return Bound(bound.node, .table([FormulaType.Column("Value", bound.type)]))
    }

    private static let sequence: Body.OfValues = { a, evaluator in
        guard let count = Number(a[0].kind)?.int, (0...50_000).contains(count) else {
            return .error(.invalidArgument, "Sequence makes up to 50,000 rows")
        }
        guard evaluator.spend(count), evaluator.reserve(count * 80) else { return evaluator.outOfBudget }
        var value = a.count > 1 ? a[1] : evaluator.options.numberIsFloat ? .number(1) : .whole(1)
        let step = Number((a.count > 2 ? a[2] : .whole(1)).kind) ?? .decimal(.one)
        var rows: [Value] = []
        rows.reserveCapacity(count)
        for _ in 0..<count {
            rows.append(.record([Value.Field("Value", value)]))
            guard let number = Number(value.kind) else { break }
            value = Number.add(number, step)
            if value.error != nil, rows.count < count { return value }
        }
        return .table(rows)
    }
}

extension Value {
    var rowCount: Int { if case .table(let rows) = kind { rows.count } else { 0 } }
}

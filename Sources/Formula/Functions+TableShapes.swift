// Columns of tables: added, dropped, renamed; tables put together.

extension Function {
    /// A table literal whose rows have types that are not known: records as they are, anything else in `Value`.
    static let rows = Function("[]", 0...unlimited, bind: { _, site in failed(site) }) { call, evaluator in
        guard evaluator.reserve(call.arguments.count * 80) else { return evaluator.outOfBudget }
        return .table(call.arguments.map { evaluator.value(of: $0).asRow })
    }

    static let tableShapes: [Function] = [
        Function("Table", 0...unlimited, bind: bindTable, table),
        Function("AddColumns", 3...unlimited, bind: bindAddColumns, addColumns),
        Function("DropColumns", 2...unlimited, bind: bindDropColumns) { call, evaluator in
            reshaped(call, &evaluator) { fields in fields.filter { !call.names.contains($0.name) } }
        },
        Function("ShowColumns", 2...unlimited, bind: bindShowColumns) { call, evaluator in
            reshaped(call, &evaluator) { fields in
                call.names.map { name in fields.first { $0.name == name } ?? Value.Field(name, .blank) }
            }
        },
        Function("RenameColumns", 3...unlimited, bind: bindRenameColumns) { call, evaluator in
            reshaped(call, &evaluator) { fields in
                fields.map { field in
                    var index = 0
                    while index + 1 < call.names.count {
                        if call.names[index] == field.name { return Value.Field(call.names[index + 1], field.value) }
                        index += 2
                    }
                    return field
                }
            }
        },
        Function("ColumnNames", [.any], .fixed(.table([FormulaType.Column("Value", .text)]))) { a, _ in
            guard case .untyped(.object(let members)) = a[0].kind else {
                return a[0].isBlank ? .blank : .error(.invalidArgument, "ColumnNames takes an object of ParseJSON")
            }
            return .table(members.map { .record([Value.Field("Value", .text($0.name))]) })
        },
        Function("Column", [.any, .text], .fixed(.untyped)) { a, evaluator in
            switch a[0].kind {
            case .untyped(.object): return evaluator.member(a[1].string, of: a[0])
            case .blank, .untyped(.null): return .blank
            default: return .error(.invalidArgument, "Column takes an object of ParseJSON")
            }
        },
    ]

    private static func bindTable(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let parts = site.arguments.map { argument in (bound: binder.bind(argument), span: argument.span) }
        var type = FormulaType.blank
        for part in parts {
            let rowType: FormulaType
            switch part.bound.type {
            case .table(let columns): rowType = .record(columns)
            case .record, .blank: rowType = part.bound.type
            case .untyped: rowType = .record([FormulaType.Column("Value", .untyped)])
            case .unknown: rowType = .unknown
            default:
                return binder.fail("Table takes records and tables, not \(part.bound.type.phrase)", at: part.span)
            }
            guard let joined = type.joined(with: rowType) else {
                return binder.fail("the columns of this do not go with those before it", at: part.span)
            }
            type = joined
        }
        let columns = type.columns ?? []
        let nodes = parts.map { part -> Node in
            guard type != .unknown else { return part.bound.node }
            switch part.bound.type {
            case .table(let own):
                return own == columns ? part.bound.node : .conversion(part.bound.node, .table(columns))
            case .record(let own):
                return own == columns ? part.bound.node : .conversion(part.bound.node, .record(columns))
            default: return part.bound.node
            }
        }
        let result: FormulaType = type == .unknown ? .unknown : .table(columns)
        return Bound(.call(Call(site.function, nodes, parts.map(\.bound.type), type: result)), result)
    }

    private static let table: Body.OfCall = { call, evaluator in
        var rows: [Value] = []
        for (index, argument) in call.arguments.enumerated() {
            let value = evaluator.value(of: argument)
            switch value.kind {
            case .table(let own): rows += own
            case .untyped(.array(let items)): rows += items.map { Value(.untyped($0)).asRow }
            case .error where call.types[index].isTable || call.types[index] == .untyped: return value
            case .blank where call.types[index].isTable || call.types[index] == .untyped: break
            case .untyped: return .error(.invalidArgument, "Table takes an array of JSON, not \(value.kind.summary)")
            default: rows.append(value.isBlank || value.error != nil ? value : value.asRow)
            }
            guard evaluator.spend(rows.count / 8), evaluator.reserve(value.rowCount * 32) else {
                return evaluator.outOfBudget
            }
        }
        return .table(rows)
    }

    private static func bindAddColumns(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType, alias) = binder.table(site)
        guard site.arguments.count % 2 == 1 else {
            return binder.fail("AddColumns takes a table, then a name and a formula for each column", at: site.span)
        }
        var columns = rowType.columns
        var names: [String] = []
        var nodes = [table.node]
        for index in stride(from: 1, to: site.arguments.count - 1, by: 2) {
            let name = binder.column(site.arguments[index], of: rowType, isNew: true) ?? ""
            if columns?.contains(where: { $0.name == name }) == true {
                binder.complain("there is a column '\(name)' already", at: site.arguments[index].span)
            }
            let value = binder.bind(site.arguments[index + 1], in: rowType, alias: alias)
            columns?.append(FormulaType.Column(name, value.type))
            names.append(name)
            nodes.append(value.node)
        }
        let type = columns.map { FormulaType.table(of: $0) } ?? .unknown
        return Bound(.call(Call(site.function, nodes, [], names: names)), type)
    }

    private static let addColumns: Body.OfCall = { call, evaluator in
        let source = evaluator.rows(call.arguments[0])
        guard case .rows(let rows) = source else { return source.instead }
        guard evaluator.reserve(rows.count * call.arguments.count * 64) else { return evaluator.outOfBudget }
        var result: [Value] = []
        for row in rows {
            guard evaluator.exhausted == nil else { return evaluator.outOfBudget }
            guard case .record(var fields) = row.kind else {
                result.append(row)
                continue
            }
            for (name, node) in zip(call.names, call.arguments.dropFirst()) {
                fields.append(Value.Field(name, evaluator.value(of: node, with: row)))
            }
            result.append(.record(fields))
        }
        return .table(result)
    }

    /// Rows with other columns.
    private static func reshaped(
        _ call: Call, _ evaluator: inout Evaluator, _ shape: ([Value.Field]) -> [Value.Field]
    ) -> Value {
        let value = evaluator.value(of: call.arguments[0])
        if case .record(let fields) = value.kind { return .record(shape(fields)) }
        guard case .table(let rows) = value.kind else { return value }
        guard evaluator.spend(rows.count), evaluator.reserve(rows.count * 64) else { return evaluator.outOfBudget }
        return .table(
            rows.map { row in if case .record(let fields) = row.kind { .record(shape(fields)) } else { row } })
    }

    /// A table, or a record, whose columns change.
    private static func shapedTable(_ binder: inout Binder, _ site: CallSite) -> (bound: Bound, rowType: FormulaType) {
        let bound = binder.bind(site.arguments[0])
        switch bound.type {
        case .table(let columns), .record(let columns): return (bound, .record(columns))
        case .unknown, .blank: return (bound, .unknown)
        default:
            let message = "\(site.function.name) takes a table as its 1st argument, not \(bound.type.phrase)"
            return (binder.fail(message, at: site.arguments[0].span), .unknown)
        }
    }

    private static func shaped(_ site: CallSite, _ table: Bound, _ columns: [FormulaType.Column]?, _ names: [String])
        -> Bound
    {
        let type: FormulaType =
            switch (table.type, columns) {
            case (_, nil): .unknown
            case (.record, .some(let columns)): .record(of: columns)
            case (_, .some(let columns)): .table(of: columns)
            }
        return Bound(.call(Call(site.function, [table.node], [], names: names)), type)
    }

    private static func bindDropColumns(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType) = shapedTable(&binder, site)
        let names = site.arguments.dropFirst().map { binder.column($0, of: rowType) ?? "" }
        return shaped(site, table, rowType.columns?.filter { !names.contains($0.name) }, names)
    }

    private static func bindShowColumns(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType) = shapedTable(&binder, site)
        let names = site.arguments.dropFirst().map { binder.column($0, of: rowType) ?? "" }
        return shaped(site, table, rowType.columns?.filter { names.contains($0.name) }, names)
    }

    private static func bindRenameColumns(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType) = shapedTable(&binder, site)
        guard site.arguments.count % 2 == 1 else {
            return binder.fail("RenameColumns takes a table, then an old and a new name for each column", at: site.span)
        }
        var names: [String] = []
        var columns = rowType.columns
        for (index, argument) in site.arguments.enumerated().dropFirst() {
            let isNew = index % 2 == 0
            let name = binder.column(argument, of: rowType, isNew: isNew) ?? ""
            if isNew {
                if columns?.contains(where: { $0.name == name }) == true {
                    binder.complain("there is a column '\(name)' already", at: argument.span)
                }
                if let old = names.last, let place = columns?.firstIndex(where: { $0.name == old }) {
                    columns?[place].name = name
                }
            }
            names.append(name)
        }
        return shaped(site, table, columns, names)
    }
}

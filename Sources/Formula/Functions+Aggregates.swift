// One value from many: sums, averages, extremes, counts.

extension Function {
    static let aggregates: [Function] = [
        aggregate("Sum"), aggregate("Average"), aggregate("Min"), aggregate("Max"), aggregate("StdevP"),
        aggregate("VarP"),
        Function("Count", [.table], .fixed(.decimal)) { a, evaluator in
            counted(a[0], &evaluator) { value in
                switch value.kind {
                case .number, .decimal, .date, .time, .dateTime: true
                default: false
                }
            }
        },
        Function("CountA", [.table], .fixed(.decimal)) { a, evaluator in
            counted(a[0], &evaluator) { !$0.isBlank }
        },
    ]

    private static func counted(_ table: Value, _ evaluator: inout Evaluator, _ counts: (Value) -> Bool) -> Value {
        guard case .table(let rows) = table.kind else { return .whole(0) }
        guard evaluator.spend(rows.count) else { return evaluator.outOfBudget }
        for row in rows {
            if let error = row.single.error { return .error(error) }
        }
        return .whole(rows.count { counts($0.single) })
    }

    private static func aggregate(_ name: String) -> Function {
        Function(name, 1...unlimited, bind: bindAggregate, evaluateAggregate)
    }

    private static func bindAggregate(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (syntax, alias) = binder.unaliased(site.arguments[0])
        let first = binder.bind(syntax)
        let isTable = first.type.isTable || alias != nil
        var bound = [first]
        let isOpen = first.type == .unknown || first.type == .untyped
        if isTable || (isOpen && site.arguments.count == 2) {
            guard site.arguments.count == 2 else {
                return binder.fail("\(site.function.name) takes a table and a formula for its rows", at: site.span)
            }
            let rowType = first.type.columns.map { FormulaType.record($0) } ?? first.type
            bound.append(binder.bind(site.arguments[1], in: rowType, alias: alias))
        } else {
            bound += site.arguments.dropFirst().map { binder.bind($0) }
        }
        let values = isTable ? Array(bound.dropFirst()) : bound
        let offset = isTable ? 1 : 0
        for (index, value) in values.enumerated() where !value.type.converts(to: .decimal) {
            binder.complain(
                "\(site.function.name) takes numbers, not \(value.type.phrase)", at: site.arguments[index + offset].span
            )
        }
        let type = resultType(site.function.name, values.map(\.type), binder)
        let whole = Call(site.function, bound.map(\.node), bound.map(\.type), type: type)
        return Bound(.call(whole), type)
    }

    private static func resultType(_ name: String, _ types: [FormulaType], _ binder: Binder) -> FormulaType {
        if types.contains(.unknown) { return .unknown }
        if name == "Min" || name == "Max" {
            let known = types.filter { $0 != .blank }
            if let first = known.first, first.isTemporal, known.allSatisfy({ $0 == first }) { return first }
        }
        return types.contains(.number) || name == "StdevP" || name == "VarP" ? .number : binder.numberType
    }

    private static let evaluateAggregate: Body.OfCall = { call, evaluator in
        let first = evaluator.value(of: call.arguments[0])
        if call.types[0].isTable || first.rowCount > 0 || isTable(first), call.arguments.count == 2 {
            return overRows(call, first, &evaluator)
        }
        var total = Aggregate(call.function.name, call.type)
        var errors: [FormulaError] = []
        for (index, argument) in call.arguments.enumerated() {
            // The second formula of a call whose first value turned out single was bound within a scope.
            let isOpen = call.types[0] == .unknown || call.types[0] == .untyped
            let isScoped = index == 1 && isOpen && call.arguments.count == 2
            let value =
                index == 0
                ? first : isScoped ? evaluator.value(of: argument, with: .blank) : evaluator.value(of: argument)
            if let error = total.add(value, &evaluator) { errors.append(error) }
        }
        return errors.isEmpty ? total.result(&evaluator) : .error(.combined(errors))
    }

    private static func isTable(_ value: Value) -> Bool {
        switch value.kind {
        case .table, .untyped(.array): true
        default: false
        }
    }

    private static func overRows(_ call: Call, _ table: Value, _ evaluator: inout Evaluator) -> Value {
        guard case .rows(let rows) = evaluator.rows(.constant(table)) else {
            return table.error != nil ? table : .blank
        }
        var total = Aggregate(call.function.name, call.type)
        for row in rows {
            guard evaluator.exhausted == nil else { return evaluator.outOfBudget }
            if let error = total.add(evaluator.value(of: call.arguments[1], with: row), &evaluator) {
                return .error(error)
            }
        }
        return total.result(&evaluator)
    }
}

/// What is gathered of values one after another; blanks count for nothing.
private struct Aggregate {
    private let name: String
    private let type: FormulaType
    private var count = 0
    private var sum = Value.whole(0)
    private var extreme: Value?
    /// For variance: the mean so far and the sum of squared distances from it (Welford).
    private var mean = 0.0
    private var squares = 0.0

    init(_ name: String, _ type: FormulaType) {
        self.name = name
        self.type = type
    }

    /// Takes a value in; gives its error if it has one.
    mutating func add(_ value: Value, _ evaluator: inout Evaluator) -> FormulaError? {
        let isExtreme = name == "Min" || name == "Max"
        let keepsMoment = isExtreme && (type.isTemporal || type == .unknown && value.kind.type.isTemporal)
        let item =
            keepsMoment ? evaluator.convert(value, to: type.isTemporal ? type : .unknown) : evaluator.number(value)
        if let error = item.error { return error }
        guard !item.isBlank else { return nil }
        count += 1
        if isExtreme {
            guard let best = extreme else {
                extreme = item
                return nil
            }
            let isBetter = evaluator.compare(name == "Min" ? .less : .greater, item, best)
            if isBetter.kind == .boolean(true) { extreme = item }
            return isBetter.error
        }
        guard let number = Number(item.kind) else { return nil }
        if name == "Sum" || name == "Average" {
            guard let total = Number(sum.kind) else { return nil }
            sum = Number.add(total, number)
            return sum.error
        }
        let distance = number.double - mean
        mean += distance / Double(count)
        squares += distance * (number.double - mean)
        return nil
    }

    func result(_ evaluator: inout Evaluator) -> Value {
        switch name {
        case "Min", "Max": return extreme ?? .blank
        case "Sum": return count == 0 ? .blank : sum
        default: break
        }
        guard count > 0, let total = Number(sum.kind) else {
            return .error(.div0, "there is no number to take the average of")
        }
        switch name {
        case "Average": return Number.divide(total, .decimal(Decimal96(count)))
        case "VarP": return Mathematics.checked(squares / Double(count))
        default: return Mathematics.checked((squares / Double(count)).squareRoot())
        }
    }
}

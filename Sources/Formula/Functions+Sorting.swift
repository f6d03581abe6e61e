import Foundation

// Order, sameness and search among rows.

extension Function {
    static func bindSort(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType, alias) = binder.table(site)
        let key = binder.bind(site.arguments[1], in: rowType, alias: alias)
        if key.type.isAggregate {
            binder.complain("Sort orders by a single value, not by \(key.type.phrase)", at: site.arguments[1].span)
        }
        var nodes = [table.node, key.node]
        if site.arguments.count > 2 {
            let order = binder.bind(site.arguments[2])
            binder.require(order.type, .text, "as an order", at: site.arguments[2].span)
            nodes.append(order.node)
        }
        return Bound(.call(Call(site.function, nodes, [])), table.type)
    }

    /// Whether an order is the descending one; an error when it is neither.
    private static func isDescending(_ value: Value) -> Result<Bool, FormulaError> {
        switch value.kind {
        case .error(let error): return .failure(error)
        case .blank: return .success(false)
        default:
            switch value.string.lowercased() {
            case "ascending": return .success(false)
            case "descending": return .success(true)
            default:
                return .failure(
                    FormulaError(.invalidArgument, "an order is SortOrder.Ascending or SortOrder.Descending"))
            }
        }
    }

    static let sort: Body.OfCall = { call, evaluator in
        let source = evaluator.rows(call.arguments[0])
        guard case .rows(let rows) = source else { return source.instead }
        var descends = false
        if call.arguments.count > 2 {
            switch isDescending(evaluator.value(of: call.arguments[2])) {
            case .failure(let error): return .error(error)
            case .success(let value): descends = value
            }
        }
        var keys: [Value] = []
        for row in rows {
            guard evaluator.exhausted == nil else { return evaluator.outOfBudget }
            let key = evaluator.value(of: call.arguments[1], with: row)
            if key.error != nil { return key }
            keys.append(key)
        }
        return ordered(rows, [(keys, descends)], &evaluator)
    }

    static func bindSortByColumns(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType, _) = binder.table(site)
        var names: [String] = []
        var nodes = [table.node]
        for (index, argument) in site.arguments.enumerated().dropFirst() {
            if index % 2 == 1 {
                names.append(binder.column(argument, of: rowType) ?? "")
            } else {
                nodes.append(binder.bind(argument).node)
            }
        }
        return Bound(.call(Call(site.function, nodes, [], names: names)), table.type)
    }

    static let sortByColumns: Body.OfCall = { call, evaluator in
        let source = evaluator.rows(call.arguments[0])
        guard case .rows(let rows) = source else { return source.instead }
        var keys: [(values: [Value], descends: Bool)] = []
        for (index, name) in call.names.enumerated() {
            var descends = false
            if index + 1 < call.arguments.count {
                switch isDescending(evaluator.value(of: call.arguments[index + 1])) {
                case .failure(let error): return .error(error)
                case .success(let value): descends = value
                }
            }
            guard evaluator.spend(rows.count) else { return evaluator.outOfBudget }
            let values = rows.map { evaluator.member(name, of: $0) }
            if let failed = values.first(where: { $0.error != nil }) { return failed }
            keys.append((values, descends))
        }
        return ordered(rows, keys, &evaluator)
    }

    /// Rows in the order of their keys, blanks last; rows of equal keys stay as they are.
    private static func ordered(
        _ rows: [Value], _ keys: [(values: [Value], descends: Bool)], _ evaluator: inout Evaluator
    ) -> Value {
        let rounds = max(1, Int.bitWidth - rows.count.leadingZeroBitCount)
        guard evaluator.spend(rows.count * rounds * keys.count / 2), evaluator.reserve(rows.count * 48) else {
            return evaluator.outOfBudget
        }
        let prepared = keys.map { key in (keys: key.values.map(SortKey.init), descends: key.descends) }
        let order = rows.indices.sorted { a, b in
            for key in prepared {
                let comparison = SortKey.compare(key.keys[a], key.keys[b], descends: key.descends)
                if comparison != 0 { return comparison < 0 }
            }
            return a < b
        }
        return .table(order.map { rows[$0] })
    }

    // MARK: - Sameness

    static func bindDistinct(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType, alias) = binder.table(site)
        let key = binder.bind(site.arguments[1], in: rowType, alias: alias)
        if key.type.isTable {
            binder.complain("Distinct compares single values, not tables", at: site.arguments[1].span)
        }
        let type: FormulaType = key.type == .unknown ? .unknown : .table([FormulaType.Column("Value", key.type)])
        return Bound(.call(Call(site.function, [table.node, key.node], [])), type)
    }

    static let distinct: Body.OfCall = { call, evaluator in
        let source = evaluator.rows(call.arguments[0])
        guard case .rows(let rows) = source else { return source.instead }
        var seen: Set<Value> = []
        var result: [Value] = []
        for row in rows {
            guard evaluator.exhausted == nil else { return evaluator.outOfBudget }
            let key = evaluator.value(of: call.arguments[1], with: row)
            if key.error != nil { return key }
            if seen.insert(key).inserted { result.append(.record([Value.Field("Value", key)])) }
        }
        guard evaluator.reserve(result.count * 80) else { return evaluator.outOfBudget }
        return .table(result)
    }

    // MARK: - Search

    static func bindSearch(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let (table, rowType, _) = binder.table(site)
        let text = binder.bind(site.arguments[1])
        binder.require(text.type, .text, "to search for", at: site.arguments[1].span)
        let names = site.arguments.dropFirst(2).map { argument -> String in
            let name = binder.column(argument, of: rowType) ?? ""
            if let type = rowType.column(name), !type.isOpen, type != .text {
                binder.complain("Search looks in texts, and '\(name)' is \(type.phrase)", at: argument.span)
            }
            return name
        }
        return Bound(.call(Call(site.function, [table.node, text.node], [], names: names)), table.type)
    }

    static let search: Body.OfCall = { call, evaluator in
        let source = evaluator.rows(call.arguments[0])
        guard case .rows(let rows) = source else { return source.instead }
        let text = evaluator.text(evaluator.value(of: call.arguments[1]))
        if text.error != nil { return text }
        let needle = text.string.lowercased()
        var result: [Value] = []
        for row in rows {
            var isFound = false
            for name in call.names {
                let value = evaluator.member(name, of: row)
                if value.error != nil { return value }
                let hay = evaluator.text(value).string.lowercased()
                guard evaluator.spend(1 + hay.utf8.count / 16) else { return evaluator.outOfBudget }
                isFound = isFound || TextSearch.contains(needle, in: hay, ignoresCase: false)
            }
            if isFound { result.append(row) }
        }
        guard evaluator.reserve(result.count * 32) else { return evaluator.outOfBudget }
        return .table(result)
    }
}

extension Binder {
    /// The column that an argument names, by its name or as a text; it must be one of the row's.
    mutating func column(_ syntax: Syntax, of rowType: FormulaType, isNew: Bool = false) -> String? {
        let name: String
        switch syntax.kind {
        case .name(let word), .text(let word): name = word
        default:
            complain("a column's name is needed here", at: syntax.span)
            return nil
        }
        if !isNew, case .record(let columns) = rowType, rowType.column(name) == nil {
            _ = noColumn(name, columns, syntax.span)
        }
        return name
    }
}

/// A value as it is ordered: numbers, then moments, booleans and text; blanks last whatever the order.
struct SortKey {
    private enum Content {
        case blank
        case number(Number)
        case boolean(Bool)
        case text(TextKey)
    }

    private let content: Content

    init(_ value: Value) {
        switch value.kind {
        case .number, .decimal, .untyped(.number):
            content = Coercion.number(value.kind).flatMap { Number($0.kind) }.map { .number($0) } ?? .blank
        case .date(let time), .dateTime(let time): content = .number(.decimal(Decimal96(Int(time.milliseconds))))
        case .time(let milliseconds): content = .number(.decimal(Decimal96(Int(milliseconds))))
        case .boolean(let value), .untyped(.boolean(let value)): content = .boolean(value)
        case .text(let text), .untyped(.text(let text)), .guid(let text): content = .text(TextKey(text))
        case .choice(_, let name): content = .text(TextKey(name))
        default: content = .blank
        }
    }

    static func compare(_ a: SortKey, _ b: SortKey, descends: Bool) -> Int {
        let result: Int
        switch (a.content, b.content) {
        case (.blank, .blank): return 0
        case (.blank, _): return 1
        case (_, .blank): return -1
        case (.number(let x), .number(let y)): result = Number.isLess(x, y) ? -1 : Number.isLess(y, x) ? 1 : 0
        case (.boolean(let x), .boolean(let y)): result = x == y ? 0 : x ? 1 : -1
        case (.text(let x), .text(let y)): result = TextKey.compare(x, y)
        default: result = a.rank - b.rank
        }
        return descends ? -result : result
    }

    private var rank: Int {
        switch content {
        case .number: 0
        case .boolean: 1
        case .text: 2
        case .blank: 3
        }
    }
}

/// Text as people order it: by letters first, then by accents, then small letters before capitals.
struct TextKey {
    private let primary: [UInt32]
    private let marks: [UInt32]
    private let cases: [UInt8]

    init(_ text: String) {
        var primary: [UInt32] = []
        var marks: [UInt32] = []
        var cases: [UInt8] = []
        for scalar in text.decomposedStringWithCanonicalMapping.unicodeScalars {
            if scalar.properties.generalCategory == .nonspacingMark {
                marks.append(UInt32(truncatingIfNeeded: primary.count) << 21 | scalar.value)
                continue
            }
            let small = scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
            let group: UInt32 = scalar.properties.isAlphabetic ? 2 : scalar.properties.numericType != nil ? 1 : 0
            primary.append(group << 24 | small.value)
            cases.append(small == scalar ? 0 : 1)
        }
        self.primary = primary
        self.marks = marks
        self.cases = cases
    }

    static func compare(_ a: TextKey, _ b: TextKey) -> Int {
        if a.primary != b.primary { return a.primary.lexicographicallyPrecedes(b.primary) ? -1 : 1 }
        if a.marks != b.marks { return a.marks.lexicographicallyPrecedes(b.marks) ? -1 : 1 }
        if a.cases != b.cases { return a.cases.lexicographicallyPrecedes(b.cases) ? -1 : 1 }
        return 0
    }
}

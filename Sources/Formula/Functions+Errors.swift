// Errors as values.

extension Function {
    static let errors: [Function] = [
        Function("IsError", 1...1, bind: bindAny) { call, evaluator in
            let value = evaluator.value(of: call.arguments[0])
            return evaluator.exhausted == nil ? .boolean(value.error != nil) : evaluator.outOfBudget
        },
        Function("IsBlankOrError", 1...1, bind: bindAny) { call, evaluator in
            let value = evaluator.value(of: call.arguments[0])
            return .boolean(value.error != nil || isEmpty(value))
        },
        Function("IfError", 2...unlimited, bind: bindIfError, evaluateIfError),
        Function("Error", 1...1, bind: bindError) { call, evaluator in
            let value = evaluator.value(of: call.arguments[0])
            return made(value)
        },
    ]

    private static func bindAny(_ binder: inout Binder, _ site: CallSite) -> Bound {
        Bound(.call(Call(site.function, [binder.bind(site.arguments[0]).node], [])), .boolean)
    }

    /// What `FirstError` is.
    private static func errorType(_ binder: Binder) -> FormulaType {
        .record(of: [
            FormulaType.Column("Kind", binder.numberType), FormulaType.Column("Message", .text),
            FormulaType.Column("Source", .text), FormulaType.Column("Observed", .text),
            FormulaType.Column(
                "Details",
                .record(of: [
                    FormulaType.Column("HttpStatusCode", binder.numberType), FormulaType.Column("HttpResponse", .text),
                ])),
        ])
    }

    private static func bindError(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let bound = binder.bind(site.arguments[0])
        let columns = bound.type.columns
        if let columns {
            for column in columns where !["Kind", "Message", "Source", "Observed", "Details"].contains(column.name) {
                binder.complain("an error has no '\(column.name)'; it has Kind and Message", at: site.arguments[0].span)
            }
            if bound.type.column("Kind") == nil {
                binder.complain("an error needs a Kind, such as ErrorKind.Custom", at: site.arguments[0].span)
            }
        } else if !bound.type.isOpen, bound.type != .text {
            binder.complain("Error takes a record such as {Kind: ErrorKind.Custom}", at: site.arguments[0].span)
        }
        return Bound(.call(Call(site.function, [bound.node], [])), .blank)
    }

    private static func made(_ value: Value) -> Value {
        switch value.kind {
        case .record:
            let kind = value.member("Kind").flatMap { Coercion.number($0.kind) }.flatMap { Number($0.kind)?.int } ?? 0
            let message = value.member("Message").flatMap { Coercion.text($0.kind) } ?? ""
            if let error = value.member("Kind")?.error { return .error(error) }
            return .error(
                FormulaError.Kind(rawValue: kind), message.isEmpty ? "an error that the formula made" : message)
        case .table(let rows):
            let errors = rows.compactMap { made($0).error }
            return errors.isEmpty ? .blank : .error(.combined(errors))
        case .text(let text): return .error(.custom, text)
        case .error, .blank: return value
        default: return .error(.invalidArgument, "an error is made of a record with a Kind")
        }
    }

    private static func bindIfError(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let first = errorType(binder)
        let scope = FormulaType.record(of: [
            FormulaType.Column("FirstError", first), FormulaType.Column("AllErrors", .table(first.columns ?? [])),
        ])
        var bound: [Bound] = []
        for (index, argument) in site.arguments.enumerated() {
            let isFallback = index % 2 == 1
            bound.append(
                isFallback
                    ? binder.bind(argument, in: scope, alias: nil, hasThisRecord: false) : binder.bind(argument))
        }
        // A value that is tested but never the result needs no common type: only the last, and the fallbacks.
        var type = FormulaType.blank
        for (index, part) in bound.enumerated() where isResult(index, of: bound.count) {
            guard let joined = type.joined(with: part.type) else {
                return binder.fail(
                    "IfError gives \(type.phrase) or \(part.type.phrase) here; all its results must be of one type",
                    at: site.arguments[index].span)
            }
            type = joined
        }
        let nodes = bound.enumerated().map { index, part in
            isResult(index, of: bound.count) ? binder.converted(part, to: type) : part.node
        }
        return Bound(.call(Call(site.function, nodes, [], type: type)), type)
    }

    private static func isResult(_ index: Int, of count: Int) -> Bool {
        index % 2 == 1 || index == count - 1 || (count % 2 == 0 && index == count - 2)
    }

    private static let evaluateIfError: Body.OfCall = { call, evaluator in
        var index = 0
        var value = Value.blank
        while index < call.arguments.count {
            value = evaluator.value(of: call.arguments[index])
            guard evaluator.exhausted == nil else { return evaluator.outOfBudget }
            if let error = value.error, index + 1 < call.arguments.count {
                let all = error.all.map { record(of: $0) }
                let row = Value.record([Value.Field("FirstError", all[0]), Value.Field("AllErrors", .table(all))])
                return evaluator.value(of: call.arguments[index + 1], with: row)
            }
            index += 2
        }
        return value
    }

    private static func record(of error: FormulaError) -> Value {
        .record([
            Value.Field("Kind", .whole(error.kind.rawValue)), Value.Field("Message", .text(error.message)),
            Value.Field("Source", .blank), Value.Field("Observed", .blank), Value.Field("Details", .blank),
        ])
    }
}

// The operators on values, and conversions between types.

extension Evaluator {
    /// The errors of two operands, if any.
    private func failure(_ left: Value, _ right: Value) -> Value? {
        switch (left.kind, right.kind) {
        case (.error(let a), .error(let b)): .error(.combined([a, b]))
        case (.error, _): left
        case (_, .error): right
        default: nil
        }
    }

    /// True or false, blank or an error.
    func boolean(_ value: Value) -> Value {
        if value.error != nil { return value }
        return Coercion.boolean(value.kind)
            ?? .error(.invalidArgument, "a condition is true or false, not \(value.kind.summary)")
    }

    /// A number, blank or an error.
    func number(_ value: Value) -> Value {
        switch value.kind {
        case .decimal, .number, .blank, .error: return value
        default:
            return Coercion.number(value.kind, float: options.numberIsFloat)
                ?? .error(.invalidArgument, "a number is needed, not \(value.kind.summary)")
        }
    }

    /// Text, blank or an error.
    mutating func text(_ value: Value) -> Value {
        switch value.kind {
        case .text, .blank, .error: return value
        default:
            guard let text = Coercion.text(value.kind, language) else {
                return .error(.invalidArgument, "a text is needed, not \(value.kind.summary)")
            }
            return value.isBlank ? .blank : .text(text)
        }
    }

    /// A date or time, blank or an error; of the type that is asked for.
    mutating func moment(_ value: Value, as type: FormulaType) -> Value {
        if value.error != nil { return value }
        let moment: LocalTime
        switch Coercion.moment(value.kind, language, zone: zone) {
        case .invalid: return .error(.invalidArgument, "a date or time is needed, not \(value.kind.summary)")
        case .blank: return .blank
        case .moment(let found): moment = found
        }
        switch type {
        case .date:
            if case .date = value.kind { return value }
            return Value(.date(moment.startOfDay))
        case .time:
            if case .time = value.kind { return value }
            return Value(.time(milliseconds: moment.milliseconds))
        default: return Value(.dateTime(moment))
        }
    }

    mutating func negated(_ value: Value) -> Value {
        switch value.kind {
        case .error: return value
        case .date(let time): return checked(.date(LocalTime(milliseconds: 0 &- time.milliseconds)))
        case .dateTime(let time): return checked(.dateTime(LocalTime(milliseconds: 0 &- time.milliseconds)))
        case .time(let milliseconds): return Value(.time(milliseconds: 0 &- milliseconds))
        default: break
        }
        let operand = number(value)
        guard let number = Number(operand.kind) else { return operand }
        switch number {
        case .decimal(let decimal): return .decimal(-decimal)
        case .float(let double): return .number(0 - double)
        }
    }

    /// A date or time unless it lies outside the calendar.
    func checked(_ kind: Value.Kind) -> Value {
        switch kind {
        case .date(let time), .dateTime(let time):
            time.isInRange ? Value(kind) : .error(.invalidArgument, "the date lies outside the years 1 to 9999")
        case .time(let milliseconds):
            milliseconds.magnitude < 1_000_000_000_000_000
                ? Value(kind) : .error(.invalidArgument, "the time is longer than 30,000 years")
        default: Value(kind)
        }
    }

    mutating func arithmetic(_ plan: Arithmetic, _ left: Value, _ right: Value) -> Value {
        if case .decimal(let a) = left.kind, case .decimal(let b) = right.kind {
            switch plan {
            case .add: if let sum = a.adding(b) { return .decimal(sum) }
            case .subtract: if let difference = a.subtracting(b) { return .decimal(difference) }
            case .multiply: if let product = a.multiplied(by: b) { return .decimal(product) }
            default: break
            }
        }
        if let failure = failure(left, right) { return failure }
        switch plan {
        case .add, .subtract, .multiply, .divide, .power: return computed(plan, left, right)
        case .dynamic(let symbol):
            guard let plan = Arithmetic.plan(symbol, left.kind.type, right.kind.type) else {
                return .error(
                    .invalidArgument,
                    "'\(symbol.rawValue)' does not go with \(left.kind.summary) and \(right.kind.summary)")
            }
            return arithmetic(plan, left, right)
        case .addDays(let type, let isSwapped):
            return isSwapped ? move(right, left, type, sign: 1) : move(left, right, type, sign: 1)
        case .subtractDays(let type): return move(left, right, type, sign: -1)
        case .addTimes(let type): return shift(left, right, type, sign: 1)
        case .subtractTimes(let type): return shift(left, right, type, sign: -1)
        case .difference:
            let difference = milliseconds(left) &- milliseconds(right)
            return Coercion.days(difference, options.numberIsFloat)
        case .unsupported: return .error(.notSupported, "a date cannot be taken from a number")
        }
    }

    private mutating func computed(_ plan: Arithmetic, _ left: Value, _ right: Value) -> Value {
        let (x, y) = (number(left), number(right))
        if let failure = failure(x, y) { return failure }
        guard let a = Number(x.kind), let b = Number(y.kind) else { return .blank }
        switch plan {
        case .add: return Number.add(a, b)
        case .subtract: return Number.subtract(a, b)
        case .multiply: return Number.multiply(a, b)
        case .divide: return Number.divide(a, b)
        default: return Mathematics.power(a.double, b.double)
        }
    }

    private func milliseconds(_ value: Value) -> Int64 {
        switch value.kind {
        case .date(let time), .dateTime(let time): time.milliseconds
        case .time(let milliseconds): milliseconds
        default: 0
        }
    }

    private mutating func move(_ moment: Value, _ days: Value, _ type: FormulaType, sign: Double) -> Value {
        let amount = number(days)
        guard let number = Number(amount.kind) else { return amount }
        guard let shift = LocalTime(days: number.double * sign) else {
            return .error(.invalidArgument, "the date lies outside the years 1 to 9999")
        }
        return made(milliseconds(moment) &+ shift.milliseconds, type)
    }

    private func shift(_ left: Value, _ right: Value, _ type: FormulaType, sign: Int64) -> Value {
        made(milliseconds(left) &+ sign &* milliseconds(right), type)
    }

    private func made(_ milliseconds: Int64, _ type: FormulaType) -> Value {
        switch type {
        case .time: checked(.time(milliseconds: milliseconds))
        case .date: checked(.date(LocalTime(milliseconds: milliseconds)))
        default: checked(.dateTime(LocalTime(milliseconds: milliseconds)))
        }
    }

    // MARK: - Comparing

    mutating func compare(_ comparison: Comparison, _ left: Value, _ right: Value) -> Value {
        if let failure = failure(left, right) { return failure }
        switch comparison {
        case .equal: return .boolean(isEqual(left, right))
        case .unequal: return .boolean(!isEqual(left, right))
        default: break
        }
        let (x, y) = (comparable(left), comparable(right))
        if let failure = failure(x, y) { return failure }
        guard let a = Number(x.kind), let b = Number(y.kind) else { return .blank }
        switch comparison {
        case .less: return .boolean(Number.isLess(a, b))
        case .lessOrEqual: return .boolean(!Number.isLess(b, a))
        case .greater: return .boolean(Number.isLess(b, a))
        default: return .boolean(!Number.isLess(a, b))
        }
    }

    /// What is compared: numbers as they are, moments as their milliseconds in days.
    private func comparable(_ value: Value) -> Value {
        switch value.kind {
        case .date, .dateTime, .time: Coercion.days(milliseconds(value), true)
        default: number(value)
        }
    }

    /// Whether two values are the same for Power Fx.
    func isEqual(_ left: Value, _ right: Value) -> Bool {
        switch (left.kind, right.kind) {
        case (.text(let a), .text(let b)): return a == b
        case (.boolean(let a), .boolean(let b)): return a == b
        case (.decimal(let a), .decimal(let b)): return a == b
        case (.choice(let a, _), .choice(let b, _)): return a == b
        case (.choice(let id, let name), .text(let text)), (.text(let text), .choice(let id, let name)):
            return id == text || name == text
        case (.guid(let a), .text(let b)), (.text(let b), .guid(let a)): return a == b.lowercased()
        case (.record(let a), .record(let b)):
            return a.count == b.count
                && a.allSatisfy { field in right.member(field.name).map { isEqual(field.value, $0) } ?? false }
        default: break
        }
        if left.isBlank || right.isBlank { return left.isBlank && right.isBlank }
        if case .untyped = left.kind { return isEqualUntyped(left, right) }
        if case .untyped = right.kind { return isEqualUntyped(right, left) }
        let kinds = (left.kind.type, right.kind.type)
        if kinds.0.isNumeric || kinds.0.isTemporal, kinds.1.isNumeric || kinds.1.isTemporal {
            guard let a = Number(comparable(left).kind), let b = Number(comparable(right).kind) else { return false }
            return Number.isEqual(a, b)
        }
        return left.kind == right.kind
    }

    private func isEqualUntyped(_ untyped: Value, _ other: Value) -> Bool {
        switch other.kind {
        case .number, .decimal:
            guard let number = Coercion.number(untyped.kind) else { return false }
            return isEqual(number, other)
        case .boolean: return Coercion.boolean(untyped.kind) == other
        case .text(let text): return Coercion.text(untyped.kind) == text
        default: return untyped.kind == other.kind
        }
    }

    /// `in` and `exactin`.
    mutating func contains(_ part: Value, _ whole: Value, _ ignoresCase: Bool) -> Value {
        if let failure = failure(part, whole) { return failure }
        if case .table(let rows) = whole.kind {
            guard spend(rows.count) else { return outOfBudget }
            for row in rows {
                let candidate = if case .record = part.kind { row } else { row.single }
                if candidate.error != nil { return candidate }
                if ignoresCase, case .text(let a) = part.kind, case .text(let b) = candidate.kind {
                    if a.lowercased() == b.lowercased() { return .boolean(true) }
                } else if isEqual(part, candidate) {
                    return .boolean(true)
                }
            }
            return .boolean(false)
        }
        let (a, b) = (text(part), text(whole))
        if let failure = failure(a, b) { return failure }
        let (needle, hay) = (Coercion.text(a.kind) ?? "", Coercion.text(b.kind) ?? "")
        guard spend(hay.utf8.count / 16) else { return outOfBudget }
        return .boolean(TextSearch.contains(needle, in: hay, ignoresCase: ignoresCase))
    }

    // MARK: - Joining

    mutating func junction(_ items: [Node], decides: Bool) -> Value {
        for item in items {
            let operand = boolean(value(of: item))
            switch operand.kind {
            case .boolean(decides): return operand
            case .error: return operand
            default: break
            }
        }
        return .boolean(!decides)
    }

    mutating func join(_ items: [Node]) -> Value {
        var result = ""
        var errors: [FormulaError] = []
        for item in items {
            let part = text(value(of: item))
            switch part.kind {
            case .text(let text): result += text
            case .error(let error): errors.append(error)
            default: break
            }
        }
        guard errors.isEmpty else { return .error(.combined(errors)) }
        guard reserve(result.utf8.count) else { return outOfBudget }
        return .text(result)
    }

    // MARK: - Converting

    /// Converts to the type that a formula's parts agree on. Blanks and errors stay.
    mutating func convert(_ value: Value, to type: FormulaType) -> Value {
        if value.error != nil || value.isBlank { return value.isBlank ? .blank : value }
        switch type {
        case .unknown, .blank, .untyped, .color, .choice: return value
        case .boolean: return boolean(value)
        case .number:
            let result = number(value)
            if case .decimal(let decimal) = result.kind { return .number(decimal.double) }
            return result
        case .decimal: return number(value)
        case .text: return text(value)
        case .guid: return Identifier.guid(value)
        case .date, .time, .dateTime: return moment(value, as: type)
        case .record(let columns): return record(value, columns)
        case .table(let columns):
            guard case .table(let rows) = value.kind else { return value }
            guard spend(rows.count), reserve(rows.count * (16 + columns.count * 48)) else { return outOfBudget }
            return .table(rows.map { record($0, columns) })
        }
    }

    private mutating func record(_ value: Value, _ columns: [FormulaType.Column]) -> Value {
        guard case .record = value.kind else { return value }
        return .record(
            columns.map { Value.Field($0.name, convert(value.member($0.name) ?? .blank, to: $0.type)) })
    }

    /// Converts an argument to what a function takes there.
    mutating func adapt(_ value: Value, to parameter: Function.Parameter) -> Value {
        switch parameter {
        case .any, .scalar: return value
        case .text:
            let text = text(value)
            return text.isBlank ? .text("") : text
        case .blankOrText: return text(value)
        case .number:
            let number = number(value)
            return number.isBlank ? (options.numberIsFloat ? .number(0) : .decimal(.zero)) : number
        case .blankOrNumber: return number(value)
        case .boolean:
            let boolean = boolean(value)
            return boolean.isBlank ? .boolean(false) : boolean
        case .blankOrMoment:
            switch value.kind {
            case .date, .time, .dateTime: return value
            default: return moment(value, as: .dateTime)
            }
        case .moment:
            switch value.kind {
            case .date, .time, .dateTime: return value
            default:
                let moment = moment(value, as: .dateTime)
                return moment.isBlank ? Value(.dateTime(LocalTime(milliseconds: 0))) : moment
            }
        case .table:
            switch value.kind {
            case .table, .blank, .error: return value
            case .untyped(.array(let items)): return .table(items.map { Value(.untyped($0)) })
            case .untyped(.null): return .blank
            default: return .error(.invalidArgument, "a table is needed, not \(value.kind.summary)")
            }
        }
    }
}

extension Value.Kind {
    /// The type of a value, without columns.
    var type: FormulaType {
        switch self {
        case .blank: .blank
        case .boolean: .boolean
        case .number: .number
        case .decimal: .decimal
        case .text: .text
        case .date: .date
        case .time: .time
        case .dateTime: .dateTime
        case .guid: .guid
        case .color: .color
        case .untyped: .untyped
        case .record: .record([])
        case .table: .table([])
        case .choice: .choice
        case .error: .unknown
        }
    }

    /// What a value is, without the value itself, which may be a secret.
    var summary: String {
        switch self {
        case .blank: "a blank"
        case .boolean: "true or false"
        case .number, .decimal: "a number"
        case .text: "this text"
        case .date: "a date"
        case .time: "a time"
        case .dateTime: "a date and time"
        case .guid: "a GUID"
        case .color: "a colour"
        case .untyped: "this JSON"
        case .record: "a record"
        case .table: "a table"
        case .choice: "a choice"
        case .error: "an error"
        }
    }
}

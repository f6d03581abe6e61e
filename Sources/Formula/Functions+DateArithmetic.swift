// Dates and times: added to, counted between, and weeks.

extension Function {
    static let dateArithmetic: [Function] = [
        Function("DateAdd", 2...3, bind: bindDateAdd, evaluateDateAdd),
        Function("DateDiff", [.moment, .moment, .blankOrText], optional: 1, .fixed(.decimal), mapsTables: true) {
            a, _ in
            guard let unit = unit(a.count > 2 ? a[2] : nil) else { return badUnit }
            return .whole(Int(difference(moment(a[0]), moment(a[1]), unit)))
        },
        Function("EDate", [.moment, .number], .fixed(.date)) { a, evaluator in
            guard let months = Number(a[1].kind)?.int, let moved = moment(a[0]).startOfDay.adding(months: Int64(months))
            else {
                return outOfCalendar
            }
            return evaluator.checked(.date(moved))
        },
        Function("EOMonth", [.moment, .number], .fixed(.date)) { a, _ in
            let (year, month, _) = moment(a[0]).civil
            guard let months = Number(a[1].kind)?.int,
                let last = LocalTime.date(year: year, month: month + Int64(months) + 1, day: 0)
            else { return outOfCalendar }
            return Value(.date(last))
        },
        Function("Weekday", [.moment, .blankOrNumber], optional: 1, .fixed(.decimal)) { a, _ in
            guard let (start, isFromZero) = weekStart(a.count > 1 ? a[1] : nil) else { return badWeek }
            return .whole((moment(a[0]).weekday - start + 7) % 7 + (isFromZero ? 0 : 1))
        },
        Function("WeekNum", [.moment, .blankOrNumber], optional: 1, .fixed(.decimal)) { a, _ in
            guard let (start, isFromZero) = weekStart(a.count > 1 ? a[1] : nil), !isFromZero else { return badWeek }
            let time = moment(a[0])
            let first = LocalTime(
                milliseconds: LocalTime.daysSinceEpoch(year: Int64(time.year), month: 1, day: 1)
                    * LocalTime.millisecondsPerDay)
            let lead = (first.weekday - start + 7) % 7
            return .whole((Int(time.day - first.day) + lead) / 7 + 1)
        },
        Function("ISOWeekNum", [.moment], .fixed(.decimal)) { a, _ in
            // The week of a date is that of its Thursday.
            let time = moment(a[0])
            let thursday = time.day - Int64((time.weekday + 6) % 7) + 3
            let year = LocalTime(milliseconds: thursday * LocalTime.millisecondsPerDay).civil.year
            return .whole(Int(thursday - LocalTime.daysSinceEpoch(year: year, month: 1, day: 1)) / 7 + 1)
        },
    ]

    private static var outOfCalendar: Value { .error(.invalidArgument, "the date lies outside the years 1 to 9999") }
    private static var badUnit: Value {
        .error(.invalidArgument, "a unit of time is one of TimeUnit, such as TimeUnit.Days")
    }
    private static var badWeek: Value {
        .error(.invalidArgument, "a week begins on one of StartOfWeek, such as StartOfWeek.Monday")
    }

    private static func unit(_ value: Value?) -> TimeUnit? {
        guard let value, !isEmpty(value) else { return .days }
        return TimeUnit(rawValue: value.string.lowercased())
    }

    private static func weekStart(_ value: Value?) -> (weekday: Int, isFromZero: Bool)? {
        guard let value, !value.isBlank else { return (0, false) }
        guard let number = Number(value.kind)?.int, let weekday = WeekStart.weekday(number) else { return nil }
        return (weekday, number == 3)
    }

    /// How often a unit begins between two moments.
    private static func difference(_ from: LocalTime, _ to: LocalTime, _ unit: TimeUnit) -> Int64 {
        func count(_ milliseconds: Int64) -> Int64 {
            to.milliseconds.flooredQuotient(milliseconds) - from.milliseconds.flooredQuotient(milliseconds)
        }
        switch unit {
        case .milliseconds: return to.milliseconds &- from.milliseconds
        case .seconds: return count(1_000)
        case .minutes: return count(60_000)
        case .hours: return count(3_600_000)
        case .days: return count(LocalTime.millisecondsPerDay)
        case .months, .quarters, .years:
            let (a, b) = (from.civil, to.civil)
            if unit == .years { return b.year - a.year }
            if unit == .quarters { return (b.year - a.year) * 4 + (b.month - 1) / 3 - (a.month - 1) / 3 }
            return (b.year - a.year) * 12 + b.month - a.month
        }
    }

    private static func bindDateAdd(_ binder: inout Binder, _ site: CallSite) -> Bound {
        let bound = site.arguments.map { binder.bind($0) }
        let needs: [FormulaType] = [.dateTime, .decimal, .text]
        for (index, part) in bound.enumerated() where !isFitting(part.type, needs[index]) {
            binder.complain(
                "DateAdd takes \(needs[index].phrase) as its \(index.ordinal) argument, not \(part.type.phrase)",
                at: site.arguments[index].span)
        }
        var isFine = false
        if bound.count > 2 {
            guard case .constant(let value) = bound[2].node else { isFine = true; return dateAdd(site, bound, isFine) }
            isFine = [.hours, .minutes, .seconds, .milliseconds].contains(unit(value))
        }
        return dateAdd(site, bound, isFine)
    }

    private static func isFitting(_ type: FormulaType, _ need: FormulaType) -> Bool {
        type.singleColumn?.converts(to: need) ?? type.converts(to: need)
    }

    private static func dateAdd(_ site: CallSite, _ bound: [Bound], _ isFine: Bool) -> Bound {
        let first = bound[0].type.singleColumn ?? bound[0].type
        let scalar: FormulaType =
            switch first {
            case .date: isFine ? .dateTime : .date
            case .time, .unknown: first
            default: .dateTime
            }
        let type: FormulaType =
            bound.contains { $0.type.isTable } ? .table([FormulaType.Column("Value", scalar)]) : scalar
        return Bound(.call(Call(site.function, bound.map(\.node), bound.map(\.type), type: scalar)), type)
    }

    private static let evaluateDateAdd: Body.OfCall = { call, evaluator in
        var arguments = call.arguments.map { evaluator.value(of: $0) }
        let parameters = Parameters(listed: [.moment, .number, .blankOrText])
        let type = call.type
        let compute: Body.OfValues = { add($0, type, &$1) }
        let tables = arguments.compactMap { argument -> [Value]? in
            if case .table(let rows) = argument.kind { rows } else { nil }
        }
        guard let longest = tables.map(\.count).max() else { return evaluator.applied(parameters, &arguments, compute) }
        guard evaluator.spend(longest), evaluator.reserve(longest * 64) else { return evaluator.outOfBudget }
        return .table(
            (0..<longest).map { index in
                var row = arguments.map { argument -> Value in
                    guard case .table(let rows) = argument.kind else { return argument }
                    return index < rows.count ? rows[index].single : .error(.notApplicable, "the table has fewer rows")
                }
                return .record([Value.Field("Value", evaluator.applied(parameters, &row, compute))])
            })
    }

    private static func add(_ a: [Value], _ type: FormulaType, _ evaluator: inout Evaluator) -> Value {
        guard let unit = unit(a.count > 2 ? a[2] : nil) else { return badUnit }
        guard let amount = Number(a[1].kind)?.int, abs(amount) < 1 << 52 else { return outOfCalendar }
        let time = moment(a[0])
        let count = Int64(amount)
        var moved: LocalTime?
        switch unit {
        case .years: moved = abs(count) < 20_000 ? time.adding(months: count * 12) : nil
        case .quarters: moved = abs(count) < 80_000 ? time.adding(months: count * 3) : nil
        case .months: moved = time.adding(months: count)
        case .days: moved = shifted(time, count, LocalTime.millisecondsPerDay)
        case .hours: moved = shifted(time, count, 3_600_000)
        case .minutes: moved = shifted(time, count, 60_000)
        case .seconds: moved = shifted(time, count, 1_000)
        case .milliseconds: moved = shifted(time, count, 1)
        }
        guard let moved else { return outOfCalendar }
        switch (type, a[0].kind) {
        case (.date, _): return evaluator.checked(.date(moved))
        case (.time, _), (.unknown, .time): return evaluator.checked(.time(milliseconds: moved.milliseconds))
        case (.unknown, .date): return evaluator.checked(unit.isDay ? .date(moved) : .dateTime(moved))
        default: return evaluator.checked(.dateTime(moved))
        }
    }

    private static func shifted(_ time: LocalTime, _ count: Int64, _ unit: Int64) -> LocalTime? {
        let (span, overflows) = count.multipliedReportingOverflow(by: unit)
        let (sum, overflowsToo) = time.milliseconds.addingReportingOverflow(span)
        return overflows || overflowsToo ? nil : LocalTime(milliseconds: sum)
    }
}

extension TimeUnit {
    /// It moves a date to another day, never to another hour.
    fileprivate var isDay: Bool { self == .days || self == .months || self == .quarters || self == .years }
}

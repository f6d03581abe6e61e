// Dates and times: made, read, and taken apart.

extension Function {
    static let dates: [Function] = [
        Function("Date", [.number, .number, .number], .fixed(.date)) { a, _ in
            guard let day = day(a) else { return badDate }
            return Value(.date(day))
        },
        Function("Time", [.number, .number, .number, .number], optional: 1, .fixed(.time)) { a, _ in
            guard let span = span(a[...]) else { return .error(.invalidArgument, "a part of the time is too large") }
            return Value(.time(milliseconds: span))
        },
        Function(
            "DateTime", [.number, .number, .number, .number, .number, .number, .number], optional: 1, .fixed(.dateTime)
        ) { a, evaluator in
            guard let day = day(a), let span = span(a[3...]) else { return badDate }
            return evaluator.checked(.dateTime(LocalTime(milliseconds: day.milliseconds + span)))
        },
        Function("DateValue", [.scalar, .blankOrText], optional: 1, .fixed(.date)) { a, evaluator in
            read(a, .date, &evaluator)
        },
        Function("TimeValue", [.scalar, .blankOrText], optional: 1, .fixed(.time)) { a, evaluator in
            read(a, .time, &evaluator)
        },
        Function("DateTimeValue", [.scalar, .blankOrText], optional: 1, .fixed(.dateTime)) { a, evaluator in
            read(a, .dateTime, &evaluator)
        },
        part("Year", blank: 1_900) { $0.year }, part("Month", blank: 1) { $0.month },
        part("Day", blank: 0) { $0.dayOfMonth },
        part("Hour", blank: 0) { $0.hour }, part("Minute", blank: 0) { $0.minute },
        part("Second", blank: 0) { $0.second },
        Function("Now", [], .fixed(.dateTime)) { _, evaluator in Value(.dateTime(evaluator.now)) },
        Function("Today", [], .fixed(.date)) { _, evaluator in Value(.date(evaluator.now.startOfDay)) },
        Function("UTCNow", [], .fixed(.dateTime)) { _, evaluator in
            Value(.dateTime(Zone("UTC").local(evaluator.scope.now)))
        },
        Function("UTCToday", [], .fixed(.date)) { _, evaluator in
            Value(.date(Zone("UTC").local(evaluator.scope.now).startOfDay))
        },
        Function("IsToday", [.moment], .fixed(.boolean)) { a, evaluator in
            .boolean(moment(a[0]).day == evaluator.now.day)
        },
        Function("IsUTCToday", [.moment], .fixed(.boolean)) { a, evaluator in
            let moment = evaluator.zone.moment(moment(a[0]))
            return .boolean(Zone("UTC").local(moment).day == Zone("UTC").local(evaluator.scope.now).day)
        },
        Function("TimeZoneOffset", [.moment], optional: 1, .fixed(.decimal)) { a, evaluator in
            let time = a.first.map(moment) ?? evaluator.now
            return .whole(evaluator.zone.offsetInMinutes(at: time))
        },
    ]

    private static var badDate: Value {
        .error(.invalidArgument, "a date has a year from 1 to 9999, and parts that are not too large")
    }

    /// The moment of a value that is a date or time.
    static func moment(_ value: Value) -> LocalTime {
        if case .time(let milliseconds) = value.kind { return LocalTime(milliseconds: milliseconds) }
        return value.localTime ?? LocalTime(milliseconds: 0)
    }

    private static func day(_ a: [Value]) -> LocalTime? {
        let parts = a.prefix(3).compactMap { Number($0.kind)?.int }
        guard parts.count == 3 else { return nil }
        return LocalTime.date(year: Int64(parts[0]), month: Int64(parts[1]), day: Int64(parts[2]))
    }

    /// Milliseconds of hours, minutes, seconds and milliseconds.
    private static func span(_ a: ArraySlice<Value>) -> Int64? {
        var total: Int64 = 0
        for (value, unit) in zip(a, [3_600_000, 60_000, 1_000, 1] as [Int64]) {
            guard let number = Number(value.kind)?.int, abs(number) <= 1_000_000_000 else { return nil }
            total += Int64(number) * unit
        }
        return total
    }

    private static func read(_ a: [Value], _ type: FormulaType, _ evaluator: inout Evaluator) -> Value {
        let chosen: Language
        switch language(a.count > 1 ? a[1] : nil, &evaluator) {
        case .failure(let error): return .error(error)
        case .success(let language): chosen = language
        }
        if case .untyped(.text(let text)) = a[0].kind, type == .time {
            guard DateReader.isISOTime(text[...]) else {
                return .error(.invalidArgument, "JSON has times as hh:mm:ss")
            }
            return read([.text(text)], .time, &evaluator)
        }
        let moment: LocalTime
        switch Coercion.moment(a[0].kind, chosen, zone: evaluator.zone) {
        case .invalid: return .error(.invalidArgument, "\(a[0].kind.summary) names no date or time")
        case .blank: return .blank
        case .moment(let found): moment = found
        }
        switch type {
        case .date: return Value(.date(moment.startOfDay))
        case .time: return Value(.time(milliseconds: moment.millisecondOfDay))
        default: return Value(.dateTime(moment))
        }
    }

    private static func part(
        _ name: String, blank: Int, _ part: @escaping @Sendable (LocalTime) -> Int
    ) -> Function {
        Function(name, [.blankOrMoment], .fixed(.decimal)) { a, _ in
            guard !a[0].isBlank else { return .whole(blank) }
            return .whole(part(moment(a[0])))
        }
    }
}

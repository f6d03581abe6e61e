/// A reading of the caller's calendar and clock: milliseconds since 30 December 1899, 00:00, which is day 0 of Power Fx.
///
/// It has no time zone of its own; ``FormulaScope/timeZone`` says which one the caller is in. Years 1 to 9999.
public struct LocalTime: Sendable, Hashable, Comparable {
    /// Milliseconds since day 0, below zero before it.
    public var milliseconds: Int64

    /// A reading so many milliseconds after day 0.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }
    /// Whether one reading is the earlier.
    public static func < (a: LocalTime, b: LocalTime) -> Bool { a.milliseconds < b.milliseconds }

    static let millisecondsPerDay: Int64 = 86_400_000
    /// 1 January of the year 1, and 31 December 9999 at its last millisecond.
    static let range: ClosedRange<Int64> =
        daysSinceEpoch(year: 1, month: 1, day: 1) * millisecondsPerDay...daysSinceEpoch(year: 10_000, month: 1, day: 1)
        * millisecondsPerDay - 1
    /// Days from 30 December 1899 to 1 January 1970.
    static let unixEpochInDays: Int64 = 25_569

    /// It lies in the years 1 to 9999.
    public var isInRange: Bool { LocalTime.range.contains(milliseconds) }
    /// Days since 30 December 1899, whole.
    var day: Int64 { milliseconds.flooredQuotient(LocalTime.millisecondsPerDay) }
    /// Since midnight, 0 to 86,399,999.
    var millisecondOfDay: Int64 { milliseconds &- day &* LocalTime.millisecondsPerDay }
    /// The year.
    public var year: Int { Int(civil.year) }
    /// The month, 1 to 12.
    public var month: Int { Int(civil.month) }
    /// The day of the month, 1 to 31.
    public var dayOfMonth: Int { Int(civil.day) }
    /// The hour, 0 to 23.
    public var hour: Int { Int(millisecondOfDay / 3_600_000) }
    /// The minute, 0 to 59.
    public var minute: Int { Int(millisecondOfDay / 60_000 % 60) }
    /// The second, 0 to 59.
    public var second: Int { Int(millisecondOfDay / 1_000 % 60) }
    /// The millisecond, 0 to 999.
    public var millisecond: Int { Int(millisecondOfDay % 1_000) }
    /// 0 for Sunday to 6 for Saturday.
    public var weekday: Int { Int((day + 6).flooredRemainder(7)) }
    var startOfDay: LocalTime { LocalTime(milliseconds: day &* LocalTime.millisecondsPerDay) }

    var civil: (year: Int64, month: Int64, day: Int64) {
        // By eras of 400 years that begin in March, so that leap days come last.
        let shifted = day - LocalTime.unixEpochInDays + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// Days since 30 December 1899 of a date whose month is 1 to 12.
    static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredQuotient(400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468 + unixEpochInDays
    }

    static func daysInMonth(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// A date whose month and day may lie outside their ranges and carry; `nil` outside the years 1 to 9999.
    static func date(year: Int64, month: Int64, day: Int64) -> LocalTime? {
        guard (1...9_999).contains(year), abs(month) < 1_000_000, abs(day) < 10_000_000 else { return nil }
        let months = year * 12 + month - 1
        let first = daysSinceEpoch(year: months.flooredQuotient(12), month: months.flooredRemainder(12) + 1, day: 1)
        let result = LocalTime(milliseconds: (first + day - 1) * millisecondsPerDay)
        return result.isInRange ? result : nil
    }

    /// Moved by calendar months, to the last day of the month when it has no such day.
    func adding(months: Int64) -> LocalTime? {
        let (year, month, day) = civil
        guard abs(months) < 1_000_000 else { return nil }
        let total = year * 12 + month - 1 + months
        let newYear = total.flooredQuotient(12)
        let newMonth = total.flooredRemainder(12) + 1
        guard (1...9_999).contains(newYear) else { return nil }
        let newDay = min(day, LocalTime.daysInMonth(year: newYear, month: newMonth))
        let date = LocalTime.daysSinceEpoch(year: newYear, month: newMonth, day: newDay)
        return LocalTime(milliseconds: date * LocalTime.millisecondsPerDay + millisecondOfDay)
    }

    /// Days with their fraction, as Power Fx makes numbers of dates.
    var days: Double { Double(milliseconds) / Double(LocalTime.millisecondsPerDay) }

    /// From days with a fraction, to the nearest millisecond; `nil` when out of range.
    init?(days: Double) {
        guard days.isFinite, abs(days) < 4_000_000 else { return nil }
        self.init(milliseconds: Int64((days * Double(LocalTime.millisecondsPerDay)).rounded()))
    }
}

extension Int64 {
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }

    func flooredRemainder(_ divisor: Int64) -> Int64 { self &- flooredQuotient(divisor) &* divisor }
}

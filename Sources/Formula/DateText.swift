import Telephony

/// The forms of dates and times that have a name.
enum DateFormat: String, CaseIterable {
    case longDate = "LongDate"
    case longDateTime = "LongDateTime"
    case longDateTime24 = "LongDateTime24"
    case longTime = "LongTime"
    case longTime24 = "LongTime24"
    case shortDate = "ShortDate"
    case shortDateTime = "ShortDateTime"
    case shortDateTime24 = "ShortDateTime24"
    case shortTime = "ShortTime"
    case shortTime24 = "ShortTime24"
    case utc = "UTC"
}

/// Dates and times as text.
enum DateText {
    /// What a value holds of a date and time.
    enum Part { case date, time, dateTime }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number.magnitude)
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// The date as ISO 8601 writes it.
    static func iso(_ time: LocalTime) -> String {
        "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.dayOfMonth, 2))"
    }

    /// The time of day as ISO 8601 writes it, with milliseconds.
    static func isoClock(_ time: LocalTime) -> String {
        "\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2)).\(padded(time.millisecond, 3))"
    }

    /// The short form, such as `3/30/2022 5:30 PM`.
    static func short(_ time: LocalTime, _ part: Part, _ language: Language) -> String {
        switch part {
        case .date: shortDate(time, language)
        case .time: clock(time, language, hasSeconds: false, is24Hour: !language.has12HourClock)
        case .dateTime: short(time, .date, language) + " " + short(time, .time, language)
        }
    }

    private static func shortDate(_ time: LocalTime, _ language: Language) -> String {
        let (year, month, day) = (time.year, time.month, time.dayOfMonth)
        let mark = language.dateSeparator
        switch language.dateOrder {
        case .monthDayYear: return "\(month)\(mark)\(day)\(mark)\(padded(year, 4))"
        case .dayMonthYear: return "\(padded(day, 2))\(mark)\(padded(month, 2))\(mark)\(padded(year, 4))"
        case .yearMonthDay: return "\(padded(year, 4))\(mark)\(padded(month, 2))\(mark)\(padded(day, 2))"
        }
    }

    static func clock(_ time: LocalTime, _ language: Language, hasSeconds: Bool, is24Hour: Bool) -> String {
        let seconds = hasSeconds ? ":" + padded(time.second, 2) : ""
        if is24Hour { return "\(padded(time.hour, 2)):\(padded(time.minute, 2))\(seconds)" }
        let hour = (time.hour + 11) % 12 + 1
        let half = time.hour < 12 ? language.morning : language.afternoon
        return "\(hour):\(padded(time.minute, 2))\(seconds) \(half)"
    }

    /// A form that has a name.
    static func named(_ format: DateFormat, _ time: LocalTime, _ language: Language, zone: Zone) -> String {
        let date = shortDate(time, language)
        let long: String =
            language.dateOrder == .monthDayYear
            ? "\(language.weekdays[time.weekday]), \(language.months[time.month - 1]) \(time.dayOfMonth), \(time.year)"
            : "\(language.weekdays[time.weekday]), \(time.dayOfMonth) \(language.months[time.month - 1]) \(time.year)"
        func clock(_ hasSeconds: Bool, _ is24Hour: Bool) -> String {
            DateText.clock(time, language, hasSeconds: hasSeconds, is24Hour: is24Hour)
        }
        switch format {
        case .longDate: return long
        case .longDateTime: return long + " " + clock(true, false)
        case .longDateTime24: return long + " " + clock(true, true)
        case .longTime: return clock(true, false)
        case .longTime24: return clock(true, true)
        case .shortDate: return date
        case .shortDateTime: return date + " " + clock(false, false)
        case .shortDateTime24: return date + " " + clock(false, true)
        case .shortTime: return clock(false, false)
        case .shortTime24: return clock(false, true)
        case .utc: return zone.moment(time).description
        }
    }
}

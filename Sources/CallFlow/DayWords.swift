import Formula
import Telephony

/// Days and times of day, from words and keys.
struct DayWords {
    /// A day, or a moment of it.
    struct Day: Equatable {
        var year: Int
        var month: Int
        var day: Int

        /// Days since 1970-01-01 in the Gregorian calendar, which is extended to all years.
        var count: Int {
            let shifted = month <= 2 ? year - 1 : year
            let era = (shifted >= 0 ? shifted : shifted - 399) / 400
            let ofEra = shifted - era * 400
            let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
            return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
        }

        init(year: Int, month: Int, day: Int) {
            self.year = year
            self.month = month
            self.day = day
        }

        init(count: Int) {
            let shifted = count + 719_468
            let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
            let ofEra = shifted - era * 146_097
            let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
            let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
            let part = (5 * ofYear + 2) / 153
            day = ofYear - (153 * part + 2) / 5 + 1
            month = part < 10 ? part + 3 : part - 9
            year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        }

        /// It is in the calendar.
        var isValid: Bool { (1...9_999).contains(year) && (1...12).contains(month) && Day(count: count) == self }
    }

    let today: Day
    let prefersPast: Bool

    private static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
    private static let months = SayAs.months.map { $0.lowercased() }

    /// The day that some words name.
    func day(_ words: [String]) -> Day? {
        if words.contains("today") { return today }
        if words.contains("tomorrow") { return Day(count: today.count + 1) }
        if words.contains("yesterday") { return Day(count: today.count - 1) }
        if let day = weekday(words) ?? monthDay(words) { return day }
        let numbers = words.compactMap { Int($0) }
        guard numbers.count >= 3, words.count <= 6 else { return nil }
        return numbers[0] > 31
            ? valid(numbers[0], numbers[1], numbers[2]) : valid(DayWords.century(numbers[2]), numbers[0], numbers[1])
    }

    private func weekday(_ words: [String]) -> Day? {
        guard let index = DayWords.weekdays.firstIndex(where: { words.contains($0) }) else { return nil }
        // 1970-01-01 was a Thursday.
        let current = ((today.count + 4) % 7 + 7) % 7
        let ahead = ((index - current) % 7 + 7) % 7
        if words.contains("last") || (prefersPast && !words.contains("next")) {
            return Day(count: today.count - (ahead == 0 ? 7 : 7 - ahead))
        }
        return Day(count: today.count + (ahead == 0 ? 7 : ahead))
    }

    private func monthDay(_ words: [String]) -> Day? {
        guard let place = words.firstIndex(where: { DayWords.months.contains($0) }),
            let month = DayWords.months.firstIndex(of: words[place])
        else { return nil }
        let after = Words.number(words[(place + 1)...])
        let before = Array(words[..<place]).filter { $0 != "of" && $0 != "the" }
        var day = after.flatMap { Words.whole($0.value) }
        var yearWords = words[(place + 1 + (after?.count ?? 0))...]
        if let number = Words.firstNumber(before) {
            day = Words.whole(number.value)
            yearWords = words[(place + 1)...]
        }
        guard let day, (1...31).contains(day) else { return nil }
        if let year = DayWords.year(yearWords) { return valid(year, month + 1, day) }
        return nearest(month: month + 1, day: day)
    }

    /// "two thousand twenty six", "twenty twenty six", "2026".
    private static func year(_ words: ArraySlice<String>) -> Int? {
        guard let (first, count) = Words.number(words) else { return nil }
        if first >= 1_000, first <= 9_999 { return Words.whole(first) }
        guard first >= 10, first <= 99, let (second, _) = Words.number(words.dropFirst(count)), second < 100 else {
            return nil
        }
        return Words.whole(first * 100 + second)
    }

    /// The day of that name that is nearest in the direction that is preferred.
    private func nearest(month: Int, day: Int) -> Day? {
        guard let thisYear = valid(today.year, month, day) else { return valid(today.year + 1, month, day) }
        if prefersPast { return thisYear.count <= today.count ? thisYear : valid(today.year - 1, month, day) }
        return thisYear.count >= today.count ? thisYear : valid(today.year + 1, month, day)
    }

    private func valid(_ year: Int, _ month: Int, _ day: Int) -> Day? {
        let result = Day(year: year, month: month, day: day)
        return result.isValid ? result : nil
    }

    private static func century(_ year: Int) -> Int { year < 100 ? (year < 70 ? 2_000 : 1_900) + year : year }

    /// The day that keys stand for: eight are month, day and year, four are month and day; with `isDayFirst` the day
    /// comes first. Eight that begin with a year of this or the last century are year, month and day.
    func day(keys: [Int], isDayFirst: Bool) -> Day? {
        func number(_ range: Range<Int>) -> Int { keys[range].reduce(0) { $0 * 10 + $1 } }
        guard [4, 6, 8].contains(keys.count) else { return nil }
        let (first, second) = (number(0..<2), number(2..<4))
        let (month, day) = isDayFirst ? (second, first) : (first, second)
        switch keys.count {
        case 4: return nearest(month: month, day: day)
        case 6: return valid(DayWords.century(number(4..<6)), month, day)
        default:
            if let result = valid(number(4..<8), month, day) { return result }
            return valid(number(0..<4), number(4..<6), number(6..<8))
        }
    }

    /// The time of day that some words name, in minutes.
    static func minutes(_ words: [String]) -> Int? {
        if words.contains("noon") { return 720 }
        if words.contains("midnight") { return 0 }
        for index in words.indices {
            guard let (value, count) = Words.number(words[index...]), value >= 0, value <= 24 else { continue }
            var rest = words[(index + count)...]
            var minutes = 0
            if let (more, taken) = Words.number(rest), more >= 0, more < 60 {
                minutes = Words.whole(more) ?? 0
                rest = rest.dropFirst(taken)
            }
            let mark = rest.first ?? ""
            let letter = rest.dropFirst().first ?? ""
            let isMorning = mark == "am" || (mark == "a" && letter == "m") || rest.contains("morning")
            let isAfternoon =
                mark == "pm" || (mark == "p" && letter == "m") || rest.contains("afternoon") || rest.contains("evening")
            guard isMorning || isAfternoon || mark == "o'clock" || (index > 0 && words[index - 1] == "at") else {
                continue
            }
            var hour = Words.whole(value) ?? 0
            if isAfternoon, hour < 12 { hour += 12 }
            if isMorning, hour == 12 { hour = 0 }
            return hour * 60 + minutes
        }
        return nil
    }
}

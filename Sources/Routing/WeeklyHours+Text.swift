// Hours, as people write them in configurations and test calls.

extension WeeklyHours {
    /// What hours look like, for those who wrote others.
    package static let examples = "'Mon-Fri 08:00-18:00' or 'Sat 09:00-12:00'"
}

extension WeeklyHours.Span {
    private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// Reads days and times, `Mon-Fri 08:00-18:00`: a span for each day.
    ///
    /// - Returns: `nil` for what are no hours.
    package static func read(_ text: String) -> [WeeklyHours.Span]? {
        let words = text.split(separator: " ")
        guard words.count == 2 else { return nil }
        let names = words[0].lowercased().split(separator: "-", omittingEmptySubsequences: false)
        let numbers = names.compactMap { name in days.firstIndex { $0 == name } }
        let times = words[1].split(separator: "-", omittingEmptySubsequences: false).compactMap { minutes($0) }
        guard numbers.count == names.count, let first = numbers.first, let last = numbers.last, numbers.count <= 2,
            first <= last, times.count == 2, times[0] < times[1]
        else { return nil }
        return (first...last).map { WeeklyHours.Span(weekday: $0 + 1, from: times[0], to: times[1]) }
    }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard parts.count == 2, (0...24).contains(parts[0]), (0...59).contains(parts[1]) else { return nil }
        let minutes = parts[0] * 60 + parts[1]
        return minutes <= 1_440 ? minutes : nil
    }
}

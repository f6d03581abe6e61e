import Foundation

/// How people of a language write numbers and dates.
struct Language: Sendable {
    /// The order of day, month and year in a date of numbers.
    enum DateOrder: Sendable { case monthDayYear, dayMonthYear, yearMonthDay }

    let code: String
    let decimalSeparator: Character
    let groupSeparator: Character
    let dateOrder: DateOrder
    /// What stands between the numbers of a short date.
    let dateSeparator: String
    let has12HourClock: Bool
    let months: [String]
    let shortMonths: [String]
    let weekdays: [String]
    let shortWeekdays: [String]
    let morning: String
    let afternoon: String
    /// Months as they stand beside a day, where that differs.
    let monthsOfDates: [String]

    static let english = Language(
        code: "en-US", decimalSeparator: ".", groupSeparator: ",", dateOrder: .monthDayYear, dateSeparator: "/",
        has12HourClock: true,
        months: [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ],
        shortMonths: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        weekdays: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
        shortWeekdays: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"], morning: "AM", afternoon: "PM",
        monthsOfDates: [])

    private static let languages = Set(Locale.LanguageCode.isoLanguageCodes.map(\.identifier))

    /// Finds a language by its code, such as `en-US` or `fr`; `nil` when there is none.
    init?(_ code: String) {
        if code == "en-US" || code == "en" {
            self = .english
            return
        }
        let parts = code.split(separator: "-", omittingEmptySubsequences: false)
        guard code.utf8.count <= 35, let first = parts.first, Language.languages.contains(first.lowercased()),
            parts.allSatisfy({ (1...8).contains($0.utf8.count) && $0.utf8.allSatisfy(Language.isAlphanumeric) })
        else { return nil }
        self = Language(locale: Locale(identifier: parts.joined(separator: "_")), code: code)
    }

    /// The months by their names in words, which stand in letters where the numbers stand in tables.
    private static let vietnameseMonths = [
        "tháng giêng", "tháng hai", "tháng ba", "tháng tư", "tháng năm", "tháng sáu", "tháng bảy", "tháng tám",
        "tháng chín", "tháng mười", "tháng mười một", "tháng chạp",
    ]

    private static func isAlphanumeric(_ octet: UInt8) -> Bool {
        (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet)
    }

    private init(locale: Locale, code: String) {
        let formatter = DateFormatter()
        formatter.locale = locale
        formatter.calendar = Calendar(identifier: .gregorian)
        formatter.dateStyle = .short
        formatter.timeStyle = .none
        let pattern = formatter.dateFormat ?? "M/d/y"
        let order = pattern.filter { "dMy".contains($0) }.first ?? "M"
        formatter.dateStyle = .none
        formatter.timeStyle = .short
        let clock = formatter.dateFormat ?? "h:mm a"
        self.init(
            code: code, decimalSeparator: locale.decimalSeparator?.first ?? ".",
            groupSeparator: locale.groupingSeparator?.first ?? ",",
            dateOrder: order == "y" ? .yearMonthDay : order == "d" ? .dayMonthYear : .monthDayYear,
            dateSeparator: pattern.contains("/")
                ? "/" : pattern.contains(".") ? "." : pattern.contains("-") ? "-" : "/",
            has12HourClock: clock.contains("h") || clock.contains("K"),
            months: formatter.standaloneMonthSymbols,
            shortMonths: formatter.shortStandaloneMonthSymbols,
            weekdays: formatter.standaloneWeekdaySymbols,
            shortWeekdays: formatter.shortStandaloneWeekdaySymbols,
            morning: formatter.amSymbol, afternoon: formatter.pmSymbol,
            monthsOfDates: formatter.monthSymbols + formatter.shortMonthSymbols
                + (code.lowercased().hasPrefix("vi") ? Language.vietnameseMonths : []))
    }

    private init(
        code: String, decimalSeparator: Character, groupSeparator: Character, dateOrder: DateOrder,
        dateSeparator: String, has12HourClock: Bool, months: [String], shortMonths: [String], weekdays: [String],
        shortWeekdays: [String], morning: String, afternoon: String, monthsOfDates: [String]
    ) {
        self.code = code
        self.decimalSeparator = decimalSeparator
        self.groupSeparator = groupSeparator
        self.dateOrder = dateOrder
        self.dateSeparator = dateSeparator
        self.has12HourClock = has12HourClock
        self.months = months.count == 12 ? months : Language.english.months
        self.shortMonths = shortMonths.count == 12 ? shortMonths : Language.english.shortMonths
        self.weekdays = weekdays.count == 7 ? weekdays : Language.english.weekdays
        self.shortWeekdays = shortWeekdays.count == 7 ? shortWeekdays : Language.english.shortWeekdays
        self.morning = morning
        self.afternoon = afternoon
        self.monthsOfDates = monthsOfDates
    }

    /// Digits with the language's own separator in the place of the point.
    func localized(number: String) -> String {
        decimalSeparator == "." ? number : String(number.map { $0 == "." ? decimalSeparator : $0 })
    }

    /// Digits with a point from a number as people write it: with groups, spaces around, a sign, brackets, a currency
    /// sign or a percent sign; `nil` for what is no number.
    func plainNumber(_ text: String) -> (digits: String, isPercent: Bool)? {
        guard text.utf8.count <= 512 else { return nil }
        var digits = ""
        var isPercent = false
        var isNegative = false
        var hasDigit = false
        var hasPoint = false
        var isExponent = false
        var isClosed = false
        let groupsBySpace = groupSeparator.isWhitespace
        var rest = text.filter { !groupsBySpace || !$0.isWhitespace }[...]
        while rest.last?.isWhitespace == true { rest.removeLast() }
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        if rest.first == "(", rest.last == ")" {
            rest = rest.dropFirst().dropLast()
            isNegative = true
        }
        while let character = rest.popFirst() {
            switch character {
            case "0"..."9":
                guard character.isASCII, !isClosed else { return nil }
                digits.append(character)
                hasDigit = true
            case decimalSeparator:
                guard !hasPoint, !isExponent, !isClosed else { return nil }
                digits.append(".")
                hasPoint = true
            case groupSeparator:
                guard hasDigit, !hasPoint, !isExponent, !isClosed else { return nil }
            case "-", "+", "\u{2212}":
                if isExponent, digits.last == "e" {
                    digits.append(character == "+" ? "+" : "-")
                } else {
                    guard !hasDigit, digits.isEmpty, !isNegative else { return nil }
                    isNegative = character != "+"
                }
            case "e", "E":
                guard hasDigit, !isExponent, !isClosed else { return nil }
                isExponent = true
                digits.append("e")
            case "%":
                guard !isPercent else { return nil }
                isPercent = true
                isClosed = hasDigit
            case "$", "€", "£", "¥":
                isClosed = hasDigit
            case _ where character.isWhitespace: isClosed = hasDigit
            default: return nil
            }
        }
        guard hasDigit, digits.last != "e", digits.last != "+", digits.last != "-" else { return nil }
        return ((isNegative ? "-" : "") + digits, isPercent)
    }
}

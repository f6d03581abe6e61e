/// Wall time: milliseconds since 1970-01-01T00:00:00Z. Known only at the edges, passed in as data.
///
/// Encoded as RFC 3339 in UTC with milliseconds: `2026-03-02T09:30:00.000Z`.
@frozen
public struct WallTime: Hashable, Comparable, Sendable {
    public var millisecondsSince1970: Int64

    @inlinable public init(millisecondsSince1970: Int64) { self.millisecondsSince1970 = millisecondsSince1970 }
    @inlinable public static func < (a: WallTime, b: WallTime) -> Bool {
        a.millisecondsSince1970 < b.millisecondsSince1970
    }
    @inlinable public static func + (a: WallTime, b: Interval) -> WallTime {
        WallTime(millisecondsSince1970: a.millisecondsSince1970 &+ b.milliseconds)
    }
}

extension WallTime: CustomStringConvertible {
    /// RFC 3339 in UTC, to the millisecond.
    public var description: String {
        let millisecondsOfDay = Int64(86_400_000)
        let days = millisecondsSince1970.flooredQuotient(by: millisecondsOfDay)
        let rest = millisecondsSince1970 - days * millisecondsOfDay
        let (year, month, day) = civilDate(daysSince1970: days)
        let seconds = rest / 1_000
        return
            "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(seconds / 3_600, 2))"
            + ":\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(rest % 1_000, 3))Z"
    }

    /// Reads RFC 3339 (`2026-03-02T09:30:00Z`, with or without a fraction, `Z` or `±hh:mm`); `nil` for anything else.
    public init?(_ text: String) {
        var scanner = DigitScanner(text.utf8)
        guard let year = scanner.number(digits: 4), scanner.take(UInt8(ascii: "-")),
            let month = scanner.number(digits: 2), scanner.take(UInt8(ascii: "-")),
            let day = scanner.number(digits: 2), scanner.take(UInt8(ascii: "T")) || scanner.take(UInt8(ascii: " ")),
            let hour = scanner.number(digits: 2), scanner.take(UInt8(ascii: ":")),
            let minute = scanner.number(digits: 2), scanner.take(UInt8(ascii: ":")),
            let second = scanner.number(digits: 2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        let fraction = scanner.milliseconds()
        guard let offset = scanner.offsetInMinutes(), scanner.isAtEnd else { return nil }
        let days = daysSince1970(year: year, month: month, day: day)
        guard civilDate(daysSince1970: days) == (year, month, day) else { return nil }
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset * 60
        self.init(millisecondsSince1970: seconds * 1_000 + fraction)
    }
}

extension WallTime: Codable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let time = WallTime(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not an RFC 3339 time such as 2026-03-02T09:30:00Z")
        }
        self = time
    }
}

/// Reads the fixed-width fields of RFC 3339.
private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String.UTF8View) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ octet: UInt8) -> Bool {
        guard rest.first == octet else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let octet = rest.first, (48...57).contains(octet) else { return nil }
            value = value * 10 + Int64(octet - 48)
            rest.removeFirst()
        }
        return value
    }

    mutating func milliseconds() -> Int64 {
        guard take(UInt8(ascii: ".")) else { return 0 }
        var value: Int64 = 0
        var scale: Int64 = 100
        while let digit = number(digits: 1) {
            value += digit * scale
            scale /= 10
        }
        return value
    }

    mutating func offsetInMinutes() -> Int64? {
        if take(UInt8(ascii: "Z")) { return 0 }
        let sign: Int64 = take(UInt8(ascii: "-")) ? -1 : 1
        guard sign < 0 || take(UInt8(ascii: "+")), let hours = number(digits: 2), take(UInt8(ascii: ":")),
            let minutes = number(digits: 2), hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes)
    }
}

/// The proleptic Gregorian date of a day, by eras of 400 years that begin in March so that leap days come last.
private func civilDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted.flooredQuotient(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

private func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear.flooredQuotient(by: 400)
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
}

private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number.magnitude)
    return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Int64 {
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

/// The enumerations that functions take.
enum Enumerations {
    typealias Members = [(name: String, value: Value)]

    static let all: [String: Members] = [
        "ErrorKind": FormulaError.Kind.members.map { ($0.name, .whole($0.value)) },
        "SortOrder": [("Ascending", .text("ascending")), ("Descending", .text("descending"))],
        "TimeUnit": TimeUnit.allCases.map { ($0.member, .text($0.rawValue)) },
        "StartOfWeek": WeekStart.members.map { ($0.name, .whole($0.value)) },
        "DateTimeFormat": DateFormat.allCases.map { ($0.rawValue, .text($0.rawValue)) },
        "MatchOptions": PatternOptions.members.map { ($0.name, .text($0.flags)) },
        "Match": Pattern.classes.map { ($0.name, .text($0.pattern)) },
        "JSONFormat": JSONWriter.formats.map { ($0.name, .text($0.flag)) },
        "Color": Color.names.map { ($0.name, Value(.color($0.value))) },
        "TraceOptions": [("None", .text("none")), ("IgnoreUnsupportedTypes", .text("ignore"))],
    ]
}

/// What dates and times are counted in.
enum TimeUnit: String, CaseIterable {
    case milliseconds, seconds, minutes, hours, days, months, quarters, years

    /// Its name in the enumeration `TimeUnit`.
    var member: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}

/// The first day of a week, with the numbers that Excel has for it.
enum WeekStart {
    static let members: [(name: String, value: Int)] = [
        ("Sunday", 1), ("Monday", 2), ("MondayZero", 3), ("Tuesday", 12), ("Wednesday", 13), ("Thursday", 14),
        ("Friday", 15), ("Saturday", 16),
    ]

    /// The weekday that a week begins on, 0 for Sunday; `nil` for a number that has no meaning.
    static func weekday(_ number: Int) -> Int? {
        switch number {
        case 1, 17: 0
        case 2, 3, 11: 1
        case 12...16: number - 10
        default: nil
        }
    }
}

/// Colours, as four bytes: red, green, blue, opacity.
enum Color {
    static let names: [(name: String, value: UInt32)] = [
        ("Black", 0x0000_00FF), ("White", 0xFFFF_FFFF), ("Red", 0xFF00_00FF), ("Green", 0x0080_00FF),
        ("Blue", 0x0000_FFFF), ("Yellow", 0xFFFF_00FF), ("Orange", 0xFFA5_00FF), ("Purple", 0x8000_80FF),
        ("Gray", 0x8080_80FF), ("Brown", 0xA52A_2AFF), ("Pink", 0xFFC0_CBFF), ("Cyan", 0x00FF_FFFF),
        ("Magenta", 0xFF00_FFFF), ("Lime", 0x00FF_00FF), ("Navy", 0x0000_80FF), ("Teal", 0x0080_80FF),
        ("Silver", 0xC0C0_C0FF), ("Maroon", 0x8000_00FF), ("Olive", 0x8080_00FF), ("Gold", 0xFFD7_00FF),
        ("Transparent", 0x0000_0000),
    ]

    private static func parts(_ value: UInt32) -> (red: UInt32, green: UInt32, blue: UInt32, opacity: UInt32) {
        (value >> 24, value >> 16 & 0xFF, value >> 8 & 0xFF, value & 0xFF)
    }

    static func powerFx(_ value: UInt32) -> String {
        let (red, green, blue, opacity) = parts(value)
        let share = (Double(opacity) / 255 * 1_000).rounded() / 1_000
        return "RGBA(\(red),\(green),\(blue),\(NumberText.text(share)))"
    }

    static func text(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return "#" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// From `#RRGGBB` or `#RRGGBBAA`, or a colour's name when `names` are taken.
    static func parse(_ text: String, acceptsNames: Bool) -> UInt32? {
        if text.hasPrefix("#") {
            let digits = text.dropFirst()
            guard digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else { return nil }
            return digits.count == 8 ? value : digits.count == 6 ? value << 8 | 0xFF : nil
        }
        guard acceptsNames else { return nil }
        return names.first { $0.name.lowercased() == text.lowercased() }?.value
    }
}

/// GUIDs.
enum Identifier {
    static func guid(_ value: Value) -> Value {
        switch value.kind {
        case .blank, .error, .guid: return value
        case .text(let text), .untyped(.text(let text)):
            if text.isEmpty { return .blank }
            let digits = text.lowercased().filter { !"-{}() ".contains($0) }
            guard digits.utf8.count == 32, digits.allSatisfy(\.isHexDigit) else {
                return .error(.invalidArgument, "a GUID has 32 hexadecimal digits")
            }
            return Value(.guid(grouped(digits)))
        case .untyped(.null): return .blank
        default: return .error(.invalidArgument, "a GUID is made of a text, not \(value.kind.summary)")
        }
    }

    /// Hexadecimal digits in groups of 8, 4, 4, 4 and 12.
    static func grouped(_ digits: String) -> String {
        var rest = digits[...]
        return [8, 4, 4, 4, 12].map { count in
            defer { rest = rest.dropFirst(count) }
            return String(rest.prefix(count))
        }.joined(separator: "-")
    }
}

/// How numbers are written where Parley stands.
package struct NumberingPlan: Hashable, Sendable {
    /// The country code, digits only: `44`. Empty: national numbers stay as they are.
    package var countryCode: String
    /// What goes before a national number dialled within the country: `0` in most, nothing in some.
    package var trunkPrefix: String

    package init(countryCode: String = "", trunkPrefix: String = "0") {
        self.countryCode = countryCode
        self.trunkPrefix = trunkPrefix
    }
}

/// A telephone number in one form: `+` and digits (ITU-T E.164) when the country is known, bare digits when not.
///
/// The visual separators of RFC 3966 section 5.1.1 (`-`, `.`, `(`, `)`) and spaces are passed over; `00` at the
/// beginning stands for `+`. Everything that could make another number of it than the writer meant is no number:
/// letters, `*` and `#`, digits that are not ASCII, `+` at another place, and `+44 (0)20`, whose zero is not dialled.
package struct PhoneNumber: Hashable, Sendable, CustomStringConvertible {
    /// ASCII digits only, without `+`.
    package let digits: String
    /// The digits begin with a country code.
    package let isInternational: Bool

    package var description: String { isInternational ? "+" + digits : digits }

    package init?(_ text: String, plan: NumberingPlan = NumberingPlan()) {
        guard let (raw, hasPlus) = PhoneNumber.scan(text) else { return nil }
        var digits = raw
        var isInternational = hasPlus
        if !hasPlus, digits.hasPrefix("00") {
            digits.removeFirst(2)
            isInternational = true
        } else if !hasPlus, !plan.countryCode.isEmpty, !plan.trunkPrefix.isEmpty, digits.hasPrefix(plan.trunkPrefix),
            digits.utf8.count > plan.trunkPrefix.utf8.count + 2
        {
            digits = plan.countryCode + digits.dropFirst(plan.trunkPrefix.count)
            isInternational = true
        }
        // E.164 section 6.2.1: 15 digits at most; no country code begins with 0.
        guard (1...15).contains(digits.utf8.count), !isInternational || digits.utf8.count >= 4 && !digits.hasPrefix("0")
        else { return nil }
        self.digits = digits
        self.isInternational = isInternational
    }

    /// The digits, and whether `+` came before them.
    private static func scan(_ text: String) -> (digits: String, hasPlus: Bool)? {
        guard text.utf8.count <= 64 else { return nil }
        var digits = ""
        var hasPlus = false
        var group: String?
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits.unicodeScalars.append(Unicode.Scalar(octet))
                group?.unicodeScalars.append(Unicode.Scalar(octet))
            case UInt8(ascii: "+"):
                guard !hasPlus, digits.isEmpty, group == nil else { return nil }
                hasPlus = true
            case UInt8(ascii: "("):
                guard group == nil else { return nil }
                group = ""
            case UInt8(ascii: ")"):
                guard let inside = group, !inside.isEmpty, inside != "0" else { return nil }
                group = nil
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."): break
            default: return nil
            }
        }
        return group == nil && !digits.isEmpty ? (digits, hasPlus) : nil
    }
}

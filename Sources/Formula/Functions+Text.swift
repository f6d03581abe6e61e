// Text, its pieces and its forms.

extension Function {
    static let text: [Function] = [
        Function("Len", [.text], .fixed(.decimal), mapsTables: true) { a, _ in .whole(a[0].string.utf16.count) },
        Function("Left", [.text, .number], .fixed(.text), mapsTables: true) { a, _ in
            guard let count = length(a[1]) else { return badCount("Left") }
            return .text(a[0].string.leading(count))
        },
        Function("Right", [.text, .number], .fixed(.text), mapsTables: true) { a, _ in
            guard let count = length(a[1]) else { return badCount("Right") }
            return .text(a[0].string.trailing(count))
        },
        Function("Mid", [.text, .number, .number], optional: 1, .fixed(.text), mapsTables: true) { a, _ in
            guard let start = length(a[1]), start >= 1 else {
                return .error(.invalidArgument, "Mid begins at 1 or later")
            }
            guard let count = a.count > 2 ? length(a[2]) : Int(Int32.max) else { return badCount("Mid") }
            let units = Array(a[0].string.utf16)
            return .text(String(units: units.dropFirst(start - 1).prefix(count)))
        },
        Function("Replace", [.text, .number, .number, .text], .fixed(.text), mapsTables: true) { a, evaluator in
            guard let start = length(a[1]), start >= 1 else {
                return .error(.invalidArgument, "Replace begins at 1 or later")
            }
            guard let count = length(a[2]) else { return badCount("Replace") }
            let units = Array(a[0].string.utf16)
            let tail = units.dropFirst(start - 1).dropFirst(count)
            guard evaluator.reserve((units.count + a[3].string.utf16.count) * 3) else { return evaluator.outOfBudget }
            return .text(String(units: units.prefix(start - 1) + Array(a[3].string.utf16) + tail))
        },
        Function(
            "Substitute", [.text, .text, .text, .number], optional: 1, .fixed(.text), mapsTables: true, substitute),
        Function("Upper", [.text], .fixed(.text), mapsTables: true) { a, _ in .text(a[0].string.uppercased()) },
        Function("Lower", [.text], .fixed(.text), mapsTables: true) { a, _ in .text(a[0].string.lowercased()) },
        Function("Proper", [.text], .fixed(.text), mapsTables: true) { a, _ in .text(proper(a[0].string)) },
        Function("Trim", [.text], .fixed(.text), mapsTables: true) { a, _ in
            .text(a[0].string.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " "))
        },
        Function("TrimEnds", [.text], .fixed(.text), mapsTables: true) { a, _ in
            var scalars = a[0].string.unicodeScalars[...]
            while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
            while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
            return .text(String(scalars))
        },
        Function("Concatenate", [.text], repeats: true, .fixed(.text), mapsTables: true) { a, evaluator in
            guard evaluator.reserve(a.reduce(0) { $0 &+ $1.string.utf8.count }) else { return evaluator.outOfBudget }
            return .text(a.reduce(into: "") { $0 += $1.string })
        },
        Function("Char", [.number], .fixed(.text), mapsTables: true) { a, _ in
            guard let code = length(a[0]), (1...255).contains(code), let scalar = Unicode.Scalar(UInt32(code)) else {
                return .error(.invalidArgument, "Char takes a number from 1 to 255")
            }
            return .text(String(Character(scalar)))
        },
        Function("UniChar", [.number], .fixed(.text), mapsTables: true) { a, _ in
            guard let code = length(a[0]), (1...0x10FFFF).contains(code), let scalar = Unicode.Scalar(UInt32(code))
            else {
                return .error(.invalidArgument, "UniChar takes the number of a Unicode character")
            }
            return .text(String(Character(scalar)))
        },
        Function("EncodeUrl", [.text], .fixed(.text)) { a, evaluator in
            guard evaluator.reserve(a[0].string.utf8.count * 3) else { return evaluator.outOfBudget }
            return .text(encodedURL(a[0].string))
        },
        Function("EncodeHTML", [.text], .fixed(.text), mapsTables: true) { a, evaluator in
            guard evaluator.reserve(a[0].string.utf8.count * 6) else { return evaluator.outOfBudget }
            return .text(encodedHTML(a[0].string))
        },
        Function("PlainText", [.text], .fixed(.text)) { a, _ in .text(plainText(a[0].string)) },
    ]

    static let textSearch: [Function] = [
        Function("StartsWith", [.text, .text], .fixed(.boolean)) { a, _ in
            .boolean(a[0].string.lowercased().utf16.starts(with: a[1].string.lowercased().utf16))
        },
        Function("EndsWith", [.text, .text], .fixed(.boolean)) { a, _ in
            .boolean(a[0].string.lowercased().utf16.reversed().starts(with: a[1].string.lowercased().utf16.reversed()))
        },
        Function("Find", [.text, .text, .number], optional: 1, .fixed(.decimal), mapsTables: true) { a, evaluator in
            let hay = Array(a[1].string.utf16)
            guard let start = a.count > 2 ? length(a[2]) : 1, start >= 1, start <= hay.count + 1 else {
                return .error(.invalidArgument, "Find begins between 1 and the length of the text")
            }
            guard evaluator.spend(hay.count / 16) else { return evaluator.outOfBudget }
            let found = TextSearch.position(of: Array(a[0].string.utf16), in: hay, from: start - 1)
            return found.map { .whole($0 + 1) } ?? .blank
        },
        Function("Split", [.text, .text], .fixed(.table([FormulaType.Column("Value", .text)]))) { a, evaluator in
            let units = Array(a[0].string.utf16)
            guard evaluator.spend(units.count), evaluator.reserve(units.count * 64) else {
                return evaluator.outOfBudget
            }
            return .table(pieces(units, Array(a[1].string.utf16)).map { .record([Value.Field("Value", .text($0))]) })
        },
    ]

    /// A number of characters: truncated, very large ones cut; `nil` below zero.
    static func length(_ value: Value) -> Int? {
        guard let number = Number(value.kind) else { return nil }
        if let count = number.int { return count >= 0 ? min(count, Int(Int32.max)) : nil }
        return number.double > 0 ? Int(Int32.max) : nil
    }

    private static func badCount(_ name: String) -> Value {
        .error(.invalidArgument, "\(name) takes a number of characters that is not below zero")
    }

    private static let substitute: Body.OfValues = { a, evaluator in
        let units = Array(a[0].string.utf16)
        let (old, new) = (Array(a[1].string.utf16), Array(a[2].string.utf16))
        var wanted = 0
        if a.count > 3 {
            guard let instance = length(a[3]), instance >= 1 else {
                return .error(.invalidArgument, "Substitute counts occurrences from 1")
            }
            wanted = instance
        }
        guard !old.isEmpty else { return a[0] }
        var result: [UInt16] = []
        var position = 0
        var count = 0
        while let found = TextSearch.position(of: old, in: units, from: position) {
            guard evaluator.spend(1 + (found - position) / 16), evaluator.reserve((found - position + new.count) * 2)
            else {
                return evaluator.outOfBudget
            }
            count += 1
            result += units[position..<found]
            result += wanted == 0 || count == wanted ? new : old
            position = found + old.count
            if count == wanted { break }
        }
        return .text(String(units: result + units[position...]))
    }

    private static func proper(_ text: String) -> String {
        var result = ""
        var isInWord = false
        for character in text {
            result += isInWord ? character.lowercased() : character.uppercased()
            isInWord = character.isLetter || character.isNumber || (isInWord && character == "'")
        }
        return result
    }

    private static func pieces(_ units: [UInt16], _ separator: [UInt16]) -> [String] {
        guard !separator.isEmpty else { return String(units: units).map(String.init) }
        var result: [String] = []
        var position = 0
        while let found = TextSearch.position(of: separator, in: units, from: position) {
            result.append(String(units: units[position..<found]))
            position = found + separator.count
        }
        return result + [String(units: units[position...])]
    }

    private static func encodedURL(_ text: String) -> String {
        var result = ""
        for octet in text.utf8 {
            let scalar = Unicode.Scalar(octet)
            if octet < 128,
                scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-_.~".unicodeScalars.contains(scalar)
            {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(octet, radix: 16, uppercase: true)
                result += "%" + (digits.utf8.count < 2 ? "0" : "") + digits
            }
        }
        return result
    }

    private static func encodedHTML(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// Text without its HTML tags, and with the characters that its entities stand for.
    private static func plainText(_ html: String) -> String {
        var result = ""
        var tag: String?
        for character in html.unicodeScalars {
            if let name = tag {
                if character == ">" {
                    let word = name.lowercased().prefix { $0.isLetter }
                    if word == "br" || word == "p" || word == "div" || word == "tr" || word == "li" { result += "\r\n" }
                    tag = nil
                } else {
                    tag = name + String(Character(character))
                }
            } else if character == "<" {
                tag = ""
            } else {
                result.unicodeScalars.append(character)
            }
        }
        for (entity, character) in [
            ("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&"),
        ] {
            let (old, new) = (Array(entity.utf16), Array(character.utf16))
            var units = Array(result.utf16)
            var position = 0
            while let found = TextSearch.position(of: old, in: units, from: position) {
                units.replaceSubrange(found..<found + old.count, with: new)
                position = found + new.count
            }
            result = String(units: units)
        }
        return result
    }
}

extension Value {
    /// The text of a value that is one.
    var string: String { if case .text(let text) = kind { text } else { "" } }
}

/// Cuts markup into tags and text. Never fails: what is no tag is text.
struct MarkupScanner: Sendable {
    struct Tag: Sendable {
        /// In lower case.
        var name: String
        var attributes: [(name: String, value: String)]
        /// It closes itself: `<break/>`.
        var isEmpty: Bool
        var offset: Int

        subscript(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
    }

    enum Token: Sendable {
        case text(String)
        case open(Tag)
        case close(String, offset: Int)
    }

    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ source: String, limit: Int) { bytes = Array(source.utf8.prefix(limit)) }

    private func byte(_ index: Int) -> UInt8? { index >= 0 && index < bytes.count ? bytes[index] : nil }

    private func string(_ start: Int, _ end: Int) -> String {
        let from = max(0, min(start, bytes.count))
        return String(decoding: bytes[from..<max(from, min(end, bytes.count))], as: UTF8.self)
    }

    /// The next tag or stretch of text.
    mutating func next() -> Token? {
        var text = ""
        var start = offset
        while let current = byte(offset) {
            guard current == UInt8(ascii: "<") || current == UInt8(ascii: "&") else {
                offset += 1
                continue
            }
            let before = string(start, offset)
            if current == UInt8(ascii: "&") {
                text += before + entity()
            } else if let skipped = skip(text + before) {
                text = skipped
            } else {
                let place = offset
                if !(text + before).isEmpty, looksLikeTag() { return .text(text + before) }
                if let token = tag() { return token }
                text += before + "<"
                offset = place + 1
            }
            start = offset
        }
        text += string(start, offset)
        return text.isEmpty ? nil : .text(text)
    }

    /// A reference to a character; the ampersand itself when it is none.
    private mutating func entity() -> String {
        let start = offset
        var end = start + 1
        while end - start < 12, let current = byte(end), current != UInt8(ascii: ";") { end += 1 }
        offset = start + 1
        guard byte(end) == UInt8(ascii: ";") else { return "&" }
        let name = string(start + 1, end)
        let value: String? =
            switch name {
            case "lt": "<"
            case "gt": ">"
            case "amp": "&"
            case "quot": "\""
            case "apos": "'"
            case "nbsp": " "
            default: MarkupScanner.character(name)
            }
        guard let value else { return "&" }
        offset = end + 1
        return value
    }

    private static func character(_ name: String) -> String? {
        guard name.hasPrefix("#") else { return nil }
        let isHexadecimal = name.dropFirst().first == "x"
        let number = UInt32(name.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10)
        guard let number, number >= 0x20, let scalar = Unicode.Scalar(number) else { return nil }
        return String(Character(scalar))
    }

    /// Passes over a comment, an instruction or a declaration; a CDATA section is text. `nil` when there is none.
    private mutating func skip(_ text: String) -> String? {
        let head = string(offset, offset + 9)
        if head.hasPrefix("<!--") {
            pass("-->", from: offset + 4)
            return text
        }
        if head == "<![CDATA[" {
            let start = offset + 9
            let end = find("]]>", from: start) ?? bytes.count
            offset = min(bytes.count, end + 3)
            return text + string(start, end)
        }
        if head.hasPrefix("<?") {
            pass("?>", from: offset + 2)
            return text
        }
        if head.hasPrefix("<!") {
            pass(">", from: offset + 2)
            return text
        }
        return nil
    }

    private mutating func pass(_ mark: String, from start: Int) {
        offset = find(mark, from: start).map { $0 + mark.utf8.count } ?? bytes.count
    }

    private func find(_ mark: String, from start: Int) -> Int? {
        let wanted = Array(mark.utf8)
        var index = max(0, start)
        while index + wanted.count <= bytes.count {
            if bytes[index..<index + wanted.count].elementsEqual(wanted) { return index }
            index += 1
        }
        return nil
    }

    private func isNameStart(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
    }

    private func isName(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return isNameStart(byte) || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
            || [UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
    }

    private func looksLikeTag() -> Bool {
        isNameStart(byte(offset + 1)) || (byte(offset + 1) == UInt8(ascii: "/") && isNameStart(byte(offset + 2)))
    }

    /// A tag at a `<`; `nil` when it is a character like others.
    private mutating func tag() -> Token? {
        let start = offset
        guard looksLikeTag() else { return nil }
        let isClosing = byte(offset + 1) == UInt8(ascii: "/")
        offset += isClosing ? 2 : 1
        let name = name().lowercased()
        var attributes: [(name: String, value: String)] = []
        while let current = byte(offset), current != UInt8(ascii: ">"), current != UInt8(ascii: "<") {
            if isNameStart(current), attributes.count < 32 {
                attributes.append(attribute())
            } else {
                offset += 1
            }
        }
        guard byte(offset) == UInt8(ascii: ">") else { return nil }
        let isEmpty = byte(offset - 1) == UInt8(ascii: "/")
        offset += 1
        return isClosing
            ? .close(name, offset: start)
            : .open(Tag(name: name, attributes: attributes, isEmpty: isEmpty, offset: start))
    }

    private mutating func name() -> String {
        let start = offset
        while isName(byte(offset)) { offset += 1 }
        return string(start, offset)
    }

    private mutating func passSpace() { while let current = byte(offset), current <= 0x20 { offset += 1 } }

    private mutating func attribute() -> (name: String, value: String) {
        let name = name()
        passSpace()
        guard byte(offset) == UInt8(ascii: "=") else { return (name, "") }
        offset += 1
        passSpace()
        guard let quote = byte(offset), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            return (name, self.name())
        }
        offset += 1
        var value = ""
        var start = offset
        while let current = byte(offset), current != quote {
            if current == UInt8(ascii: "&") {
                value += string(start, offset) + entity()
                start = offset
            } else {
                offset += 1
            }
        }
        value += string(start, offset)
        if byte(offset) == quote { offset += 1 }
        return (name, value)
    }
}

/// Parameters of a header value or a URI, in order; names are compared without regard to case.
package struct Parameters: Sendable, Hashable {
    package struct Parameter: Sendable, Hashable {
        package var name: String
        /// `nil` when there is no `=`.
        package var value: String?
        /// Whether the value stood, and goes out, in quotes.
        package var isQuoted: Bool
    }

    package private(set) var all: [Parameter] = []

    package init() {}

    package init(_ pairs: [(String, String?)]) {
        for (name, value) in pairs { self[name] = .some(value) }
    }

    package var isEmpty: Bool { all.isEmpty }

    /// Whether there is a parameter of this name, with or without a value.
    package func contains(_ name: String) -> Bool { all.contains { $0.name.equalsIgnoringCase(name) } }

    /// The value of a parameter: `nil` when it is not there, `.some(nil)` when it has none. Setting `nil` removes it.
    package subscript(name: String) -> String?? {
        get { all.first { $0.name.equalsIgnoringCase(name) }.map(\.value) }
        set {
            let index = all.firstIndex { $0.name.equalsIgnoringCase(name) }
            switch (index, newValue) {
            case (let index?, let value?): all[index].value = value
            case (let index?, nil): all.remove(at: index)
            case (nil, let value?): all.append(Parameter(name: name, value: value, isQuoted: false))
            case (nil, nil): break
            }
        }
    }

    /// The value of a parameter that has one.
    package func value(_ name: String) -> String? { self[name] ?? nil }

    package mutating func setQuoted(_ name: String, _ value: String) {
        self[name] = nil
        all.append(Parameter(name: name, value: value, isQuoted: true))
    }

    /// Reads `*( SEMI name [ EQUAL value ] )` of a header value (`generic-param`); `nil` when it is malformed or a name
    /// stands twice (RFC 3261 section 7.3.1).
    init?(headerParametersFrom scanner: inout ByteScanner) {
        while scanner.takeSeparator(UInt8(ascii: ";")) {
            guard let name = scanner.token() else { return nil }
            var value: String?
            var isQuoted = false
            if scanner.takeSeparator(UInt8(ascii: "=")) {
                if scanner.next == UInt8(ascii: "\"") {
                    guard let quoted = scanner.quotedString() else { return nil }
                    value = quoted
                    isQuoted = true
                } else {
                    guard let text = scanner.text(where: { $0.isTokenOctet || $0.isOne(of: "[]:/@&$") }) else {
                        return nil
                    }
                    value = text
                }
            }
            guard append(name, value, isQuoted: isQuoted) else { return nil }
        }
    }

    /// Reads `*( ";" pname [ "=" pvalue ] )` of a URI; names and values stay escaped.
    init?(uriParametersFrom scanner: inout ByteScanner) {
        while scanner.take(UInt8(ascii: ";")) {
            guard let name = EscapedText.read(from: &scanner, allowing: "[]/:&+$") else { return nil }
            var value: String?
            if scanner.take(UInt8(ascii: "=")) {
                guard let text = EscapedText.read(from: &scanner, allowing: "[]/:&+$") else { return nil }
                value = text
            }
            guard append(name, value, isQuoted: false) else { return nil }
        }
    }

    private mutating func append(_ name: String, _ value: String?, isQuoted: Bool) -> Bool {
        guard all.count < SIPLimits.parameters, !contains(name) else { return false }
        all.append(Parameter(name: name, value: value, isQuoted: isQuoted))
        return true
    }
}

extension Parameters: CustomStringConvertible {
    package var description: String {
        var text = ""
        for parameter in all {
            text += ";" + parameter.name
            guard let value = parameter.value else { continue }
            let isPlain =
                !parameter.isQuoted && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !$0.isOne(of: ";,\"<>\\") }
            text += "=" + (isPlain ? value : value.quoted)
        }
        return text
    }
}

/// Percent-escapes of URIs (RFC 3261 section 19.1.2).
package enum EscapedText {
    /// Octets that are unreserved, escaped or in `extra`, as they stand; `nil` when there is none or an escape is broken.
    static func read(from scanner: inout ByteScanner, allowing extra: StaticString) -> String? {
        var octets: [UInt8] = []
        while let octet = scanner.next {
            if octet == UInt8(ascii: "%") {
                guard let first = scanner.peek(1), let second = scanner.peek(2), first.hexValue != nil,
                    second.hexValue != nil
                else { return nil }
                octets += [octet, first, second]
                for _ in 0..<3 { scanner.skip() }
            } else if octet.isUnreserved || octet.isOne(of: extra) {
                octets.append(octet)
                scanner.skip()
            } else {
                break
            }
        }
        return octets.isEmpty ? nil : String(decoding: octets, as: UTF8.self)
    }

    /// With each escape replaced by its octet, once.
    package static func unescaped(_ text: String) -> String {
        var octets: [UInt8] = []
        var scanner = ByteScanner(text)
        while let octet = scanner.next {
            if octet == UInt8(ascii: "%"), let first = scanner.peek(1)?.hexValue, let second = scanner.peek(2)?.hexValue
            {
                octets.append(first << 4 | second)
                for _ in 0..<3 { scanner.skip() }
            } else {
                octets.append(octet)
                scanner.skip()
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }

    /// With everything escaped that is neither unreserved nor in `extra`.
    package static func escaped(_ text: String, allowing extra: StaticString = "") -> String {
        var octets: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for octet in text.utf8 {
            if octet.isUnreserved || octet.isOne(of: extra) {
                octets.append(octet)
            } else {
                octets += [UInt8(ascii: "%"), digits[Int(octet >> 4)], digits[Int(octet & 15)]]
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }
}

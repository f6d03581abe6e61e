package import Telephony

/// Where a URI or a Via points: a name, or an address (RFC 3261 section 25.1, `host`).
package enum Host: Hashable, Sendable {
    /// In lower case.
    case name(String)
    /// Most significant octet first.
    case ipv4(UInt32)
    case ipv6(high: UInt64, low: UInt64)

    /// Reads a name, an IPv4 address, or an IPv6 address in brackets; with `allowsBareIPv6` also one without.
    package init?(_ text: String, allowsBareIPv6: Bool = false) {
        var scanner = ByteScanner(text)
        if allowsBareIPv6, text.utf8.contains(UInt8(ascii: ":")), !text.hasPrefix("[") {
            guard let (high, low) = Host.ipv6Words(Array(text.utf8)) else { return nil }
            self = .ipv6(high: high, low: low)
            return
        }
        guard let host = Host(from: &scanner), scanner.isAtEnd else { return nil }
        self = host
    }

    init?(from scanner: inout ByteScanner) {
        if scanner.take(UInt8(ascii: "[")) {
            guard let inside = scanner.octets(where: { $0.hexValue != nil || $0.isOne(of: ":.") }),
                scanner.take(UInt8(ascii: "]")), let (high, low) = Host.ipv6Words(inside)
            else { return nil }
            self = .ipv6(high: high, low: low)
            return
        }
        guard let octets = scanner.octets(where: { $0.isAlphanumeric || $0.isOne(of: "-._") }), octets.count <= 255
        else { return nil }
        if octets.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }) {
            guard let address = Host.ipv4Word(octets) else { return nil }
            self = .ipv4(address)
            return
        }
        guard Host.isName(octets) else { return nil }
        self = .name(String(decoding: octets.map(\.asciiLowercased), as: UTF8.self))
    }

    private static func isName(_ octets: [UInt8]) -> Bool {
        let labels = octets.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for (index, label) in labels.enumerated() {
            if label.isEmpty { return index == labels.count - 1 && labels.count > 1 }
            if label.count > 63 || label.first == UInt8(ascii: "-") || label.last == UInt8(ascii: "-") { return false }
        }
        return true
    }

    static func ipv4Word(_ octets: some Sequence<UInt8>) -> UInt32? {
        var word: UInt32 = 0
        var parts = 0
        var value: UInt32 = 0
        var digits = 0
        for octet in octets {
            if octet == UInt8(ascii: ".") {
                guard digits > 0, parts < 3 else { return nil }
                word = word << 8 | value
                parts += 1
                value = 0
                digits = 0
            } else {
                guard octet.isDigit, digits < 3 else { return nil }
                value = value * 10 + UInt32(octet - 0x30)
                digits += 1
                guard value <= 255 else { return nil }
            }
        }
        return parts == 3 && digits > 0 ? word << 8 | value : nil
    }

    /// RFC 4291 section 2.2. A third colon before an embedded IPv4 address is what RFC 3261's grammar makes by mistake and
    /// is read as two (RFC 5118 section 4.10).
    static func ipv6Words(_ octets: [UInt8]) -> (UInt64, UInt64)? {
        var groups: [UInt16] = []
        var gap: Int?
        var index = 0
        let colon = UInt8(ascii: ":")
        if octets.first == colon {
            guard octets.count > 1, octets[1] == colon else { return nil }
        }
        while index < octets.count {
            if octets[index] == colon {
                index += 1
                if index < octets.count, octets[index] == colon {
                    guard gap == nil else { return nil }
                    gap = groups.count
                    index += 1
                    if index < octets.count, octets[index] == colon, octets[index...].contains(UInt8(ascii: ".")) {
                        index += 1
                    }
                    if index == octets.count { break }
                } else if groups.isEmpty || index == octets.count {
                    return nil
                }
            }
            let tail = octets[index...]
            let part = tail.prefix { $0 != colon }
            if part.contains(UInt8(ascii: ".")) {
                guard part.endIndex == octets.endIndex, let word = ipv4Word(part) else { return nil }
                groups += [UInt16(word >> 16), UInt16(truncatingIfNeeded: word)]
                break
            }
            guard (1...4).contains(part.count) else { return nil }
            var value: UInt16 = 0
            for octet in part {
                guard let digit = octet.hexValue else { return nil }
                value = value << 4 | UInt16(digit)
            }
            groups.append(value)
            guard groups.count <= 8 else { return nil }
            index = part.endIndex
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        let high = groups[..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        let low = groups[4...].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        return (high, low)
    }

    /// The address with a port; `nil` for a name.
    package func address(port: UInt16) -> TransportAddress? {
        switch self {
        case .name: nil
        case .ipv4(let word): TransportAddress(ipv4: word, port: port)
        case .ipv6(let high, let low): TransportAddress(high: high, low: low, port: port)
        }
    }

    /// The address of a peer; IPv4-mapped addresses become IPv4.
    package init(_ address: TransportAddress) {
        self = address.ipv4.map { .ipv4($0) } ?? .ipv6(high: address.high, low: address.low)
    }

    /// Without brackets, as SDP and the `received` parameter write it.
    package var bare: String {
        switch self {
        case .name(let name): return name
        case .ipv4(let word):
            return "\(word >> 24).\(word >> 16 & 255).\(word >> 8 & 255).\(word & 255)"
        case .ipv6(let high, let low): return Host.text(high: high, low: low)
        }
    }

    /// RFC 5952 section 4: lower case, the longest run of zero groups as `::`.
    private static func text(high: UInt64, low: UInt64) -> String {
        if high == 0, low >> 32 == 0xFFFF {
            return "::ffff:" + Host.ipv4(UInt32(truncatingIfNeeded: low)).bare
        }
        let groups = [48, 32, 16, 0].map { high >> $0 & 0xFFFF } + [48, 32, 16, 0].map { low >> $0 & 0xFFFF }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > best.count { best = start..<end }
            start = max(end, start + 1)
        }
        let words = groups.map { String($0, radix: 16) }
        guard best.count > 1 else { return words.joined(separator: ":") }
        return words[..<best.lowerBound].joined(separator: ":") + "::"
            + words[best.upperBound...].joined(separator: ":")
    }

    package var isName: Bool { if case .name = self { true } else { false } }
}

extension Host: CustomStringConvertible {
    /// As it stands in a URI or a Via.
    package var description: String {
        if case .ipv6 = self { "[\(bare)]" } else { bare }
    }
}

extension TransportAddress {
    /// The IPv4 address that is mapped into this one, most significant octet first.
    package var ipv4: UInt32? {
        high == 0 && low >> 32 == 0xFFFF ? UInt32(truncatingIfNeeded: low) : nil
    }

    /// The family that datagrams to it are of.
    package var family: AddressFamily { ipv4 == nil ? .ipv6 : .ipv4 }

    /// Whether datagrams to it may reach one host only: neither unspecified, broadcast nor multicast, and with a port.
    package var isUnicast: Bool {
        guard port != 0 else { return false }
        if let ipv4 {
            return ipv4 >> 24 != 0 && ipv4 >> 28 != 0xE && ipv4 != 0xFFFF_FFFF
        }
        return high >> 56 != 0xFF && (high != 0 || low != 0)
    }

    /// Whether both have the same address, whatever their ports.
    package func hasSameHost(as other: TransportAddress) -> Bool { high == other.high && low == other.low }

    /// The address and port as they stand in a URI.
    package var hostAndPort: String { "\(Host(self)):\(port)" }
}

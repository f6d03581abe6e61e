/// A session description (RFC 8866): what offer and answer are made of.
package struct SessionDescription: Sendable, Equatable {
    /// The `o=` line.
    package struct Origin: Sendable, Equatable {
        package var username: String
        package var sessionID: UInt64
        package var version: UInt64
        package var address: Host
    }

    /// One `a=` line.
    package struct Attribute: Sendable, Equatable {
        package var name: String
        /// `nil` for a property attribute without a colon.
        package var value: String?

        package init(_ name: String, _ value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    /// An `m=` line and what belongs to it.
    package struct Media: Sendable, Equatable {
        /// `audio`, `video`, `image`…, in lower case.
        package var kind: String
        /// 0 rejects the medium.
        package var port: UInt16
        package var proto: String
        package var formats: [String]
        /// The `c=` line; `nil` takes the session's.
        package var connection: Host?
        /// Set where its `c=` line names no place on the Internet.
        package var foreignConnection: ForeignConnection?
        package var attributes: [Attribute] = []
    }

    /// Why octets are no session description.
    package enum ParseError: Error, Sendable, Equatable {
        case tooLong
        case notText
        case line(Int)
        case missing(String)
        case tooManyMedia
        case tooManyFormats
        case tooManyAttributes

        /// Whether it is well-formed as far as it was read, and more than is taken.
        var isOfBounds: Bool {
            switch self {
            case .tooLong, .tooManyMedia, .tooManyFormats, .tooManyAttributes: true
            case .notText, .line, .missing: false
            }
        }
    }

    package var origin: Origin
    package var name: String
    package var connection: Host?
    /// Set where the session's `c=` line names no place on the Internet.
    package var foreignConnection: ForeignConnection?
    package var attributes: [Attribute] = []
    package var media: [Media] = []

    package init(origin: Origin, name: String = "-", connection: Host? = nil) {
        self.origin = origin
        self.name = name
        self.connection = connection
    }
}

extension SessionDescription.Media {
    /// The value of an attribute, `""` for a property.
    package func attribute(_ name: String) -> String? { attributes.first { $0.name == name }.map { $0.value ?? "" } }
    package func attributes(named name: String) -> [String] {
        attributes.filter { $0.name == name }.map { $0.value ?? "" }
    }
}

extension SessionDescription {
    package func attribute(_ name: String) -> String? { attributes.first { $0.name == name }.map { $0.value ?? "" } }

    /// Reads a session description; lines end with CRLF or LF, unknown line types are passed over.
    package init(parsing octets: [UInt8]) throws(ParseError) {
        guard octets.count <= SIPLimits.descriptionBytes else { throw .tooLong }
        guard !octets.contains(0) else { throw .notText }
        self.init(origin: Origin(username: "-", sessionID: 0, version: 0, address: .ipv4(0)))
        var seen: Set<UInt8> = []
        var attributeCount = 0
        for (index, slice) in octets.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let line = slice.last == 0x0D ? slice.dropLast() : slice
            if line.isEmpty { continue }
            guard line.count >= 2, let type = line.first, line[line.startIndex + 1] == UInt8(ascii: "=") else {
                throw .line(index + 1)
            }
            // What is echoed in an answer must not be able to begin a line there.
            guard line.allSatisfy({ $0 >= 0x20 || $0 == 0x09 }) else { throw .line(index + 1) }
            let value = String(decoding: line.dropFirst(2), as: UTF8.self)
            if index == 0, type != UInt8(ascii: "v") { throw .missing("v") }
            try read(type, value, index + 1, &attributeCount)
            seen.insert(type)
        }
        if !seen.contains(UInt8(ascii: "v")) { throw .missing("v") }
        if !seen.contains(UInt8(ascii: "o")) { throw .missing("o") }
    }

    private mutating func read(_ type: UInt8, _ value: String, _ line: Int, _ attributeCount: inout Int)
        throws(ParseError)
    {
        switch type {
        case UInt8(ascii: "v"): guard value == "0" else { throw .line(line) }
        case UInt8(ascii: "o"):
            guard let origin = Origin(value) else { throw .line(line) }
            self.origin = origin
        case UInt8(ascii: "s"): name = value
        case UInt8(ascii: "c"):
            let foreign = SessionDescription.foreignConnection(value)
            let host = foreign == nil ? SessionDescription.connectionAddress(value) : nil
            if host == nil, foreign == nil { throw .line(line) }
            if media.isEmpty {
                (connection, foreignConnection) = (host, foreign)
            } else {
                (media[media.count - 1].connection, media[media.count - 1].foreignConnection) = (host, foreign)
            }
        case UInt8(ascii: "m"):
            guard media.count < SIPLimits.mediaDescriptions else { throw .tooManyMedia }
            media.append(try SessionDescription.readMedia(value, line))
        case UInt8(ascii: "a"):
            attributeCount += 1
            guard attributeCount <= SIPLimits.attributes else { throw .tooManyAttributes }
            let parts = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first, !name.isEmpty else { throw .line(line) }
            let attribute = Attribute(String(name).asciiLowercased, parts.count > 1 ? String(parts[1]) : nil)
            if media.isEmpty {
                attributes.append(attribute)
            } else {
                media[media.count - 1].attributes.append(attribute)
            }
        default:
            guard type.isLetter else { throw .line(line) }
        }
    }

    /// `nettype addrtype address[/ttl[/count]]`.
    static func connectionAddress(_ value: String) -> Host? {
        let words = value.split(separator: " ")
        guard words.count == 3, words[0] == "IN", words[1] == "IP4" || words[1] == "IP6" else { return nil }
        let parts = words[2].split(separator: "/", omittingEmptySubsequences: false)
        guard let address = parts.first, parts.count <= 3, parts.dropFirst().allSatisfy({ UInt16($0) != nil }) else {
            return nil
        }
        guard let host = Host(String(address), allowsBareIPv6: true) else { return nil }
        // The literal is of the form that is announced.
        switch host {
        case .name: return host
        case .ipv4: return words[1] == "IP4" ? host : nil
        case .ipv6: return words[1] == "IP6" ? host : nil
        }
    }

    /// A `c=` line of another network, or with another form of address, which RFC 8866 section 5.7 lets anybody register.
    static func foreignConnection(_ value: String) -> ForeignConnection? {
        let words = value.split(separator: " ").map(String.init)
        guard words.count == 3, words.allSatisfy({ !$0.isEmpty }), words[0].isToken, words[1].isToken else {
            return nil
        }
        if words[0] != "IN" { return .network }
        return words[1] == "IP4" || words[1] == "IP6" ? nil : .addressFormat
    }

    private static func readMedia(_ value: String, _ line: Int) throws(ParseError) -> Media {
        let words = value.split(separator: " ")
        guard words.count >= 4 else { throw .line(line) }
        guard words.count - 3 <= SIPLimits.formats else { throw .tooManyFormats }
        let ports = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard let first = ports.first, first.utf8.allSatisfy(\.isDigit), let port = UInt16(first), ports.count <= 2,
            ports.dropFirst().allSatisfy({ UInt16($0) != nil })
        else { throw .line(line) }
        return Media(
            kind: String(words[0]).asciiLowercased, port: port, proto: String(words[2]),
            formats: words[3...].map { String($0) })
    }

    /// As it goes out.
    package var octets: [UInt8] {
        var text = "v=0\r\no=\(origin)\r\ns=\(name)\r\n"
        if let connection { text += "c=\(SessionDescription.connectionText(connection))\r\n" }
        text += "t=0 0\r\n"
        for attribute in attributes { text += "\(attribute)\r\n" }
        for medium in media {
            text += "m=\(medium.kind) \(medium.port) \(medium.proto) \(medium.formats.joined(separator: " "))\r\n"
            if let connection = medium.connection {
                text += "c=\(SessionDescription.connectionText(connection))\r\n"
            }
            for attribute in medium.attributes { text += "\(attribute)\r\n" }
        }
        return Array(text.utf8)
    }

    static func connectionText(_ host: Host) -> String {
        if case .ipv6 = host { "IN IP6 \(host.bare)" } else { "IN IP4 \(host.bare)" }
    }
}

extension SessionDescription.Attribute: CustomStringConvertible {
    package var description: String { "a=" + name + (value.map { ":" + $0 } ?? "") }
}

extension SessionDescription.Origin: CustomStringConvertible {
    init?(_ value: String) {
        let words = value.split(separator: " ")
        guard words.count == 6 else { return nil }
        // It names who made the session, and nothing is sent there.
        let place = words[3...].joined(separator: " ")
        let isForeign = SessionDescription.foreignConnection(place) != nil
        guard let address = isForeign ? .ipv4(0) : SessionDescription.connectionAddress(place) else { return nil }
        let numbers = words[1...2].map { word in word.utf8.allSatisfy(\.isDigit) ? UInt64(word) ?? .max : nil }
        guard let sessionID = numbers[0], let version = numbers[1] else { return nil }
        self.init(username: String(words[0]), sessionID: sessionID, version: version, address: address)
    }

    package var description: String {
        "\(username) \(sessionID) \(version) \(SessionDescription.connectionText(address))"
    }
}

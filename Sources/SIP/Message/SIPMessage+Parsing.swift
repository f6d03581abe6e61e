extension SIPMessage {
    /// Reads one message.
    ///
    /// In a datagram the body ends where Content-Length says or where the datagram does (RFC 3261 section 18.3); octets
    /// behind it are noise. What is wrong but can be answered becomes ``defect``.
    /// - Throws: ``ParseError`` when the octets are no message.
    package init(parsing octets: [UInt8]) throws(ParseError) {
        guard let start = octets.firstIndex(where: { $0 != 0x0D && $0 != 0x0A }) else { throw .empty }
        guard octets.count - start <= SIPLimits.headerBytes + SIPLimits.bodyBytes else { throw .tooLong }
        var lines = HeaderLines(octets, from: start)
        guard let first = lines.next() else { throw .startLine }
        let (line, lineDefect) = try SIPMessage.startLine(octets, first)
        startLine = line
        headers = HeaderFields()
        body = []
        defect = lineDefect
        while let line = lines.next() {
            if line.isEmpty { break }
            if let found = readField(octets, line, &lines), defect == nil { defect = found }
            if lines.position - start > SIPLimits.headerBytes { throw .tooLong }
        }
        if !lines.hasSeenEmptyLine, defect == nil { defect = .truncated }
        let available = octets.count - lines.position
        switch contentLength {
        case .none?, nil:
            if contentLength == nil, defect == nil { defect = .contentLength }
            body = Array(octets[lines.position...].prefix(SIPLimits.bodyBytes))
        case .some(let length?):
            if length > available, defect == nil { defect = .contentLength }
            body = Array(octets[lines.position...].prefix(min(length, SIPLimits.bodyBytes)))
        }
    }

    /// What Content-Length says: `nil` when it is malformed or contradicts itself, `.some(nil)` when there is none.
    var contentLength: Int?? {
        var result: Int?
        for value in headers.values(.contentLength) {
            guard let number = SIPMessage.number(value, upTo: UInt64(SIPLimits.bodyBytes)) else { return nil }
            if let result, result != Int(number) { return nil }
            result = Int(number)
        }
        return .some(result)
    }

    private static func startLine(_ octets: [UInt8], _ range: Range<Int>) throws(ParseError) -> (StartLine, Defect?) {
        let line = octets[range]
        if line.count >= 4, String(decoding: line.prefix(4), as: UTF8.self).equalsIgnoringCase("SIP/") {
            return (try statusLine(line), nil)
        }
        guard let first = line.firstIndex(of: 0x20), first > line.startIndex,
            line[..<first].allSatisfy(\.isTokenOctet)
        else { throw .startLine }
        let method = SIPMethod(String(decoding: line[..<first], as: UTF8.self))
        let rest = line[(first + 1)...]
        guard let last = rest.lastIndex(of: 0x20) else {
            return (.request(method, uri: String(decoding: rest, as: UTF8.self)), .startLine)
        }
        let uri = String(decoding: rest[..<last], as: UTF8.self)
        let version = String(decoding: rest[(last + 1)...], as: UTF8.self)
        guard !version.equalsIgnoringCase("SIP/2.0") else { return (.request(method, uri: uri), nil) }
        var scanner = ByteScanner(version)
        let isVersion =
            scanner.take(word: "SIP/") && scanner.number(upTo: 999) != nil && scanner.take(UInt8(ascii: "."))
            && scanner.number(upTo: 999) != nil && scanner.isAtEnd
        return (.request(method, uri: uri), isVersion ? .version : .startLine)
    }

    private static func statusLine(_ line: ArraySlice<UInt8>) throws(ParseError) -> StartLine {
        var scanner = ByteScanner(Array(line))
        guard scanner.take(word: "SIP/2.0 ") else { throw .startLine }
        guard let digits = scanner.octets(where: \.isDigit), digits.count == 3,
            let status = Int(String(decoding: digits, as: UTF8.self)), (100...699).contains(status),
            scanner.isAtEnd || scanner.take(0x20)
        else { throw .statusCode }
        return .response(status: status, reason: String(decoding: scanner.rest, as: UTF8.self))
    }

    /// Reads a header field that begins at a line, with the lines that continue it.
    private mutating func readField(_ octets: [UInt8], _ line: Range<Int>, _ lines: inout HeaderLines) -> Defect? {
        var scanner = ByteScanner(Array(octets[line]))
        var value: [UInt8] = []
        let name = scanner.token()
        scanner.skipSpace()
        let hasColon = scanner.take(UInt8(ascii: ":"))
        scanner.skipSpace()
        value += scanner.rest
        while let more = lines.nextContinuation() {
            SIPMessage.trimEnd(&value)
            let text = octets[more].drop { $0 == 0x20 || $0 == 0x09 }
            if !value.isEmpty, !text.isEmpty { value.append(0x20) }
            value += text
        }
        SIPMessage.trimEnd(&value)
        guard let name, hasColon else { return .headerLine }
        guard value.count <= SIPLimits.headerValueBytes else { return .headerTooLong }
        guard headers.fields.count < SIPLimits.headerFields else { return .tooManyHeaders }
        headers.append(HeaderName(name), octets: value)
        return SIPMessage.hasStrayControl(value) ? .headerLine : nil
    }

    private static func trimEnd(_ value: inout [UInt8]) {
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
    }

    /// Whether a control character stands anywhere but behind the backslash of a quoted-pair (RFC 3261 section 25.1).
    private static func hasStrayControl(_ value: [UInt8]) -> Bool {
        var isEscaped = false
        for octet in value {
            if (octet < 0x20 && octet != 0x09) || octet == 0x7F {
                guard isEscaped, octet != 0x0A, octet != 0x0D else { return true }
            }
            isEscaped = !isEscaped && octet == UInt8(ascii: "\\")
        }
        return false
    }
}

/// The lines of the head of a message: they end with CRLF, the head with an empty one.
private struct HeaderLines {
    private let octets: [UInt8]
    /// Behind the last line that was read.
    private(set) var position: Int
    private(set) var hasSeenEmptyLine = false

    init(_ octets: [UInt8], from start: Int) {
        self.octets = octets
        position = start
    }

    /// The next line without its end; `nil` at the end of the octets.
    mutating func next() -> Range<Int>? {
        guard position < octets.count else { return nil }
        let start = position
        var index = start
        while index < octets.count {
            if octets[index] == 0x0D, index + 1 < octets.count, octets[index + 1] == 0x0A {
                position = index + 2
                if index == start { hasSeenEmptyLine = true }
                return start..<index
            }
            index += 1
        }
        position = octets.count
        return start..<index
    }

    /// The next line when it begins with white space and so continues a header field.
    mutating func nextContinuation() -> Range<Int>? {
        guard position < octets.count, octets[position] == 0x20 || octets[position] == 0x09 else { return nil }
        return next()
    }
}

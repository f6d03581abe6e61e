/// One part of a body (RFC 2046 section 5.1), with the parts that it has itself; a body that is not multipart is one part.
package struct BodyPart: Sendable, Equatable {
    /// What a body cannot be taken apart for.
    package enum Malformed: Error, Sendable, Equatable {
        case contentType, delimiters, tooManyParts
    }

    package var type: MediaType?
    /// Whether the part may be ignored when its type is unknown (RFC 3261 section 20.11); where nothing is said it may not.
    package var isOptional = false
    /// What it is for, in lower case, where that is said: `session`, `render`…
    package var disposition: String?
    /// How a part of a multipart body is encoded, in lower case, where that is said: `binary`, `base64`…
    package var transferEncoding: String?
    package var octets: [UInt8]
    /// What a multipart body consists of, in order.
    package var parts: [BodyPart] = []
}

extension SIPMessage {
    /// The body with its parts, multipart ones unpacked down to ``SIPLimits/bodyDepth``; `nil` when there is none.
    package func bodyPart() throws(BodyPart.Malformed) -> BodyPart? {
        guard !body.isEmpty else { return nil }
        if contentType == nil, headers.contains(.contentType) { throw .contentType }
        let disposition = headers[.contentDisposition]
        var whole = BodyPart(
            type: contentType, isOptional: BodyPart.isOptional(disposition: disposition),
            disposition: BodyPart.kind(disposition: disposition), octets: body)
        var room = SIPLimits.bodyParts
        try whole.unpack(depth: SIPLimits.bodyDepth, room: &room)
        return whole
    }

    /// The parts of the body that have no parts themselves; empty when there is no body, `nil` when it is malformed or has
    /// too many.
    package var bodyParts: [BodyPart]? {
        do throws(BodyPart.Malformed) { return try bodyPart()?.leaves ?? [] } catch { return nil }
    }

    /// The session description that came with the message; `nil` when there is none.
    package var sessionDescriptionOctets: [UInt8]? {
        (try? bodyPart())?.sessionDescription?.octets
    }
}

extension BodyPart {
    var isMultipart: Bool { type?.type == "multipart" }

    fileprivate var leaves: [BodyPart] { isMultipart && !parts.isEmpty ? parts.flatMap(\.leaves) : [self] }

    /// The description of the session in it: of alternatives the last one, which is the best (RFC 2046 section 5.1.4), of other
    /// parts the first.
    fileprivate var sessionDescription: BodyPart? {
        guard isMultipart else { return isSessionDescription ? self : nil }
        if type?.subtype == "alternative" { return parts.reversed().lazy.compactMap(\.sessionDescription).first }
        return parts.lazy.compactMap(\.sessionDescription).first
    }

    private var isSessionDescription: Bool {
        type?.name == "application/sdp" && isOfSession && isReadable
    }

    /// Whether the octets stand as they are (RFC 5621 section 3.2 has SIP do without other encodings).
    private var isReadable: Bool {
        transferEncoding.map { ["binary", "8bit", "7bit"].contains($0) } ?? true
    }

    /// Whether somebody who reads nothing but session descriptions may take the body: what it is required to understand
    /// (RFC 5621 section 8) is one, each such part of several, one of alternatives, of related parts the
    /// first, which is their root unless a `start` says otherwise, as no SIP of which we know does (RFC 2387).
    package var isServed: Bool { isOptional || isUnderstood }

    private var isUnderstood: Bool {
        guard isMultipart else { return isSessionDescription }
        switch type?.subtype {
        case "alternative": return parts.contains(where: \.isUnderstood)
        case "related": return parts.first?.isUnderstood ?? false
        default: return !parts.isEmpty && parts.allSatisfy(\.isServed)
        }
    }
}

extension BodyPart {
    /// Whether a description in it is of the session itself, which is so where nothing is said (RFC 3261 section 20.11).
    var isOfSession: Bool { disposition == nil || disposition == "session" }

    fileprivate static func kind(disposition: String?) -> String? {
        disposition.flatMap { text in
            var scanner = ByteScanner(text)
            return scanner.token()?.asciiLowercased
        }
    }

    static func isOptional(disposition: String?) -> Bool {
        guard let disposition else { return false }
        var scanner = ByteScanner(disposition)
        guard scanner.token() != nil, let parameters = Parameters(headerParametersFrom: &scanner) else { return false }
        return parameters.value("handling")?.equalsIgnoringCase("optional") ?? false
    }

    /// Fills in the parts, and theirs; beyond the depth a multipart body stays closed, and is understood by nobody.
    fileprivate mutating func unpack(depth: Int, room: inout Int) throws(Malformed) {
        guard isMultipart, depth > 0 else { return }
        parts = try unpacked()
        room -= parts.count
        guard room >= 0 else { throw .tooManyParts }
        for index in parts.indices { try parts[index].unpack(depth: depth - 1, room: &room) }
    }

    /// The parts between the boundaries, of which there are a first and a last.
    private func unpacked() throws(Malformed) -> [BodyPart] {
        guard let boundary = type?.parameters.value("boundary"), !boundary.isEmpty, boundary.utf8.count <= 70 else {
            throw .contentType
        }
        let delimiter = Array("--".utf8) + Array(boundary.utf8)
        var parts: [BodyPart] = []
        var content: Int?
        var line = 0
        while line <= octets.count {
            let end = BodyPart.lineEnd(octets, from: line)
            let text = octets[line..<end]
            if text.starts(with: delimiter) {
                let tail = text.dropFirst(delimiter.count)
                let isLast = tail.starts(with: Array("--".utf8))
                guard isLast || tail.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else {
                    line = end + 2
                    continue
                }
                if let start = content {
                    guard parts.count < SIPLimits.bodyParts else { throw .tooManyParts }
                    parts.append(BodyPart(parsing: octets[start..<max(start, line - 2)]))
                }
                if isLast { return parts }
                content = min(end + 2, octets.count)
            }
            line = end + 2
        }
        throw .delimiters
    }

    /// Where the line that begins at an index ends, before its CRLF.
    private static func lineEnd(_ octets: [UInt8], from start: Int) -> Int {
        var index = start
        while index + 1 < octets.count {
            if octets[index] == 0x0D, octets[index + 1] == 0x0A { return index }
            index += 1
        }
        return octets.count
    }

    /// Header fields, an empty line, the content.
    private init(parsing slice: ArraySlice<UInt8>) {
        let octets = Array(slice)
        type = nil
        var line = 0
        while line < octets.count {
            let end = BodyPart.lineEnd(octets, from: line)
            let text = String(decoding: octets[line..<end], as: UTF8.self)
            line = min(end + 2, octets.count)
            if text.isEmpty { break }
            guard let colon = text.firstIndex(of: ":") else { continue }
            let value = String(text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
            switch HeaderName(String(text[..<colon])) {
            case .contentType: type = MediaType(value)
            case .contentDisposition:
                isOptional = BodyPart.isOptional(disposition: value)
                disposition = BodyPart.kind(disposition: value)
            case "Content-Transfer-Encoding": transferEncoding = BodyPart.kind(disposition: value)
            default: break
            }
        }
        self.octets = Array(octets[line...])
    }
}

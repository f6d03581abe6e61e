/// One part of a body (RFC 2046 section 5.1); a body that is not multipart is one part.
package struct BodyPart: Sendable, Equatable {
    package var type: MediaType?
    /// Whether the part may be ignored when its type is unknown (RFC 3261 section 20.11).
    package var isOptional: Bool
    /// What it is for, in lower case, where that is said: `session`, `render`…
    package var disposition: String?
    package var octets: [UInt8]
}

extension SIPMessage {
    /// The parts of the body, multipart ones unpacked down to ``SIPLimits/bodyDepth``; empty when there is no body, `nil`
    /// when a multipart body is malformed or has too many parts.
    package var bodyParts: [BodyPart]? {
        guard !body.isEmpty else { return [] }
        guard contentType != nil || !headers.contains(.contentType) else { return nil }
        let disposition = headers[.contentDisposition]
        let whole = BodyPart(
            type: contentType, isOptional: BodyPart.isOptional(disposition: disposition),
            disposition: BodyPart.kind(disposition: disposition), octets: body)
        var parts = [whole]
        for _ in 0..<SIPLimits.bodyDepth {
            guard parts.contains(where: { $0.type?.type == "multipart" }) else { break }
            var unpacked: [BodyPart] = []
            for part in parts {
                guard part.type?.type == "multipart" else {
                    unpacked.append(part)
                    continue
                }
                guard let inner = part.unpacked() else { return nil }
                unpacked += inner
                guard unpacked.count <= SIPLimits.bodyParts else { return nil }
            }
            parts = unpacked
        }
        return parts
    }

    /// The session description that came with the message; `nil` when there is none.
    package var sessionDescriptionOctets: [UInt8]? {
        bodyParts?.first { $0.type?.name == "application/sdp" && $0.isOfSession }?.octets
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

    /// The parts between the boundaries; `nil` without a boundary parameter, a first or a last delimiter.
    fileprivate func unpacked() -> [BodyPart]? {
        guard let boundary = type?.parameters.value("boundary"), !boundary.isEmpty, boundary.utf8.count <= 70 else {
            return nil
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
                    guard parts.count < SIPLimits.bodyParts else { return nil }
                    parts.append(BodyPart(parsing: octets[start..<max(start, line - 2)]))
                }
                if isLast { return parts }
                content = min(end + 2, octets.count)
            }
            line = end + 2
        }
        return nil
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
        isOptional = false
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
            default: break
            }
        }
        self.octets = Array(octets[line...])
    }
}

extension SIPMessage {
    /// The message as it goes out, Content-Length last of the header fields and always right.
    ///
    /// No value can add a line: what came from outside was refused with control characters in it, and what is set here goes
    /// through ``HeaderFields/append(_:_:)``. A control character that is left all the same goes out as a space.
    package var octets: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(512 + headers.fields.count * 64 + body.count)
        func line(_ octets: some Sequence<UInt8>) {
            for octet in octets { result.append(octet == 0x0D || octet == 0x0A || octet == 0 ? 0x20 : octet) }
        }
        switch startLine {
        case .request(let method, let uri): line("\(method) \(uri) SIP/2.0".utf8)
        case .response(let status, let reason): line("SIP/2.0 \(status) \(reason)".utf8)
        }
        result += [0x0D, 0x0A]
        for field in headers.fields where field.name != .contentLength {
            line(field.name.spelling.utf8)
            result += [0x3A, 0x20]
            line(field.octets)
            result += [0x0D, 0x0A]
        }
        result += Array("Content-Length: \(body.count)\r\n\r\n".utf8)
        result += body
        return result
    }

    /// A response to a request (RFC 3261 section 8.2.6.2): its Vias, From, To, Call-ID and CSeq.
    /// - Parameter tag: goes on To when there is none yet; `nil` for a 100.
    package func response(_ status: Int, reason: String? = nil, tag: String?) -> SIPMessage {
        var response = SIPMessage(.response(status: status, reason: reason ?? StatusCode.reason(status)))
        for name in [HeaderName.via, .from, .to, .callID, .cseq] {
            for field in headers.fields where field.name == name {
                response.headers.append(name, octets: field.octets)
            }
        }
        if let tag, headers.count(of: .to) == 1, var to = to, to.tag == nil {
            to.tag = tag
            response.headers.replace(.to, to.description)
        }
        return response
    }
}

/// The method of a request (RFC 3261 section 7.1); case matters.
package struct SIPMethod: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let name: String
    package init(_ name: String) { self.name = name }
    package init(stringLiteral value: String) { name = value }
    package var description: String { name }

    package static let invite: SIPMethod = "INVITE"
    package static let ack: SIPMethod = "ACK"
    package static let bye: SIPMethod = "BYE"
    package static let cancel: SIPMethod = "CANCEL"
    package static let options: SIPMethod = "OPTIONS"
    package static let register: SIPMethod = "REGISTER"
    package static let prack: SIPMethod = "PRACK"
    package static let update: SIPMethod = "UPDATE"
    package static let info: SIPMethod = "INFO"
    package static let refer: SIPMethod = "REFER"
    package static let notify: SIPMethod = "NOTIFY"
    package static let subscribe: SIPMethod = "SUBSCRIBE"
    package static let message: SIPMethod = "MESSAGE"
    package static let publish: SIPMethod = "PUBLISH"

    /// Every method of which there is a standard; others are answered 501, these 405 where they are not served.
    package static let standard: Set<SIPMethod> = [
        .invite, .ack, .bye, .cancel, .options, .register, .prack, .update, .info, .refer, .notify, .subscribe,
        .message,
        .publish,
    ]
}

/// A SIP request or response (RFC 3261 section 7).
package struct SIPMessage: Sendable, Equatable {
    package enum StartLine: Sendable, Equatable {
        /// The Request-URI is the text as it stood; ``SIPMessage/requestURI`` takes it apart.
        case request(SIPMethod, uri: String)
        /// Status 100 to 699.
        case response(status: Int, reason: String)
    }

    /// What is wrong with a message that could be read well enough to answer it.
    package enum Defect: Error, Sendable, Equatable {
        case startLine
        /// A request of another version of SIP.
        case version
        /// A line that is no header field, or a control character in one.
        case headerLine
        case tooManyHeaders
        case headerTooLong
        /// Content-Length is no number, stands twice with different values, or promises more than came.
        case contentLength
        /// The empty line after the header fields is missing.
        case truncated
    }

    /// Why octets are no SIP message at all.
    package enum ParseError: Error, Sendable, Equatable {
        case empty
        case tooLong
        case startLine
        case statusCode
    }

    package var startLine: StartLine
    package var headers: HeaderFields
    package var body: [UInt8]
    package internal(set) var defect: Defect?

    package init(_ startLine: StartLine, headers: HeaderFields = HeaderFields(), body: [UInt8] = []) {
        self.startLine = startLine
        self.headers = headers
        self.body = body
    }

    package var method: SIPMethod? {
        if case .request(let method, _) = startLine { method } else { nil }
    }
    package var status: Int? {
        if case .response(let status, _) = startLine { status } else { nil }
    }
    package var isRequest: Bool { method != nil }
    /// The Request-URI; `nil` in a response and when it is malformed.
    package var requestURI: AnyURI? {
        if case .request(_, let uri) = startLine { AnyURI(uri) } else { nil }
    }
}

extension SIPMessage: CustomStringConvertible {
    /// What a log may say: method or status, and sizes. Nobody's number, address or name, and one line.
    package var description: String {
        let start =
            switch startLine {
            case .request(let method, _): method.name.isToken ? String(method.name.prefix(32)) : "request"
            case .response(let status, _): "\(status)"
            }
        return "\(start), \(headers.fields.count) header fields, body of \(body.count) octets"
    }
}

// The header fields that the protocol itself reads. Each is taken apart when asked for; `nil` when it is missing or
// malformed.
extension SIPMessage {
    package var vias: [Via]? { headers.combined(.via).flatMap(Via.list) }
    package var from: NameAddress? { headers[.from].flatMap { NameAddress($0) } }
    package var to: NameAddress? { headers[.to].flatMap { NameAddress($0) } }
    package var callID: String? {
        guard let value = headers[.callID], !value.isEmpty else { return nil }
        let parts = value.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        let isWords = parts.count <= 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isWordOctet) }
        return isWords ? value : nil
    }
    package var cseq: CSeq? { headers[.cseq].flatMap(CSeq.init) }
    /// `nil` when there is none.
    package var maxForwards: Int? { headers[.maxForwards].flatMap { SIPMessage.number($0, upTo: 255) }.map { Int($0) } }
    package var routes: [NameAddress] { headers.combined(.route).flatMap(NameAddress.list) ?? [] }
    package var recordRoutes: [NameAddress] { headers.combined(.recordRoute).flatMap(NameAddress.list) ?? [] }
    package var contacts: Contacts? { headers.combined(.contact).flatMap(Contacts.init) }
    /// The first Contact's URI where it is one that a request can be sent to.
    package var remoteTarget: SIPURI? {
        guard case .list(let list)? = contacts, let first = list.first else { return nil }
        return first.uri.sip
    }
    package var contentType: MediaType? { headers[.contentType].flatMap(MediaType.init) }
    /// Seconds; values past 2^32-1 read as the greatest (RFC 3261 section 20.19).
    package var expires: UInt32? { headers[.expires].flatMap { SIPMessage.deltaSeconds($0) } }
    package var minExpires: UInt32? { headers[.minExpires].flatMap { SIPMessage.deltaSeconds($0) } }
    /// Seconds of a Retry-After, whatever comment or parameter follows.
    package var retryAfter: UInt32? { headers[.retryAfter].flatMap { SIPMessage.deltaSeconds($0) } }
    package var supportedTags: [String] { headers.tokens(.supported) }
    package var requiredTags: [String] { headers.tokens(.require) }

    static func number(_ text: String, upTo limit: UInt64) -> UInt64? {
        var scanner = ByteScanner(text)
        guard let value = scanner.number(upTo: limit), scanner.isAtEnd else { return nil }
        return value
    }

    static func deltaSeconds(_ text: String) -> UInt32? {
        let digits = text.utf8.prefix { $0.isDigit }
        guard !digits.isEmpty else { return nil }
        return UInt32(String(decoding: digits, as: UTF8.self)) ?? .max
    }
}

/// The order of requests within a dialog (RFC 3261 section 20.16).
package struct CSeq: Sendable, Hashable, CustomStringConvertible {
    package var number: UInt32
    package var method: SIPMethod

    package init(number: UInt32, method: SIPMethod) {
        self.number = number
        self.method = method
    }

    package init?(_ text: String) {
        var scanner = ByteScanner(text)
        guard let number = scanner.number(upTo: UInt64(UInt32.max)), scanner.next == 0x20 || scanner.next == 0x09 else {
            return nil
        }
        scanner.skipSpace()
        guard let method = scanner.token(), scanner.isAtEnd else { return nil }
        self.init(number: UInt32(number), method: SIPMethod(method))
    }

    package var description: String { "\(number) \(method)" }
}

/// The value of all Contact fields of a message (RFC 3261 section 20.10).
package enum Contacts: Sendable, Equatable {
    /// `*`: all bindings, to be removed.
    case all
    case list([NameAddress])

    package init?(_ text: String) {
        if text == "*" {
            self = .all
        } else if let list = NameAddress.list(text) {
            self = .list(list)
        } else {
            return nil
        }
    }
}

/// The value of a Content-Type field (RFC 3261 section 20.15).
package struct MediaType: Sendable, Equatable, CustomStringConvertible {
    /// In lower case, such as `application`.
    package var type: String
    package var subtype: String
    package var parameters: Parameters

    package init?(_ text: String) {
        var scanner = ByteScanner(text)
        scanner.skipSpace()
        guard let type = scanner.token(), scanner.takeSeparator(UInt8(ascii: "/")), let subtype = scanner.token(),
            let parameters = Parameters(headerParametersFrom: &scanner)
        else { return nil }
        scanner.skipSpace()
        guard scanner.isAtEnd else { return nil }
        self.type = type.asciiLowercased
        self.subtype = subtype.asciiLowercased
        self.parameters = parameters
    }

    package var name: String { "\(type)/\(subtype)" }
    package var description: String { name + parameters.description }
}

/// The value of a Replaces field: the SIP dialog that a new call takes the place of (RFC 3891 section 6.1).
package struct Replaces: Sendable, Hashable, CustomStringConvertible {
    package var callID: String
    package var toTag: String
    package var fromTag: String
    /// Whether only an early dialog may be replaced.
    package var isEarlyOnly: Bool

    package init(callID: String, toTag: String, fromTag: String, isEarlyOnly: Bool = false) {
        self.callID = callID
        self.toTag = toTag
        self.fromTag = fromTag
        self.isEarlyOnly = isEarlyOnly
    }

    package init?(_ text: String) {
        var scanner = ByteScanner(text)
        guard let callID = scanner.text(where: { $0.isWordOctet || $0 == UInt8(ascii: "@") }),
            let parameters = Parameters(headerParametersFrom: &scanner), scanner.isAtEnd,
            let toTag = parameters.value("to-tag"), let fromTag = parameters.value("from-tag")
        else { return nil }
        self.init(callID: callID, toTag: toTag, fromTag: fromTag, isEarlyOnly: parameters.contains("early-only"))
    }

    package var description: String {
        "\(callID);to-tag=\(toTag);from-tag=\(fromTag)" + (isEarlyOnly ? ";early-only" : "")
    }
}

/// One value of a Reason field: why a request was sent (RFC 3326).
package struct Reason: Sendable, Hashable, CustomStringConvertible {
    /// `SIP` or `Q.850`, or another protocol's name.
    package var proto: String
    package var cause: Int?
    package var text: String?

    package init(proto: String, cause: Int?, text: String? = nil) {
        self.proto = proto
        self.cause = cause
        self.text = text
    }

    package static func q850(_ cause: Int) -> Reason { Reason(proto: "Q.850", cause: cause) }

    /// All values of a comma-separated field that can be read.
    package static func list(_ text: String) -> [Reason] {
        var scanner = ByteScanner(text)
        var result: [Reason] = []
        scanner.skipSpace()
        repeat {
            guard result.count < SIPLimits.listValues, let proto = scanner.token(),
                let parameters = Parameters(headerParametersFrom: &scanner)
            else { break }
            let cause = parameters.value("cause").flatMap { Int($0) }
            result.append(Reason(proto: proto, cause: cause, text: parameters.value("text")))
        } while scanner.takeSeparator(UInt8(ascii: ","))
        return result
    }

    package var description: String {
        proto + (cause.map { ";cause=\($0)" } ?? "") + (text.map { ";text=" + $0.quoted } ?? "")
    }
}

/// Who sends the refreshes of a session timer (RFC 4028).
package enum Refresher: String, Sendable, Hashable {
    case uac
    case uas
}

/// The value of a Session-Expires field (RFC 4028 section 4).
package struct SessionExpires: Sendable, Hashable, CustomStringConvertible {
    /// In seconds.
    package var interval: UInt32
    package var refresher: Refresher?

    package init(interval: UInt32, refresher: Refresher?) {
        self.interval = interval
        self.refresher = refresher
    }

    package init?(_ text: String) {
        var scanner = ByteScanner(text)
        guard let interval = scanner.number(upTo: UInt64(UInt32.max)),
            let parameters = Parameters(headerParametersFrom: &scanner)
        else { return nil }
        self.init(
            interval: UInt32(interval),
            refresher: parameters.value("refresher").flatMap { Refresher(rawValue: $0.asciiLowercased) })
    }

    package var description: String { "\(interval)" + (refresher.map { ";refresher=\($0.rawValue)" } ?? "") }
}

/// The value of an RAck field: which reliable provisional response a PRACK acknowledges (RFC 3262 section 7.2).
package struct RAck: Sendable, Hashable, CustomStringConvertible {
    package var rseq: UInt32
    package var cseq: CSeq

    package init(rseq: UInt32, cseq: CSeq) {
        self.rseq = rseq
        self.cseq = cseq
    }

    package init?(_ text: String) {
        var scanner = ByteScanner(text)
        guard let rseq = scanner.number(upTo: UInt64(UInt32.max)) else { return nil }
        scanner.skipSpace()
        guard let cseq = CSeq(String(decoding: scanner.rest, as: UTF8.self)) else { return nil }
        self.init(rseq: UInt32(rseq), cseq: cseq)
    }

    package var description: String { "\(rseq) \(cseq)" }
}

/// The value of a Subscription-State field (RFC 6665 section 8.2.3).
package struct SubscriptionState: Sendable, Hashable, CustomStringConvertible {
    /// `active`, `pending` or `terminated`, in lower case.
    package var state: String
    package var reason: String?
    /// In seconds.
    package var expires: UInt32?

    package init(state: String, reason: String? = nil, expires: UInt32? = nil) {
        self.state = state
        self.reason = reason
        self.expires = expires
    }

    package init?(_ text: String) {
        var scanner = ByteScanner(text)
        guard let state = scanner.token(), let parameters = Parameters(headerParametersFrom: &scanner) else {
            return nil
        }
        self.init(
            state: state.asciiLowercased, reason: parameters.value("reason"),
            expires: parameters.value("expires").flatMap { SIPMessage.deltaSeconds($0) })
    }

    package var description: String {
        state + (reason.map { ";reason=\($0)" } ?? "") + (expires.map { ";expires=\($0)" } ?? "")
    }
}

/// One value of a User-to-User field (RFC 7433 section 4.1): data between the ends of a call.
package struct UserToUser: Sendable, Hashable, CustomStringConvertible {
    /// As it stood: hexadecimal digits unless ``encoding`` says otherwise.
    package var content: String
    package var encoding: String?
    package var purpose: String?

    package init(content: String, encoding: String? = nil, purpose: String? = nil) {
        self.content = content
        self.encoding = encoding
        self.purpose = purpose
    }

    /// All values of a comma-separated field that can be read.
    package static func list(_ text: String) -> [UserToUser] {
        var scanner = ByteScanner(text)
        var result: [UserToUser] = []
        scanner.skipSpace()
        repeat {
            let content = scanner.next == UInt8(ascii: "\"") ? scanner.quotedString() : scanner.token()
            guard result.count < SIPLimits.listValues, let content,
                let parameters = Parameters(headerParametersFrom: &scanner)
            else { break }
            result.append(
                UserToUser(
                    content: content, encoding: parameters.value("encoding"), purpose: parameters.value("purpose")))
        } while scanner.takeSeparator(UInt8(ascii: ","))
        return result
    }

    package var description: String {
        (content.isToken ? content : content.quoted) + (encoding.map { ";encoding=\($0)" } ?? "")
            + (purpose.map { ";purpose=\($0)" } ?? "")
    }
}

// Values of fields beyond RFC 3261, taken apart when asked for.
extension SIPMessage {
    package var replaces: Replaces? { headers[.replaces].flatMap { Replaces($0) } }
    package var reasons: [Reason] { headers.combined(.reason).map { Reason.list($0) } ?? [] }
    package var sessionExpires: SessionExpires? { headers[.sessionExpires].flatMap { SessionExpires($0) } }
    /// In seconds.
    package var minSE: UInt32? { headers[.minSE].flatMap { SIPMessage.deltaSeconds($0) } }
    package var rseq: UInt32? {
        headers[.rseq].flatMap { SIPMessage.number($0, upTo: UInt64(UInt32.max)) }.map { UInt32($0) }
    }
    package var rack: RAck? { headers[.rack].flatMap { RAck($0) } }
    package var subscriptionState: SubscriptionState? { headers[.subscriptionState].flatMap { SubscriptionState($0) } }
    package var referTo: NameAddress? { headers[.referTo].flatMap { NameAddress($0) } }
    package var referredBy: NameAddress? { headers[.referredBy].flatMap { NameAddress($0) } }
    package var assertedIdentities: [NameAddress] {
        headers.combined(.assertedIdentity).flatMap(NameAddress.list) ?? []
    }
    package var diversions: [NameAddress] { headers.combined(.diversion).flatMap(NameAddress.list) ?? [] }
    package var historyInfo: [NameAddress] { headers.combined(.historyInfo).flatMap(NameAddress.list) ?? [] }
    package var userToUser: [UserToUser] { headers.combined(.userToUser).map { UserToUser.list($0) } ?? [] }
}

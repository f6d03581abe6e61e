package import Telephony

// The outside router: a service of the CRM's or the contact centre's that says where a caller goes.

/// What the outside router is asked.
package struct RouterInquiry: Sendable {
    /// Its answer comes under this number.
    package var number: UInt64
    package var call: CallID
    /// What the dialog wants.
    package var transfer: TransferRequest
    /// What is known of the call so far. What is secret in it is redacted wherever it is written.
    package var context: CallContext

    package init(number: UInt64, call: CallID, transfer: TransferRequest, context: CallContext) {
        self.number = number
        self.call = call
        self.transfer = transfer
        self.context = context
    }
}

/// What came of asking.
package enum RouterReply: Sendable {
    case answered(RouterAnswer)
    /// Parley's own queues go on; a sentence for the log.
    case failed(String)
}

/// Where the outside router sends a caller.
package enum RouterAnswer: Sendable {
    case dial(RouterTarget)
    /// The caller's own trunk takes the caller there, by REFER.
    case refer(RouterTarget)
    /// One of Parley's own queues.
    case queue(QueueWish)
    /// The router knows nobody.
    case nobody
}

/// Who is called on the outside router's word.
package struct RouterTarget: Sendable {
    /// A number or SIP URI, which the outbound policy must still allow.
    package var target: String
    /// `X-` fields beside those of the dialog; the router's win.
    package var headers: [(name: String, value: String)]
    /// An opaque key, never personal data.
    package var userToUser: String?
    package var ringTimeout: Interval?
    /// What the one who answers is told before the caller is there.
    package var whisper: String?

    package init(
        _ target: String, headers: [(name: String, value: String)] = [], userToUser: String? = nil,
        ringTimeout: Interval? = nil, whisper: String? = nil
    ) {
        self.target = target
        self.headers = headers
        self.userToUser = userToUser
        self.ringTimeout = ringTimeout
        self.whisper = whisper
    }

    /// Why the target cannot be taken as it is; `nil` when it can.
    package var problem: String? {
        if target.isEmpty || target.utf8.count > 256 { return "the target is empty or too long" }
        if headers.count > ContextHeaders.most { return "there are more than \(ContextHeaders.most) headers" }
        for header in headers {
            if let problem = ContextHeaders.problem(header.name, header.value) { return problem }
        }
        if let userToUser, !ContextHeaders.isKey(userToUser) {
            return "'userToUser' is longer than \(ContextHeaders.longestKey) characters, or not printable"
        }
        return nil
    }
}

/// What fields beside an INVITE may look like, so that far ends take them.
package enum ContextHeaders {
    package static let most = 5
    package static let longestName = 64
    package static let longestValue = 256
    /// Of User-to-User (RFC 7433).
    package static let longestKey = 128

    /// Why a field cannot be sent; `nil` when it can.
    package static func problem(_ name: String, _ value: String) -> String? {
        guard name.lowercased().hasPrefix("x-"), name.utf8.count > 2, name.utf8.allSatisfy(isToken) else {
            return "'\(name.prefix(longestName))' is no name of an X- header"
        }
        if name.count > longestName { return "the name '\(name.prefix(20))…' is longer than \(longestName)" }
        if value.utf8.count > longestValue { return "the value of '\(name)' is longer than \(longestValue) octets" }
        if !value.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 }) {
            return "the value of '\(name)' has characters that no header may have"
        }
        return nil
    }

    fileprivate static func isKey(_ text: String) -> Bool {
        !text.isEmpty && text.count <= longestKey && text.utf8.allSatisfy { (33...126).contains($0) }
    }

    /// RFC 3261 section 25.1.
    private static func isToken(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-.!%*_+`'~".utf8.contains(octet)
        }
    }
}

/// What a UAS does with a request before anything else is looked at (RFC 3261 section 8.2), and with what is no valid
/// request at all.
package struct Screening: Sendable {
    /// The outcome for one message.
    package enum Verdict: Sendable, Equatable {
        /// A request that passed, or a response.
        case accept
        /// To be answered with this, statelessly, and forgotten.
        case answer(SIPMessage)
        /// To be dropped without a word.
        case drop(Drop)
    }

    /// Why a message is dropped.
    package enum Drop: String, Sendable, Equatable {
        /// A response that is malformed.
        case malformedResponse
        /// A request that is malformed and cannot be answered: an ACK, or without a Via to answer to.
        case unanswerable
    }

    /// Methods that are served.
    package var methods: [SIPMethod]
    /// Option tags that may be required.
    package var extensions: [String]
    /// What the body of an INVITE, UPDATE or PRACK may be (RFC 5621 section 4.3 wants the related ones understood too).
    private static let bodies = ["application/sdp", "multipart/mixed", "multipart/alternative", "multipart/related"]

    package init(
        methods: [SIPMethod] = [
            .invite, .ack, .bye, .cancel, .options, .prack, .update, .info, .refer, .notify,
        ],
        extensions: [String] = ["100rel", "timer", "replaces"]
    ) {
        self.methods = methods
        self.extensions = extensions
    }

    package func verdict(on message: SIPMessage, tag: String) -> Verdict {
        guard let method = message.method else {
            return isValid(response: message) ? .accept : .drop(.malformedResponse)
        }
        guard let refusal = refusal(of: message, method) else { return .accept }
        guard method != .ack, message.headers.contains(.via) else { return .drop(.unanswerable) }
        var response = message.response(refusal.status, reason: refusal.reason, tag: tag)
        for (name, value) in refusal.fields { response.headers.append(name, value) }
        return .answer(response)
    }

    private struct Refusal {
        var status: Int
        var reason: String?
        var fields: [(HeaderName, String)] = []

        /// A 400 that says what is wrong, in words of ours.
        static func malformed(_ what: String) -> Refusal { Refusal(status: 400, reason: "Bad Request: \(what)") }
    }

    private func refusal(of message: SIPMessage, _ method: SIPMethod) -> Refusal? {
        defect(of: message) ?? malformation(of: message, method) ?? unservedMethod(method)
            ?? unservedTarget(of: message, method) ?? unservedExtension(of: message, method)
            ?? unservedContent(of: message, method)
    }

    private func defect(of message: SIPMessage) -> Refusal? {
        switch message.defect {
        case nil: nil
        case .version: Refusal(status: 505)
        case .startLine: .malformed("request line")
        case .headerLine: .malformed("header field")
        case .tooManyHeaders, .headerTooLong: Refusal(status: 513)
        case .contentLength: .malformed("Content-Length")
        case .truncated: .malformed("no empty line behind the header fields")
        }
    }

    /// What every request needs, once (RFC 3261 section 8.1.1); Max-Forwards, From tag and branch may be missing (RFC 2543).
    private func malformation(of message: SIPMessage, _ method: SIPMethod) -> Refusal? {
        guard let uri = message.requestURI else { return .malformed("Request-URI") }
        if uri.sip?.headers != nil { return .malformed("header fields in the Request-URI") }
        for name in [HeaderName.from, .to, .callID, .cseq, .maxForwards, .contentType, .expires]
        where message.headers.count(of: name) > 1 {
            return .malformed("two \(name)")
        }
        guard let vias = message.vias, !vias.isEmpty else { return .malformed("Via") }
        if message.from == nil { return .malformed("From") }
        if message.to == nil { return .malformed("To") }
        if message.callID == nil { return .malformed("Call-ID") }
        guard let cseq = message.cseq else { return .malformed("CSeq") }
        if cseq.method != method { return .malformed("CSeq names another method") }
        if message.headers.contains(.maxForwards), message.maxForwards == nil { return .malformed("Max-Forwards") }
        return malformedOptionalField(of: message, method)
    }

    private func malformedOptionalField(of message: SIPMessage, _ method: SIPMethod) -> Refusal? {
        let headers = message.headers
        if headers.contains(.contact), message.contacts == nil { return .malformed("Contact") }
        if message.contacts == .all, method != .register { return .malformed("Contact") }
        // RFC 3261 section 8.1.1.8.
        if method == .invite, case .list(let list)? = message.contacts, list.count > 1 {
            return .malformed("two Contact addresses")
        }
        if headers.contains(.route), NameAddress.list(headers.combined(.route) ?? "") == nil {
            return .malformed("Route")
        }
        if headers.contains(.recordRoute), NameAddress.list(headers.combined(.recordRoute) ?? "") == nil {
            return .malformed("Record-Route")
        }
        if headers.contains(.contentType), message.contentType == nil { return .malformed("Content-Type") }
        if headers.contains(.replaces), message.replaces == nil || headers.count(of: .replaces) > 1 {
            return .malformed("Replaces")
        }
        if method == .refer, message.referTo == nil || headers.count(of: .referTo) > 1 { return .malformed("Refer-To") }
        if method == .prack, message.rack == nil { return .malformed("RAck") }
        return nil
    }

    private var allow: (HeaderName, String) { (.allow, methods.map(\.name).joined(separator: ", ")) }

    private func unservedMethod(_ method: SIPMethod) -> Refusal? {
        if methods.contains(method) { return nil }
        return Refusal(status: SIPMethod.standard.contains(method) ? 405 : 501, fields: [allow])
    }

    private func unservedTarget(of message: SIPMessage, _ method: SIPMethod) -> Refusal? {
        if case .other? = message.requestURI { return Refusal(status: 416) }
        if method == .register, message.to?.uri.sip == nil { return .malformed("To") }
        return nil
    }

    /// RFC 3261 section 8.2.2.3; neither CANCEL nor ACK is refused for an extension, and Proxy-Require asks proxies alone
    /// (section 20.29).
    private func unservedExtension(of message: SIPMessage, _ method: SIPMethod) -> Refusal? {
        if method == .cancel || method == .ack { return nil }
        let unknown = message.requiredTags.filter { tag in !extensions.contains { $0.equalsIgnoringCase(tag) } }
        return unknown.isEmpty
            ? nil : Refusal(status: 420, fields: [(.unsupported, unknown.joined(separator: ", "))])
    }

    private func unservedContent(of message: SIPMessage, _ method: SIPMethod) -> Refusal? {
        let accept: (HeaderName, String) = (.accept, Screening.bodies.joined(separator: ", "))
        if method == .invite, let accepted = message.headers.combined(.accept), !Screening.allowsSDP(accepted) {
            return Refusal(status: 406)
        }
        guard !message.body.isEmpty, [.invite, .update, .prack].contains(method) else { return nil }
        let encodings = message.headers.tokens(.contentEncoding)
        if encodings.contains(where: { !$0.equalsIgnoringCase("identity") }) {
            return Refusal(status: 415, fields: [("Accept-Encoding", "identity"), accept])
        }
        do throws(BodyPart.Malformed) {
            guard let part = try message.bodyPart(), !part.isServed else { return nil }
            return Refusal(status: 415, fields: [accept])
        } catch {
            return .malformed("multipart body")
        }
    }

    private static func allowsSDP(_ accept: String) -> Bool {
        accept.split(separator: ",").contains { element in
            let words = element.split(separator: ";").map {
                String($0.filter { $0 != " " && $0 != "\t" }).asciiLowercased
            }
            // A quality of 0 is what is not accepted.
            let isWanted = !words.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
            return isWanted && ["application/sdp", "application/*", "*/*"].contains(words.first ?? "")
        }
    }

    /// Whether a response has what it is matched and used by.
    private func isValid(response: SIPMessage) -> Bool {
        for name in [HeaderName.from, .to, .callID, .cseq] where response.headers.count(of: name) != 1 { return false }
        guard response.defect == nil, response.vias?.isEmpty == false, response.from != nil, response.to != nil else {
            return false
        }
        return response.callID != nil && response.cseq != nil
    }
}

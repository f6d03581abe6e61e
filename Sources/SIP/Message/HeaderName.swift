/// The name of a header field; compared without regard to case, and a compact form equals its long form.
package struct HeaderName: Sendable, Hashable, ExpressibleByStringLiteral {
    /// As it is written out.
    package let spelling: String
    private let key: String

    /// - Parameter text: a token; compact forms become the long ones (RFC 3261 section 7.3.3).
    package init(_ text: String) {
        let lower = text.asciiLowercased
        if let known = HeaderName.known[lower] {
            spelling = known
            key = known.asciiLowercased
        } else {
            spelling = text
            key = lower
        }
    }

    package init(stringLiteral value: String) { self.init(value) }

    /// In lower case.
    package var lowercased: String { key }

    package static func == (a: HeaderName, b: HeaderName) -> Bool { a.key == b.key }
    package func hash(into hasher: inout Hasher) { hasher.combine(key) }

    package static let via: HeaderName = "Via"
    package static let from: HeaderName = "From"
    package static let to: HeaderName = "To"
    package static let callID: HeaderName = "Call-ID"
    package static let cseq: HeaderName = "CSeq"
    package static let contact: HeaderName = "Contact"
    package static let maxForwards: HeaderName = "Max-Forwards"
    package static let route: HeaderName = "Route"
    package static let recordRoute: HeaderName = "Record-Route"
    package static let contentType: HeaderName = "Content-Type"
    package static let contentLength: HeaderName = "Content-Length"
    package static let contentEncoding: HeaderName = "Content-Encoding"
    package static let contentDisposition: HeaderName = "Content-Disposition"
    package static let allow: HeaderName = "Allow"
    package static let accept: HeaderName = "Accept"
    package static let supported: HeaderName = "Supported"
    package static let unsupported: HeaderName = "Unsupported"
    package static let require: HeaderName = "Require"
    package static let proxyRequire: HeaderName = "Proxy-Require"
    package static let expires: HeaderName = "Expires"
    package static let minExpires: HeaderName = "Min-Expires"
    package static let sessionExpires: HeaderName = "Session-Expires"
    package static let minSE: HeaderName = "Min-SE"
    package static let retryAfter: HeaderName = "Retry-After"
    package static let rseq: HeaderName = "RSeq"
    package static let rack: HeaderName = "RAck"
    package static let event: HeaderName = "Event"
    package static let subscriptionState: HeaderName = "Subscription-State"
    package static let referTo: HeaderName = "Refer-To"
    package static let referredBy: HeaderName = "Referred-By"
    package static let replaces: HeaderName = "Replaces"
    package static let reason: HeaderName = "Reason"
    package static let diversion: HeaderName = "Diversion"
    package static let historyInfo: HeaderName = "History-Info"
    package static let assertedIdentity: HeaderName = "P-Asserted-Identity"
    package static let userToUser: HeaderName = "User-to-User"
    package static let authorization: HeaderName = "Authorization"
    package static let proxyAuthorization: HeaderName = "Proxy-Authorization"
    package static let wwwAuthenticate: HeaderName = "WWW-Authenticate"
    package static let proxyAuthenticate: HeaderName = "Proxy-Authenticate"
    package static let authenticationInfo: HeaderName = "Authentication-Info"
    package static let warning: HeaderName = "Warning"
    package static let server: HeaderName = "Server"
    package static let userAgent: HeaderName = "User-Agent"
    package static let subject: HeaderName = "Subject"

    /// Long spelling by lower-case long or compact name.
    private static let known: [String: String] = {
        var table: [String: String] = [
            "i": "Call-ID", "m": "Contact", "e": "Content-Encoding", "l": "Content-Length", "c": "Content-Type",
            "f": "From", "s": "Subject", "k": "Supported", "t": "To", "v": "Via", "r": "Refer-To", "b": "Referred-By",
            "o": "Event", "u": "Allow-Events", "a": "Accept-Contact", "j": "Reject-Contact",
            "d": "Request-Disposition", "x": "Session-Expires", "y": "Identity", "n": "Identity-Info",
        ]
        let long = [
            "Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "Route", "Record-Route",
            "Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "Allow", "Accept",
            "Supported", "Unsupported", "Require", "Proxy-Require", "Expires", "Min-Expires", "Session-Expires",
            "Min-SE", "Retry-After", "RSeq", "RAck", "Event", "Subscription-State", "Refer-To", "Referred-By",
            "Replaces", "Reason", "Diversion", "History-Info", "P-Asserted-Identity", "User-to-User",
            "Authorization", "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate", "Authentication-Info",
            "Warning", "Server", "User-Agent", "Subject", "Date", "Privacy", "Allow-Events", "Accept-Encoding",
            "Accept-Language", "Path", "Service-Route",
        ]
        for name in long { table[name.asciiLowercased] = name }
        return table
    }()
}

extension HeaderName: CustomStringConvertible {
    package var description: String { spelling }
}

/// The header fields of a message, in order, as they stood: values are taken apart when somebody asks.
package struct HeaderFields: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        package var name: HeaderName
        /// Unfolded, without white space at either end; octets, because unknown fields need not be UTF-8.
        package var octets: [UInt8]
        package var value: String { String(decoding: octets, as: UTF8.self) }
    }

    package private(set) var fields: [Field] = []

    package init() {}

    package func count(of name: HeaderName) -> Int { fields.count { $0.name == name } }
    package func contains(_ name: HeaderName) -> Bool { fields.contains { $0.name == name } }

    /// The first value of a name.
    package subscript(name: HeaderName) -> String? { fields.first { $0.name == name }?.value }

    package func values(_ name: HeaderName) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// All values of a list header as one, with commas between (RFC 3261 section 7.3.1); `nil` when there is none.
    package func combined(_ name: HeaderName) -> String? {
        let values = values(name)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    /// The comma-separated tokens of all fields of a name, such as option tags and methods; empty elements are left out.
    package func tokens(_ name: HeaderName) -> [String] {
        values(name).flatMap { value in
            value.split(separator: ",").map { element in
                String(
                    decoding: element.utf8.drop { $0 == 0x20 || $0 == 0x09 }.prefix { $0.isTokenOctet }, as: UTF8.self)
            }.filter { !$0.isEmpty }
        }
    }

    mutating func append(_ name: HeaderName, octets: [UInt8]) { fields.append(Field(name: name, octets: octets)) }

    /// Adds a field. A value with a control character is not added: nobody's name or number may begin a new header field.
    /// - Returns: whether it was added.
    @discardableResult
    package mutating func append(_ name: HeaderName, _ value: String) -> Bool {
        guard name.spelling.isToken, value.isHeaderSafe else { return false }
        fields.append(Field(name: name, octets: Array(value.utf8)))
        return true
    }

    /// Puts a field in the place of all others of its name.
    @discardableResult
    package mutating func replace(_ name: HeaderName, _ value: String) -> Bool {
        guard name.spelling.isToken, value.isHeaderSafe else { return false }
        let octets = Array(value.utf8)
        if let index = fields.firstIndex(where: { $0.name == name }) {
            fields[index].octets = octets
            var isFirst = true
            fields.removeAll { field in
                guard field.name == name else { return false }
                defer { isFirst = false }
                return !isFirst
            }
        } else {
            fields.append(Field(name: name, octets: octets))
        }
        return true
    }

    package mutating func remove(_ name: HeaderName) { fields.removeAll { $0.name == name } }

    /// Puts a field before all others.
    mutating func prepend(_ name: HeaderName, _ value: String) {
        guard value.isHeaderSafe else { return }
        fields.insert(Field(name: name, octets: Array(value.utf8)), at: 0)
    }
}

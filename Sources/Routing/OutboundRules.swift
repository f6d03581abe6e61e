/// Who may be called, or may not: one line of the configuration.
package enum TargetPattern: Hashable, Sendable {
    /// `+442079460000`: this number, by itself.
    case number(PhoneNumber)
    /// `+4420*`: numbers that begin so.
    case prefix(PhoneNumber)
    /// `sip:alice@example.com`: this URI, whatever its transport.
    case uri(OutboundTarget.SIPTarget)
    /// `*@example.com` or `*@example.com:5080`: everybody at that host and port. Without a port only the URIs count
    /// that name none: a port may be somebody else's.
    case host(String, port: Int?)

    /// - Returns: `nil` for what is none of these forms.
    package init?(_ text: String, plan: NumberingPlan = NumberingPlan()) {
        if text.hasPrefix("*@") {
            guard case .uri(let uri)? = OutboundTarget("sip:" + text.dropFirst(2))?.form, uri.user == nil,
                uri.transport == nil
            else { return nil }
            self = .host(uri.host, port: uri.port)
        } else if text.hasSuffix("*") {
            guard let number = PhoneNumber.prefix(String(text.dropLast()), plan: plan) else { return nil }
            self = .prefix(number)
        } else {
            guard let target = OutboundTarget(text, plan: plan) else { return nil }
            switch target.form {
            case .number(let number): self = .number(number)
            case .uri(let uri): self = .uri(uri)
            }
        }
    }

    /// Whether a target is one of these. A number at a host is not the number: the host decides where it goes.
    package func allows(_ target: OutboundTarget) -> Bool {
        switch (self, target.form) {
        case (.number(let allowed), .number(let number)): allowed == number
        case (.prefix(let prefix), .number(let number)): prefix.isPrefix(of: number)
        case (.uri(let allowed), .uri(let uri)):
            allowed.isSecure == uri.isSecure && allowed.user == uri.user && allowed.host == uri.host
                && allowed.port == uri.port
        case (.host(let host, let port), .uri(let uri)): host == uri.host && port == uri.port
        default: false
        }
    }

    /// Whether a target is forbidden by it: here a number at a host is the number, and a host is every port of it.
    package func forbids(_ target: OutboundTarget) -> Bool {
        if let number = target.number {
            switch self {
            case .number(let denied) where denied == number: return true
            case .prefix(let prefix) where prefix.isPrefix(of: number): return true
            default: break
            }
        }
        guard case .uri(let uri) = target.form else { return false }
        return switch self {
        case .host(let host, let port): host == uri.host && (port == nil || port == uri.port)
        case .uri(let denied): denied.user == uri.user && denied.host == uri.host
        case .number, .prefix: false
        }
    }
}

extension PhoneNumber {
    /// The beginning of numbers, which may be as short as a digit.
    fileprivate static func prefix(_ text: String, plan: NumberingPlan) -> PhoneNumber? {
        // A number that begins so, so that both are brought into the same form.
        guard text.utf8.count <= 32, text.utf8.contains(where: { (48...57).contains($0) }) else { return nil }
        let filler = 4
        guard let longer = PhoneNumber(text + String(repeating: "9", count: filler), plan: plan),
            longer.digits.utf8.count > filler
        else { return nil }
        return PhoneNumber(unchecked: String(longer.digits.dropLast(filler)), isInternational: longer.isInternational)
    }

    fileprivate init(unchecked digits: String, isInternational: Bool) {
        self.digits = digits
        self.isInternational = isInternational
    }

    fileprivate func isPrefix(of number: PhoneNumber) -> Bool {
        isInternational == number.isInternational && number.digits.hasPrefix(digits)
    }
}

/// What the outbound policy says of a trunk.
package struct OutboundTrunk: Hashable, Sendable {
    package var name: String
    /// The number shown to those who are called.
    package var numberShown: String
    /// Calls at once; `nil`: as many as all may have.
    package var concurrent: Int?
    /// Calls in any 24 hours.
    package var perDay: Int?

    package init(name: String, numberShown: String, concurrent: Int? = nil, perDay: Int? = nil) {
        self.name = name
        self.numberShown = numberShown
        self.concurrent = concurrent
        self.perDay = perDay
    }
}

/// The rules of who may be called. As made, nobody.
package struct OutboundRules: Hashable, Sendable {
    package var allowed: [TargetPattern] = []
    /// Wins over what is allowed.
    package var denied: [TargetPattern] = []
    package var trunks: [OutboundTrunk] = []
    /// Calls placed for one caller in any 24 hours. Callers without a number count as one.
    package var perCaller: Int?
    /// Calls placed in any 24 hours.
    package var perDay: Int?
    /// Calls at once.
    package var concurrent: Int?
    package var plan = NumberingPlan()

    package init() {}
}

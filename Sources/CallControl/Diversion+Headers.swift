import SIP
package import Telephony

// Who was called first: History-Info (RFC 7044) where it shows a diversion, else Diversion (RFC 5806).

extension Diversion {
    /// The fields of an INVITE that it is read from, in lower case.
    package static let fields: Set<String> = ["history-info", "diversion"]
    private static let longestAddress = 128
    private static let most = 99

    /// A party that the call left, and why.
    private struct Step {
        var address: String
        var reason: Reason
        var count = 1
    }

    /// - Parameters:
    ///   - headers: of the INVITE, by lower-case name. Fields that cannot be read say nothing.
    ///   - called: the number that the INVITE itself is for.
    /// - Returns: `nil` for a call that was for nobody else.
    package init?(_ headers: [(name: String, value: String)], called: String) {
        let history = Diversion.history(Diversion.addresses("history-info", headers), called: called)
        let steps = history.isEmpty ? Diversion.steps(Diversion.addresses("diversion", headers)) : history
        guard let first = steps.first, let last = steps.last else { return nil }
        self.init(
            firstCalled: first.address, reason: first.reason, lastCalled: last.address, lastReason: last.reason,
            count: steps.reduce(0) { min($0 + $1.count, Diversion.most) })
    }

    private static func addresses(
        _ name: String, _ headers: [(name: String, value: String)]
    ) -> [NameAddress] {
        headers.filter { $0.name == name }.flatMap { NameAddress.list($0.value) ?? [] }
    }

    // MARK: - RFC 5806

    /// The topmost value is the last diversion (section 5); a counter stands for several at one party.
    private static func steps(_ values: [NameAddress]) -> [Step] {
        values.reversed().map { value in
            let counter = value.parameters.value("counter").flatMap { Int($0) } ?? 1
            let word = value.parameters.value("reason")?.lowercased() ?? ""
            return Step(
                address: address(value), reason: Reason(rawValue: word) ?? .unknown, count: min(max(1, counter), most))
        }
    }

    // MARK: - RFC 7044

    private struct Entry {
        var value: NameAddress
        /// `1.2` as `[1, 2]`.
        var index: [Int]
    }

    /// An entry whose URI has a cause (RFC 4458), or that says that it took another user's place (`mp`), was diverted to:
    /// from the entry that it names, or else its parent. A single entry for another than who is called is one as well.
    private static func history(_ values: [NameAddress], called: String) -> [Step] {
        let entries = values.map { Entry(value: $0, index: index($0)) }
            .sorted { $0.index.lexicographicallyPrecedes($1.index) }
        var steps: [Step] = []
        for (position, entry) in entries.enumerated().dropFirst() {
            let target = entry.value.parameters.value("mp")
            let cause = parameter("cause", entry.value).flatMap { Int($0) }
            guard target != nil || cause != nil else { continue }
            let origin = target.map(numbers) ?? Array(entry.index.dropLast())
            let diverter = entries[..<position].last { $0.index == origin } ?? entries[position - 1]
            let told = entries[..<position].last { reason($0.value) != nil && $0.index.starts(with: diverter.index) }
            steps.append(
                Step(
                    address: address(diverter.value),
                    reason: cause.map(reason(ofCause:)) ?? told.flatMap { reason($0.value) } ?? .unknown))
        }
        if steps.isEmpty, let first = entries.first?.value, isPlain(entries), address(first) != called {
            steps = [Step(address: address(first), reason: reason(first) ?? .unknown)]
        }
        return steps
    }

    /// Whether no entry says how it came about, as before RFC 7044.
    private static func isPlain(_ entries: [Entry]) -> Bool {
        entries.allSatisfy { entry in ["rc", "mp", "np"].allSatisfy { !entry.value.parameters.contains($0) } }
    }

    private static func index(_ value: NameAddress) -> [Int] { numbers(value.parameters.value("index") ?? "") }

    private static func numbers(_ index: String) -> [Int] {
        index.split { $0 == "." || $0 == ":" }.map { Int($0) ?? .max }
    }

    private static func address(_ value: NameAddress) -> String {
        String((value.uri.user ?? value.uri.description).prefix(longestAddress))
    }

    private static func parameter(_ name: String, _ value: NameAddress) -> String? {
        switch value.uri {
        case .sip(let uri): uri.parameters.value(name)
        case .tel(let uri): uri.parameters.value(name)
        case .other: nil
        }
    }

    /// What the Reason in an entry's URI says of why the call left it (RFC 3326).
    private static func reason(_ value: NameAddress) -> Reason? {
        let reasons = value.uri.sip?.headerPairs.filter { $0.name.lowercased() == "reason" } ?? []
        for told in reasons.flatMap({ SIP.Reason.list($0.value) }) {
            guard let cause = told.cause else { continue }
            switch told.proto.uppercased() {
            case "SIP": return reason(ofStatus: cause)
            case "Q.850": return reason(ofQ850: cause)
            default: continue
            }
        }
        return nil
    }

    /// RFC 4458 section 2, as RFC 7544 section 7 maps it.
    private static func reason(ofCause cause: Int) -> Reason {
        switch cause {
        case 302: .unconditional
        case 408: .noAnswer
        case 480, 487: .deflection
        case 486: .userBusy
        case 503: .unavailable
        default: .unknown
        }
    }

    private static func reason(ofStatus status: Int) -> Reason {
        switch status {
        case 301, 302: .unconditional
        case 408, 487: .noAnswer
        case 480, 500, 503: .unavailable
        case 486, 600: .userBusy
        case 603: .deflection
        default: .unknown
        }
    }

    private static func reason(ofQ850 cause: Int) -> Reason {
        switch cause {
        case 17: .userBusy
        case 18, 19: .noAnswer
        case 20: .unavailable
        case 27: .outOfService
        default: .unknown
        }
    }
}

package import Telephony

/// From which address a leg takes its media, and to which it sends: one rule, decided once.
///
/// Whoever sends RTP to an open port would otherwise be heard, or be sent what the caller hears. Under
/// ``Rule/negotiated`` only the address of offer and answer counts. Under ``Rule/latching``, for far ends behind NAT
/// that do not know their own address, the first source that sends ``probation`` packets in sequence within
/// ``window`` is taken instead, and from then on nobody else. The negotiated address comes first: for ``precedence`` it
/// alone is waited for, so that an attacker who speaks sooner gains nothing, and a packet from it ends the search at
/// once; within the window it even takes back what somebody else was given. With SRTP one packet that authenticates is
/// enough, whenever it comes. A new offer and answer begins anew.
package struct SourceLatch: Sendable {
    /// Where media may come from.
    package enum Rule: Sendable, Equatable, Codable {
        case negotiated
        case latching
    }

    /// What is to be done with a packet.
    package enum Verdict: Sendable, Equatable {
        case taken
        /// It is taken, and from now on media goes to its source.
        case latched
        case refused
    }

    private struct Candidate: Sendable {
        var address: TransportAddress
        var nextSequence: UInt16
        var count: Int
    }

    /// Packets in sequence that make a source.
    package static let probation = 4
    /// How long a source is searched for.
    package static let window = Interval.seconds(3)
    /// For how long the negotiated address alone is waited for: about the time from an answer to the first packet of a
    /// far end that is not behind NAT.
    package static let precedence = Interval.milliseconds(200)

    /// Where media goes, and where it comes from once ``isSettled``.
    package private(set) var address: TransportAddress
    /// No other source will be taken.
    package private(set) var isSettled: Bool
    private let negotiated: TransportAddress
    private let begins: Instant
    private var candidate: Candidate?
    private var isAuthenticated = false

    package init(_ negotiated: TransportAddress, rule: Rule, at now: Instant) {
        address = negotiated
        isSettled = rule == .negotiated
        self.negotiated = negotiated
        begins = now
    }

    /// No packet of another source will ever be taken, short of a new offer and answer.
    @inline(__always)
    package func isFinal(at now: Instant) -> Bool {
        isSettled && (address == negotiated || isAuthenticated || now - begins >= SourceLatch.window)
    }

    /// Judges an RTP packet by its source.
    ///
    /// - Parameter isAuthenticated: it was encrypted with the leg's key.
    package mutating func judge(
        _ source: TransportAddress, sequenceNumber: UInt16, isAuthenticated: Bool, at now: Instant
    ) -> Verdict {
        if source == address {
            isSettled = true
            return .taken
        }
        let age = now - begins
        guard !isSettled else { return takesBack(source, age) ? settle(source) : .refused }
        if isAuthenticated {
            self.isAuthenticated = true
            return settle(source)
        }
        guard age < SourceLatch.window else { return .refused }
        if let known = candidate, known.address == source, known.nextSequence == sequenceNumber {
            candidate = Candidate(address: source, nextSequence: sequenceNumber &+ 1, count: known.count + 1)
        } else {
            candidate = Candidate(address: source, nextSequence: sequenceNumber &+ 1, count: 1)
        }
        let isProven = (candidate?.count ?? 0) >= SourceLatch.probation && age >= SourceLatch.precedence
        return isProven ? settle(source) : .refused
    }

    /// The far end speaks from where it said, after somebody else was taken for it.
    private func takesBack(_ source: TransportAddress, _ age: Interval) -> Bool {
        source == negotiated && !isAuthenticated && age < SourceLatch.window
    }

    private mutating func settle(_ source: TransportAddress) -> Verdict {
        address = source
        isSettled = true
        candidate = nil
        return .latched
    }
}

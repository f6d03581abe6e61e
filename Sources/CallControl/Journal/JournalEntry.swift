package import CallFlow
package import Telephony

/// One entry of a call's journal.
///
/// In the file an entry is its kind in an octet, its length, and so many octets. A reader passes over kinds that it does
/// not know.
package enum JournalEntry: Sendable {
    /// What the service says of the call and itself, as JSON.
    case about([UInt8])
    /// What was decided about the call before its first tick. Comes before every input.
    case admission(JournaledAdmission)
    case datagram(JournaledDatagram)
    /// - Parameter isVeiled: something else stands in the place of what was said or pressed.
    case input(CallInput, isVeiled: Bool, at: Instant)
    /// The call had its turn.
    case tick
    /// What the turn before sent.
    case sent(SentDatagram)
    /// An event of the account, as JSON.
    case fact([UInt8])
    /// The journal goes on no further, though the call did.
    case cut(JournalCut)
    /// The call is over.
    case end
    case unknown

    enum Kind: UInt8 {
        case about = 1
        case admission
        case datagram
        case input
        case tick
        case sent
        case fact
        case cut
        case end
    }
}

/// The first octet of datagrams and inputs.
enum JournalFlag {
    static let rtcpPort: UInt8 = 1
    static let veiled: UInt8 = 2
    static let sameSource: UInt8 = 4
}

/// Why a journal is not the whole of its call.
package enum JournalCut: UInt8, Sendable {
    /// The call went on for longer than a journal may.
    case limit
    /// It could not be written as fast as it came.
    case overrun
}

/// A datagram that a leg received: as it was decrypted where it came encrypted.
package struct JournaledDatagram: Sendable {
    package var leg: LegID
    package var port: Port
    /// It is the port of RTCP.
    package var isRTCPPort: Bool
    /// Something stands in the place of what was in it.
    package var isVeiled: Bool
    package var source: TransportAddress
    package var at: Instant
    package var octets: [UInt8]
}

/// What is known of a datagram that was sent, as it was before it was encrypted.
package struct SentDatagram: Sendable, Equatable {
    package var port: Port
    /// Octets.
    package var length: Int
    /// Of octets and destination; 0 where a secret was in it.
    package var digest: UInt64

    package var isSecret: Bool { digest == 0 }

    package init(_ octets: Span<UInt8>, to destination: TransportAddress, on port: Port) {
        var sum = OctetDigest()
        sum.add(octets)
        sum.add(destination.high)
        sum.add(destination.low)
        sum.add(UInt64(destination.port))
        self.port = port
        length = octets.count
        digest = max(1, sum.value)
    }

    init(port: Port, length: Int, digest: UInt64) {
        self.port = port
        self.length = length
        self.digest = digest
    }
}

/// ``Admission`` as a journal keeps it, with the settings that held and the first tick; the agent is known by its name.
package struct JournaledAdmission: Sendable {
    package var call: CallID
    package var from: String
    package var to: String
    package var startedAt: WallTime
    package var timeZone: String
    package var headers: [(name: String, value: String)]
    package var agent: String
    package var caller: MediaDescription
    package var entropy: CallEntropy
    package var lookUpLimit: Interval?
    package var referral: TransferRules.Referral
    package var ringing: Interval
    package var callBack: CallBackCall?
    package var tickPhase: Int
    package var at: Instant
    package var firstTick: Instant
    package var configuration: SwitchboardConfiguration

    init(_ admission: Admission, _ configuration: SwitchboardConfiguration, firstTick: Instant, at now: Instant) {
        call = admission.call
        from = admission.from
        to = admission.to
        startedAt = admission.startedAt
        timeZone = admission.timeZone
        headers = admission.headers
        agent = admission.agent.name
        caller = admission.caller
        entropy = admission.entropy
        lookUpLimit = admission.lookUpLimit
        referral = admission.referral
        ringing = admission.ringing
        callBack = admission.callBack
        tickPhase = admission.tickPhase
        at = now
        self.firstTick = firstTick
        self.configuration = configuration
    }

    /// The admission of the same call, answered by an agent.
    package func admission(_ agent: Agent) -> Admission {
        var admission = Admission(
            call: call, from: from, to: to, startedAt: startedAt, timeZone: timeZone, headers: headers, agent: agent,
            caller: caller, tickPhase: tickPhase, entropy: entropy, lookUpLimit: lookUpLimit)
        admission.referral = referral
        admission.ringing = ringing
        admission.callBack = callBack
        admission.firstTick = firstTick
        return admission
    }
}

extension JournaledAdmission: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.text(call.rawValue)
        journal.text(from)
        journal.text(to)
        journal.number(startedAt.millisecondsSince1970)
        journal.text(timeZone)
        journal.fields(headers)
        journal.text(agent)
        journal.value(caller)
        journal.value(entropy)
        journal.optional(lookUpLimit)
        journal.raw(referral)
        journal.value(ringing)
        journal.optional(callBack)
        journal.number(tickPhase)
        journal.value(at)
        journal.value(firstTick)
        journal.value(configuration)
    }

    /// Milliseconds of the years 1970 to 2970.
    private static let wallTimes: ClosedRange<Int64> = 0...31_557_600_000_000

    init(from journal: inout JournalReader) throws(JournalError) {
        call = CallID(try journal.text())
        from = try journal.text()
        to = try journal.text()
        let wall = try journal.number()
        guard JournaledAdmission.wallTimes.contains(wall) else { throw .unknown("a time") }
        startedAt = WallTime(millisecondsSince1970: wall)
        timeZone = try journal.text()
        headers = try journal.fields()
        agent = try journal.text()
        caller = try journal.value()
        entropy = try journal.value()
        lookUpLimit = try journal.optional()
        referral = try journal.raw()
        ringing = try journal.value()
        callBack = try journal.optional()
        tickPhase = try journal.number(0...19)
        at = try journal.value()
        firstTick = try journal.value()
        configuration = try journal.value()
    }
}

// MARK: - Octets

extension JournalEntry {
    /// Reads the entries of a journal one after another.
    ///
    /// - Throws: ``JournalError``, at the first that cannot be read.
    package static func read(_ octets: [UInt8]) throws(JournalError) -> [JournalEntry] {
        var entries: [JournalEntry] = []
        var offset = 0
        var begin = Instant.zero
        var lastSource: [LegID: TransportAddress] = [:]
        while offset < octets.count {
            guard let (kind, body, end) = frame(octets, at: offset) else { throw .truncated }
            offset = end
            let entry = try JournalEntry(kind, body, begin, &lastSource)
            if case .admission(let admission) = entry { begin = admission.at }
            entries.append(entry)
        }
        return entries
    }

    /// How many octets of a journal that breaks off are whole entries.
    package static func wholeEntries(of octets: [UInt8]) -> Int {
        var offset = 0
        while let (_, _, end) = frame(octets, at: offset) { offset = end }
        return offset
    }

    private static func frame(_ octets: [UInt8], at offset: Int) -> (UInt8, ArraySlice<UInt8>, end: Int)? {
        guard offset + 5 <= octets.count else { return nil }
        let length = octets[offset + 1..<offset + 5].reduce(0) { $0 << 8 | Int($1) }
        let begin = offset + 5
        guard length <= octets.count - begin else { return nil }
        return (octets[offset], octets[begin..<begin + length], begin + length)
    }

    private init(
        _ kind: UInt8, _ body: ArraySlice<UInt8>, _ begin: Instant, _ sources: inout [LegID: TransportAddress]
    ) throws(JournalError) {
        var journal = JournalReader(body)
        switch Kind(rawValue: kind) {
        case .about: self = .about(journal.rest())
        case .admission: self = .admission(try journal.value())
        case .datagram: self = .datagram(try JournalEntry.datagram(from: &journal, begin, &sources))
        case .input:
            let flags = try journal.byte()
            let at = begin + (try journal.value() as Interval)
            self = .input(try journal.value(), isVeiled: flags & JournalFlag.veiled != 0, at: at)
        case .tick: self = .tick
        case .sent:
            self = .sent(
                SentDatagram(
                    port: try journal.value(), length: try journal.number(0...1 << 20), digest: try journal.word()))
        case .fact: self = .fact(journal.rest())
        case .cut:
            guard let cut = JournalCut(rawValue: try journal.byte()) else { throw .unknown("a cut") }
            self = .cut(cut)
        case .end: self = .end
        case nil: self = .unknown
        }
    }

    private static func datagram(
        from journal: inout JournalReader, _ begin: Instant, _ sources: inout [LegID: TransportAddress]
    ) throws(JournalError) -> JournaledDatagram {
        let flags = try journal.byte()
        let leg: LegID = try journal.value()
        let port: Port = try journal.value()
        let at = begin + (try journal.value() as Interval)
        if flags & JournalFlag.sameSource == 0 { sources[leg] = try journal.value() }
        guard let source = sources[leg] else { throw .unknown("a datagram from nowhere") }
        return JournaledDatagram(
            leg: leg, port: port, isRTCPPort: flags & JournalFlag.rtcpPort != 0,
            isVeiled: flags & JournalFlag.veiled != 0,
            source: source, at: at,
            octets: journal.rest())
    }

    /// An entry of the service's own, which it writes between those of the call.
    package static func octets(about json: [UInt8]) -> [UInt8] { framed(.about, json) }
    package static func octets(fact json: [UInt8]) -> [UInt8] { framed(.fact, json) }
    package static func octets(cut: JournalCut) -> [UInt8] { framed(.cut, [cut.rawValue]) }

    static func framed(_ kind: Kind, _ body: [UInt8]) -> [UInt8] {
        var octets = [kind.rawValue]
        for shift in stride(from: 24, through: 0, by: -8) {
            octets.append(UInt8(truncatingIfNeeded: body.count >> shift))
        }
        return octets + body
    }
}

package import CallFlow
package import Telephony

/// Runs a call again from its journal: a ``Switchboard`` of its own that is given what the journal has, entry by entry, and
/// what it sends is compared with what was sent.
///
/// After each ``next(_:)`` whoever turns the crank drains ``poll()`` and answers requests for prompts by
/// ``provide(_:for:)``; all other answers are in the journal.
package struct JournalRun: ~Copyable {
    /// Where the call that is run again does something else than the journal has.
    package enum Difference: Sendable, Equatable {
        /// Another datagram was sent: its place among all of them, from 1.
        case datagram(number: Int, leg: LegID?, was: SentDatagram, isNow: SentDatagram)
        /// A datagram was not sent.
        case missing(number: Int, leg: LegID?, was: SentDatagram)
        /// One was sent that had not been.
        case further(number: Int, leg: LegID?, isNow: SentDatagram)
        /// A prompt's audio is not what it was.
        case prompt(PromptSource)
        /// A prompt was not asked for that had been answered.
        case promptNotAsked
    }

    private let admission: JournaledAdmission
    private var switchboard: Switchboard
    private var datagram: [UInt8] = []
    private var wanted: [RequestID: PromptSource] = [:]
    private var audio: [RequestID: PCMAudio] = [:]
    /// What the turn in hand has sent and the journal has not told of.
    private var sent: [SentDatagram] = []
    private var places: [Port: LegID] = [:]
    package private(set) var now: Instant
    package private(set) var sentCount = 0
    /// Datagrams of which only the length could be compared, because a secret was said in them.
    package private(set) var secretCount = 0
    /// Something stood in the place of a secret: what follows need only agree in facts.
    package private(set) var isVeiled = false
    /// The first difference, and when it was found.
    package private(set) var difference: (Difference, at: Interval)?
    /// Differences behind the first secret.
    package private(set) var laterDifferences = 0

    /// - Parameter agent: answers the call again.
    package init(
        _ admission: JournaledAdmission, agent: Agent, recordsAudio: Bool = false, recordsLegs: Bool = false
    ) {
        self.admission = admission
        switchboard = Switchboard(admission.configuration)
        now = admission.at
        var again = admission.admission(agent)
        again.recordsAudio = recordsAudio
        again.recordsLegs = recordsLegs
        use(admission.caller, by: .caller)
        switchboard.receive(.admit(again), at: now)
    }

    /// Ten minutes at 48 kHz.
    private static let longestSilence = 600 * 48_000

    /// How far the call is.
    package var time: Interval { now - admission.at }

    /// The next fact, request or recording.
    package mutating func poll() -> SwitchboardOutput? {
        takeSent()
        while let output = switchboard.poll() {
            if case .request(let id, .prompt(let source, _, _)) = output { wanted[id] = source }
            return output
        }
        return nil
    }

    /// The audio of a prompt that was asked for: the call has it once the journal says so.
    package mutating func provide(_ audio: PCMAudio, for id: RequestID) { self.audio[id] = audio }

    /// Takes an entry.
    package mutating func next(_ entry: JournalEntry) {
        switch entry {
        case .datagram(let datagram): take(datagram)
        case .input(let input, let isVeiled, let at):
            endTurn()
            now = max(now, at)
            if isVeiled { self.isVeiled = true }
            take(input, at: at)
        case .tick:
            endTurn()
            guard let due = switchboard.deadline else { return }
            now = max(now, due)
            switchboard.advance(to: due)
        case .sent(let was): compare(was)
        case .cut, .end: endTurn()
        case .about, .admission, .fact, .unknown: break
        }
    }

    private mutating func take(_ datagram: JournaledDatagram) {
        endTurn()
        if datagram.isVeiled { isVeiled = true }
        switchboard.receive(datagram: datagram.octets.span, on: datagram.port, from: datagram.source, at: datagram.at)
    }

    private mutating func take(_ input: CallInput, at now: Instant) {
        let call = admission.call
        switch input {
        case .callerHungUp: switchboard.receive(.callerHungUp(call), at: now)
        case .hangUp(let cause): switchboard.receive(.hangUp(call, cause), at: now)
        case .infoDigit(let digit, let duration):
            switchboard.receive(.infoDigit(call, digit, durationInMilliseconds: duration), at: now)
        case .reply(let kind, let number, let reply): take(reply, kind, number, at: now)
        case .leg(let event):
            note(event)
            switchboard.receive(.leg(call, event), at: now)
        case .command(let command): switchboard.receive(.command(call, command), at: now)
        }
    }

    private mutating func take(_ journaled: JournaledReply, _ kind: UInt8, _ number: UInt64, at now: Instant) {
        // The one call of this switchboard has the serial number 1.
        let id = RequestID(1 << 32 | UInt64(kind & 0xF) << 28 | (number & 0x0FFF_FFFF))
        if let reply = journaled.reply { return switchboard.receive(.reply(id, reply), at: now) }
        guard case .prompt(let samples, let sampleRate, let digest) = journaled else { return }
        if digest == 0 {
            let count = min(samples, JournalRun.longestSilence)
            let silence = PCMAudio(sampleRate: sampleRate, samples: [Int16](repeating: 0, count: count))
            return switchboard.receive(.reply(id, .prompt(silence)), at: now)
        }
        guard let audio = audio.removeValue(forKey: id) else { return differ(.promptNotAsked) }
        if audio.digest != digest { differ(.prompt(wanted[id] ?? .silence(milliseconds: 0))) }
        wanted[id] = nil
        switchboard.receive(.reply(id, .prompt(audio)), at: now)
    }

    // MARK: - Ports

    private mutating func use(_ media: MediaDescription, by leg: LegID) {
        places[media.port] = leg
        places[media.rtcpPort] = leg
    }

    private mutating func note(_ event: LegEvent) {
        switch event {
        case .early(let leg, let media), .answered(let leg, let media): use(media, by: leg)
        case .replaced(.caller, let media, _): use(media, by: .caller)
        default: break
        }
    }

    // MARK: - What is sent

    private mutating func takeSent() {
        while let outgoing = switchboard.nextDatagram(into: &datagram) {
            sent.append(SentDatagram(datagram.span, to: outgoing.destination, on: outgoing.port))
        }
    }

    private mutating func compare(_ was: SentDatagram) {
        takeSent()
        sentCount += 1
        if was.isSecret {
            secretCount += 1
            isVeiled = true
        }
        guard !sent.isEmpty else {
            return differ(.missing(number: sentCount, leg: places[was.port], was: was))
        }
        let isNow = sent.removeFirst()
        let isSame = was.isSecret ? isNow.port == was.port && isNow.length == was.length : isNow == was
        if !isSame { differ(.datagram(number: sentCount, leg: places[was.port], was: was, isNow: isNow)) }
    }

    /// What was sent in the turn before and is in no entry.
    private mutating func endTurn() {
        takeSent()
        guard let further = sent.first else { return }
        differ(.further(number: sentCount + 1, leg: places[further.port], isNow: further))
        sent = []
    }

    private mutating func differ(_ found: Difference) {
        if isVeiled { laterDifferences += 1 } else if difference == nil { difference = (found, at: time) }
    }
}

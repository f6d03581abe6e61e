import BasicContainers
import DequeModule
package import CallFlow
package import FrontEnd
import SIP
package import Telephony

/// A shard of calls as one value: bytes and time go in, bytes and facts come out.
///
/// Owns no socket, clock, task, lock, logger or source of randomness. Live service and replay differ only in who turns
/// the crank:
///
///     receive(datagram:on:from:at:), receive(_:at:)    one of these, or advance(to:): a mutation;
///     nextDatagram(into:), poll()                       then drain both to nil; then the next mutation.
///
/// `deadline` says when `advance(to:)` must run next. Read `Switchboard+Tick.swift` first: there a call is heard,
/// led and answered, batch by batch.
///
/// Cost in steady state: no heap allocation a tick.
package struct Switchboard: ~Copyable {
    package let configuration: SwitchboardConfiguration
    /// The calls, by the phase of the tick in which they have their turn.
    var groups: UniqueArray<TickGroup>
    /// Where each call of the shard is, by its serial number.
    var places: [UInt32: CallPlace] = [:]
    var serials: [CallID: UInt32] = [:]
    /// Which leg has a port; indexed by the port's number.
    var ports: [PortUse?] = []
    /// Where the calls are again, by the slots that packets find them by.
    var slots: [CallPlace] = []
    private var freeSlots: [Int] = []
    var outputs: Deque<SwitchboardOutput> = []
    /// What calls want of their further legs, where the switchboard signals itself.
    var legCommands: Deque<(CallID, LegCommand)> = []
    /// Callers who are being called and have not answered.
    var originations: [CallID: Placed] = [:]
    var datagrams = DatagramQueue()
    private var lastSerial: UInt32 = 0
    /// When the SIP side must next run, as it was when it ran last: to ask it is to copy it.
    var signallingDeadline: Instant?
    /// The SIP side; `nil` where calls are admitted from outside.
    var signalling: Signalling?
    /// What comes out is not taken fast enough: new calls are refused, running ones lose nothing.
    package var isFull = false
    /// Datagrams of which nothing was taken, by reason.
    package private(set) var refusals = RefusalCounts()

    package init(_ configuration: SwitchboardConfiguration = SwitchboardConfiguration()) {
        self.configuration = configuration
        groups = UniqueArray(minimumCapacity: TickGroup.phases)
        for phase in 0..<TickGroup.phases { groups.append(TickGroup(phase: phase)) }
        signalling = configuration.signalling.map { Signalling($0, callLimit: configuration.callLimit) }
    }

    /// Calls that have not ended.
    package var callCount: Int { places.count }
    /// New calls that were answered 503, however that came.
    package var refusedCalls: Int {
        signalling.map { $0.refusedCalls + $0.userAgent.drops.overload } ?? 0
    }

    /// When `advance(to:)` must run next; `nil` while there is neither a call nor a transaction.
    package var deadline: Instant? {
        var earliest = signallingDeadline
        for index in 0..<groups.count where !groups[index].calls.isEmpty {
            let due = groups[index].nextTick
            if earliest.map({ due < $0 }) ?? true { earliest = due }
        }
        return earliest
    }

    /// The next datagram to be sent, its bytes appended to `bytes`, which is emptied first.
    package mutating func nextDatagram(into bytes: inout [UInt8]) -> OutgoingDatagram? {
        datagrams.next(into: &bytes)
    }

    /// Exchanges the datagrams that wait to be sent for an empty queue, for who sends them from where they lie.
    package mutating func swapDatagrams(_ queue: inout DatagramQueue) { swap(&queue, &datagrams) }

    /// The next fact, request, record or closed port.
    package mutating func poll() -> SwitchboardOutput? { outputs.popFirst() }
}

/// Settings of a ``Switchboard`` that hold for all its calls.
package struct SwitchboardConfiguration: Sendable {
    package var frontEnd = FrontEndProfile()
    package var jitterBuffer = JitterBufferLimits()
    /// The recogniser takes the audio of utterances, not only their spans.
    package var sendsRecognitionAudio = false
    /// Somebody answers recognitions. Without it only keys are listened to: speech is noticed, and interrupts nothing.
    package var hasRecogniser = true
    /// A call from which no RTP has come for so long ends.
    package var mediaTimeout = Interval.seconds(30)
    /// The longest that a call may be.
    package var longestCall = Interval.seconds(4 * 3_600)
    /// A call in which Parley says nothing and asks nothing for so long ends; `nil` lets it.
    package var deadAirLimit: Interval?
    /// The most calls at a time.
    package var callLimit = 4_000
    /// Played again and again to who is on hold; `nil` leaves silence.
    package var holdMusic: PromptSource?
    /// Octets of a call's journal at most; `nil` keeps none.
    package var journalLimit: Int?
    /// With whom to signal; `nil` where calls are admitted from outside, as replay does.
    package var signalling: SignallingConfiguration?

    package init() {}
}

extension SwitchboardConfiguration {
    /// What is looked at in every tick.
    var rules: CallRules {
        CallRules(
            hasRecogniser: hasRecogniser, mediaTimeout: mediaTimeout, longestCall: longestCall,
            deadAirLimit: deadAirLimit)
    }
}

/// The settings of ``SwitchboardConfiguration`` that every call is held to in every tick.
struct CallRules: Sendable {
    var hasRecogniser: Bool
    var mediaTimeout: Interval
    var longestCall: Interval
    var deadAirLimit: Interval?
}

/// The bounds of the adaptive jitter buffer.
package struct JitterBufferLimits: Sendable {
    /// The delay at the beginning of a stream.
    package var initialDelay = Interval.milliseconds(60)
    package var minimumDelay = Interval.milliseconds(20)
    package var maximumDelay = Interval.milliseconds(250)

    package init() {}
}

/// Where a datagram goes.
package struct OutgoingDatagram: Sendable, Equatable {
    package var port: Port
    package var destination: TransportAddress
    /// Nothing but what comes from there is taken on the port, until ``SwitchboardOutput/moved(_:)`` says otherwise.
    package var isSolePeer = false
}

/// Where a leg's media goes.
struct MediaPeer {
    var address: TransportAddress
    /// Nothing is taken from anybody else.
    var isSole: Bool
}

/// How many datagrams were refused, by reason.
package struct RefusalCounts: Sendable, Equatable {
    package var unknownPort = 0
    package var malformed = 0
    package var unknownPayloadType = 0
    package var foreignSource = 0
    package var foreignAddress = 0
    package var unauthenticated = 0
    package var replayed = 0

    package init() {}

    mutating func count(_ refusal: DatagramRefusal) {
        switch refusal {
        case .unknownPort: unknownPort &+= 1
        case .malformed: malformed &+= 1
        case .unknownPayloadType: unknownPayloadType &+= 1
        case .foreignSource: foreignSource &+= 1
        case .foreignAddress: foreignAddress &+= 1
        case .unauthenticated: unauthenticated &+= 1
        case .replayed: replayed &+= 1
        }
    }
}

/// The calls whose turn comes in the same millisecond of the tick.
struct TickGroup: ~Copyable {
    /// One a millisecond of ``Telephony/tickDuration``.
    static let phases = 20

    /// Calls that go through the batches of a tick together: few enough for their state to stay in the processor's cache
    /// from batch to batch, and enough for the code to stay there too.
    static let callsAtATime = 8

    let phase: Int
    var nextTick = Instant.zero
    var calls: UniqueArray<Call>
    /// Where media of these calls comes, with the call's index in ``calls`` as long as ``isInOrder``.
    var mediaPorts: [(port: Port, call: Int)] = []
    /// ``mediaPorts`` are in the order of the calls.
    var isInOrder = true

    init(phase: Int) {
        self.phase = phase
        calls = UniqueArray()
    }

    /// Takes a call. Room grows by an eighth, because a call is large and room that nobody needs is paid for.
    mutating func append(_ call: consuming Call) {
        if calls.freeCapacity == 0 { calls.reserveCapacity(calls.count + max(4, calls.count / 8)) }
        calls.append(call)
    }

    /// The first moment of this phase after `now`.
    func firstTick(after now: Instant) -> Instant {
        let tick = tickDuration.nanoseconds
        let offset = Int64(phase) * 1_000_000
        let elapsed = now.nanoseconds - offset
        let ticks = elapsed >= 0 ? elapsed / tick + 1 : 0
        return Instant(nanoseconds: ticks * tick + offset)
    }
}

/// Where a call is: its group and its index there.
struct CallPlace {
    var group: Int
    var index: Int
}

/// What a port is used for.
struct PortUse {
    var serial: UInt32
    /// Where the call's place is kept.
    var slot: Int
    var leg: LegID
    var isRTCP: Bool
}

// MARK: - Inputs

extension Switchboard {
    /// Takes a datagram that came on a port.
    package mutating func receive(datagram: Span<UInt8>, on port: Port, from source: TransportAddress, at now: Instant)
    {
        guard ports.indices.contains(Int(port.rawValue)), let use = ports[Int(port.rawValue)],
            slots.indices.contains(use.slot)
        else {
            refusals.count(.unknownPort)
            return
        }
        let place = slots[use.slot]
        guard groups.indices.contains(place.group), groups[place.group].calls.indices.contains(place.index),
            groups[place.group].calls[place.index].serial == use.serial
        else {
            refusals.count(.unknownPort)
            return
        }
        let refusal = groups[place.group].calls[place.index].receive(
            datagram: datagram, of: use.leg, isRTCPPort: use.isRTCP, from: source, at: now)
        if let refusal { refusals.count(refusal) }
    }

    /// Takes anything else that comes from outside.
    package mutating func receive(_ input: SwitchboardInput, at now: Instant) {
        switch input {
        case .admit(let admission): admit(admission, at: now)
        case .signalling(let input): receive(input, at: now)
        case .hangUp(let id, let cause):
            guard let place = place(of: id) else { return }
            groups[place.group].calls[place.index].journal(.hangUp(cause), at: now)
            groups[place.group].calls[place.index].end(by: .parley, cause)
            collect(place, at: now)
        case .callerHungUp(let id):
            guard let place = place(of: id) else { return }
            groups[place.group].calls[place.index].journal(.callerHungUp, at: now)
            let position = groups[place.group].calls[place.index].caller.position
            groups[place.group].calls[place.index].tell(.callerHungUp, at: position)
            groups[place.group].calls[place.index].drainSession()
            groups[place.group].calls[place.index].end(by: .caller, .normalClearing)
            collect(place, at: now)
        case .infoDigit(let id, let digit, let duration):
            guard let place = place(of: id) else { return }
            let input = CallInput.infoDigit(digit, durationInMilliseconds: duration)
            groups[place.group].calls[place.index].journal(input, at: now)
            groups[place.group].calls[place.index].caller.infoDigit(digit, durationInMilliseconds: duration)
        case .reply(let id, let reply):
            guard let (serial, kind, number) = Call.split(id), let place = places[serial] else { return }
            groups[place.group].calls[place.index].journal(reply, to: kind, number, at: now)
            groups[place.group].calls[place.index].take(reply, to: kind, number, at: now)
            collect(place, at: now)
        case .originate(let origination): originate(origination, at: now)
        case .withdraw(let id, let result): withdraw(id, result, at: now)
        case .leg(let id, let event):
            if takeOfDialledCaller(id, event, at: now) { break }
            guard let place = place(of: id) else { return }
            take(event, of: place, at: now)
        case .command(let id, let command):
            guard let place = place(of: id) else { return }
            groups[place.group].calls[place.index].journal(.command(command), at: now)
            groups[place.group].calls[place.index].perform(command, at: now)
            groups[place.group].calls[place.index].drainSession()
            collect(place, at: now)
        }
        drainSignalling(at: now)
    }

    /// A further leg's news; its ports are the leg's from the moment at which it has media.
    private mutating func take(_ event: LegEvent, of place: CallPlace, at now: Instant) {
        groups[place.group].calls[place.index].journal(.leg(event), at: now)
        switch event {
        case .early(let leg, _) where groups[place.group].calls[place.index].callerReferral?.leg == leg: return
        case .answered(let leg, let media) where groups[place.group].calls[place.index].callerReferral?.leg == leg:
            return succeedCaller(leg, media, of: place, at: now)
        case .mediaChanged(.caller, let media):
            groups[place.group].calls[place.index].outputs.append(.moved(media.port))
            if !groups[place.group].calls[place.index].caller.renegotiate(media, at: now) {
                groups[place.group].calls[place.index].end(by: .parley, .temporaryFailure)
            }
            return collect(place, at: now)
        case .replaced(.caller, let media, let party):
            if groups[place.group].calls[place.index].replaceCaller(with: media, by: party, at: now) {
                use(media, by: .caller, of: place)
            }
            return collect(place, at: now)
        case .replaced(let old, let media, let party):
            let leg = groups[place.group].calls[place.index].replace(
                old, with: media, by: party, configuration: configuration, at: now)
            if let leg { use(media, by: leg, of: place) }
            return collect(place, at: now)
        case .early(let leg, let media), .answered(let leg, let media):
            if groups[place.group].calls[place.index].index(of: leg) != nil {
                use(media, by: leg, of: place)
            }
        default: break
        }
        groups[place.group].calls[place.index].take(event, configuration: configuration, at: now)
        groups[place.group].calls[place.index].drainSession()
        collect(place, at: now)
    }

    private func place(of id: CallID) -> CallPlace? { serials[id].flatMap { places[$0] } }

    mutating func admit(_ admission: Admission, at now: Instant) {
        guard callCount < configuration.callLimit else {
            outputs.append(.refused(admission.call))
            return
        }
        lastSerial &+= 1
        let phase = ((admission.tickPhase % TickGroup.phases) + TickGroup.phases) % TickGroup.phases
        if groups[phase].calls.isEmpty {
            groups[phase].nextTick = admission.firstTick ?? groups[phase].firstTick(after: now)
        }
        guard var call = try? Call(admission, serial: lastSerial, configuration: configuration, at: now) else {
            outputs.append(.refused(admission.call))
            return
        }
        let place = CallPlace(group: phase, index: groups[phase].calls.count)
        call.slot = takeSlot(place)
        if let limit = configuration.journalLimit {
            call.beginJournal(configuration, limit: limit, firstTick: groups[phase].nextTick, at: now)
        }
        groups[phase].append(call)
        places[lastSerial] = place
        serials[admission.call] = lastSerial
        outputs.append(.opened(admission.caller.port))
        if admission.caller.rtcpPort != admission.caller.port { outputs.append(.opened(admission.caller.rtcpPort)) }
        use(admission.caller, by: .caller, of: place)
        groups[phase].calls[place.index].drainSession()
        collect(place, at: now)
    }

    /// A leg has its ports from now on.
    mutating func use(_ media: MediaDescription, by leg: LegID, of place: CallPlace) {
        let serial = groups[place.group].calls[place.index].serial
        let slot = groups[place.group].calls[place.index].slot
        if media.rtcpPort != media.port {
            use(media.rtcpPort, PortUse(serial: serial, slot: slot, leg: leg, isRTCP: true))
        }
        use(media.port, PortUse(serial: serial, slot: slot, leg: leg, isRTCP: false))
    }

    private mutating func use(_ port: Port, _ use: PortUse?) {
        precondition(port.rawValue >= 0, "ports count from 0")
        let number = Int(port.rawValue)
        while ports.count <= number { ports.append(nil) }
        if let old = ports[number], !old.isRTCP {
            groups[slots[old.slot].group].mediaPorts.removeAll { $0.port == port }
        }
        ports[number] = use
        guard let use, !use.isRTCP else { return }
        let place = slots[use.slot]
        groups[place.group].mediaPorts.append((port, place.index))
        groups[place.group].isInOrder = false
    }

    /// A slot that stays with a call wherever it is moved.
    private mutating func takeSlot(_ place: CallPlace) -> Int {
        guard let slot = freeSlots.popLast() else {
            slots.append(place)
            return slots.count - 1
        }
        slots[slot] = place
        return slot
    }

    /// Takes what a call has to say, and the call itself when it is over.
    mutating func collect(_ place: CallPlace, at now: Instant) {
        while let output = groups[place.group].calls[place.index].outputs.popFirst() {
            if case .closed(let port) = output { use(port, nil) }
            if case .leg(let call, let command) = output, signalling != nil {
                legCommands.append((call, command))
            } else {
                outputs.append(output)
            }
        }
        // Its room is let go: outputs are large and rare, and there are many calls.
        groups[place.group].calls[place.index].outputs = []
        if groups[place.group].calls[place.index].isOver { remove(place, at: now) }
    }

    private mutating func remove(_ place: CallPlace, at now: Instant) {
        let last = groups[place.group].calls.count - 1
        if place.index != last { groups[place.group].calls.swapAt(place.index, last) }
        let call = groups[place.group].calls.removeLast()
        if let journal = call.journal { outputs.append(.journal(call.id, .ended(journal.finish(at: now)))) }
        places[call.serial] = nil
        serials[call.id] = nil
        freeSlots.append(call.slot)
        if let cause = call.endCause { signalEnd(of: call.id, cause, at: now) }
        if place.index != last {
            places[groups[place.group].calls[place.index].serial] = place
            slots[groups[place.group].calls[place.index].slot] = place
            groups[place.group].isInOrder = false
        }
    }
}

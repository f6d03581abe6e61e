package import CallControl
package import CallFlow
package import Telephony

/// What a replayed call needs of the outside: everything else it brings along.
package protocol ReplayOutside: Sendable {
    /// The audio of a prompt at so many samples a second.
    func audio(for source: PromptSource, sampleRate: Int) async throws -> PCMAudio
    /// The answer to a request that no stub of the test call answers; `nil` when requests do not leave a replay.
    func answer(to request: HTTPRequest) async -> HTTPReply?
}

/// What came of a replay.
package struct ReplayResult: Sendable {
    package var events: [CallEvent] = []
    package var context: CallContext
    /// What became of each of the caller's packets of keys, in order; empty unless the trace was asked for.
    package var keyPackets: [KeyPacket] = []
    /// The step that the caller still waited to begin when the call ended.
    package var unreachedStep: CallerStep?
    /// What the caller heard; empty unless asked for.
    package var heard: [Int16] = []
}

/// A telephone-event packet that the caller sent, and when its copies arrived.
package struct KeyPacket: Sendable {
    package var digit: Digit
    package var arrivals: [Instant]
}

/// What a replay keeps and where it sends what it finds on the way.
package struct ReplayOptions: Sendable {
    package var switchboard = SwitchboardConfiguration()
    /// Gives audio of both sides to ``ReplayObserver/recorded(_:)``.
    package var recordsAudio = false
    package var keepsTrace = false
    package var keepsHeard = false

    package init() {}
}

/// Who looks on while a call is replayed.
package protocol ReplayObserver {
    mutating func happened(_ event: CallEvent) throws
    mutating func recorded(_ audio: RecordedAudio) throws
}

/// Looks on at nothing.
package struct SilentObserver: ReplayObserver {
    package init() {}
    package mutating func happened(_ event: CallEvent) {}
    package mutating func recorded(_ audio: RecordedAudio) {}
}

/// Turns the crank of a ``Switchboard`` for one test call: a caller made of audio and keys, a seeded network, a virtual
/// clock that jumps to the next deadline.
///
/// The same call, agent and seed give the same events and the same recording, byte for byte: nothing here reads a clock
/// or draws a number but from the seed.
package struct CallReplay: ~Copyable {
    private let call: TestCall
    private let options: ReplayOptions
    private let outside: any ReplayOutside
    private var switchboard: Switchboard
    private var caller: Caller
    private var network: Network
    private var answers: AnswerQueue
    private var recogniser: ScriptedRecogniser
    private var now = Instant.zero
    private var result: ReplayResult
    private var datagram: [UInt8] = []
    private var isOver = false
    private var transfers = 0

    /// - Throws: ``ReplayError`` when the caller's codec cannot be opened.
    package init(
        of call: TestCall, agent: Agent, outside: any ReplayOutside, options: ReplayOptions = ReplayOptions()
    ) throws {
        self.call = call
        self.options = options
        self.outside = outside
        switchboard = Switchboard(options.switchboard)
        var generator = SeededGenerator(seed: call.seed)
        let id = CallID("replay-" + call.name)
        caller = try Caller(call, entropy: &generator, keepsHeard: options.keepsHeard)
        network = Network(call.network, seed: generator.next(), keepsTrace: options.keepsTrace)
        answers = AnswerQueue(stubs: call.stubs)
        recogniser = ScriptedRecogniser(delay: call.recognitionDelay)
        result = ReplayResult(context: CallContext(call: id))
        let admission = Admission(
            call: id, from: call.from, to: call.to, startedAt: call.startsAt, timeZone: call.timeZone,
            headers: call.headers, agent: agent, caller: caller.offer, entropy: CallEntropy(from: &generator),
            recordsAudio: options.recordsAudio, lookUpLimit: call.lookUp?.limit)
        switchboard.receive(.admit(admission), at: now)
    }

    /// Runs the call to its end.
    package consuming func run(_ observer: inout some ReplayObserver) async throws -> ReplayResult {
        try await drain(&observer)
        while !isOver {
            now = nextMoment()
            try await step(&observer)
        }
        if options.keepsTrace {
            result.keyPackets = caller.keyPackets.map {
                KeyPacket(digit: $0.digit, arrivals: network.trace[$0.packet].arrivals)
            }
        }
        result.heard = caller.takeHeard()
        result.unreachedStep = caller.pendingStep
        return result
    }

    /// The earliest time at which anything is due.
    private func nextMoment() -> Instant {
        var next = now + call.limit
        for due in [switchboard.deadline, caller.deadline, network.nextArrival, answers.nextDue] {
            if let due, due < next { next = due }
        }
        return max(now, next)
    }

    /// Does what is due now: one mutation after another, each drained before the next.
    private mutating func step(_ observer: inout some ReplayObserver) async throws {
        while let packet = network.receive(at: now) {
            let port = packet.isRTCP ? caller.offer.rtcpPort : caller.offer.port
            let source = packet.isRTCP ? caller.offer.remoteRTCP : caller.offer.remote
            switchboard.receive(datagram: packet.bytes.span, on: port, from: source, at: now)
            try await drain(&observer)
        }
        while let (request, reply) = answers.next(at: now) {
            switchboard.receive(.reply(request, reply), at: now)
            try await drain(&observer)
        }
        if let due = switchboard.deadline, due <= now {
            switchboard.advance(to: now)
            try await drain(&observer)
        }
        while let due = caller.deadline, due <= now, !isOver {
            switch caller.act(into: &network, at: now) {
            case nil: break
            case .infoDigit(let digit): switchboard.receive(.infoDigit(result.context.call, digit), at: now)
            case .hangUp: switchboard.receive(.callerHungUp(result.context.call), at: now)
            }
            try await drain(&observer)
        }
        if !isOver, now - Instant.zero >= call.limit {
            switchboard.receive(.callerHungUp(result.context.call), at: now)
            try await drain(&observer)
        }
    }

    /// Takes all that the switchboard has to give; a loop, because an answer that is there at once is a mutation too.
    private mutating func drain(_ observer: inout some ReplayObserver) async throws {
        while true {
            while switchboard.nextDatagram(into: &datagram) != nil { caller.hear(datagram) }
            guard let output = switchboard.poll() else { return }
            try await take(output, &observer)
        }
    }

    private mutating func take(_ output: SwitchboardOutput, _ observer: inout some ReplayObserver) async throws {
        switch output {
        case .fact(let event):
            result.events.append(event)
            caller.observe(event, at: now)
            try observer.happened(event)
        case .recorded(_, let audio): try observer.recorded(audio)
        case .request(let id, let request): await answer(request, id)
        case .cancel(let id): answers.cancel(id)
        case .sealed(let context):
            result.context = context
            isOver = true
        case .refused: throw ReplayError("\(call.name): the call was refused; its codec cannot be opened")
        case .closed, .opened, .signal, .line, .registration: break
        }
    }

    private mutating func answer(_ request: SwitchboardRequest, _ id: RequestID) async {
        switch request {
        case .prompt(let source, let sampleRate, _):
            do {
                let audio = try await outside.audio(for: source, sampleRate: sampleRate)
                answers.schedule(id, .prompt(audio), at: now)
            } catch {
                answers.schedule(id, .promptFailed(reason: "\(error)"), at: now)
            }
        case .openRecognition, .recognitionAudio: break
        case .finishRecognition(_, let start, let end):
            let (text, confidence) = recogniser.words(from: start, to: end, of: caller.spoken)
            answers.schedule(id, .recognized(text: text, confidence: confidence), at: now + recogniser.delay)
        case .http(_, let http):
            if let stub = answers.takeStub(for: http) {
                answers.schedule(id, .http(stub.reply), at: now + stub.delay)
            } else {
                let reply = await outside.answer(to: http) ?? .failed(.unreachable)
                answers.schedule(id, .http(reply), at: now)
            }
        case .ask(_, let question):
            let stub = call.answers.first { $0.fits(question) }
            answers.schedule(
                id, .questionAnswered(stub.map { .answered($0.text) } ?? .unavailable), at: now + (stub?.delay ?? .zero)
            )
        case .lookUpCaller:
            guard let lookUp = call.lookUp else { return }
            answers.schedule(id, .caller(lookUp.reply), at: now + lookUp.delay)
        case .transfer:
            let outcomes = call.transferOutcomes
            let outcome = outcomes.isEmpty ? .completed : outcomes[min(transfers, outcomes.count - 1)]
            transfers += 1
            answers.schedule(id, .transferEnded(outcome), at: now + .seconds(1))
        }
    }
}

/// Why a call cannot be replayed.
package struct ReplayError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

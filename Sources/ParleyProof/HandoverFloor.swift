import CallControl
import CallFlow
import DSP
import Distribution
import Replay
import Routing
import Telephony

/// A contact centre in virtual time: a real switchboard and distributor, and people who fail at random.
struct HandoverFloor: ~Copyable {
    /// What was seen from outside, to hold against what the calls say of themselves.
    struct Books {
        var sealed = 0
        var dialled = 0
        var answered = 0
        var commands = 0
        var endedByCaller = 0
        var outcomes: [TransferOutcome: Int] = [:]
        /// Callers who were promised to be called back, what came of each attempt, and promises that came to an end.
        var promised = 0
        var attempts: [CallBackResult: Int] = [:]
        var promisesEnded = 0
        /// Callers whose place another took.
        var succeeded = 0
    }

    /// A leg as the one who is called sees it.
    private struct Line {
        var port: Int32?
        var isAnswered = false
    }

    private struct CallState {
        var lines: [LegID: Line] = [:]
        var hungUp = false
        /// Who took the caller's place.
        var successor: LegID?
    }

    private enum Happening {
        case arrive(Int)
        case ring(CallID, LegID)
        case answer(CallID, LegID)
        case refuse(CallID, LegID, LegEndReason)
        case hangUp(CallID, LegID)
        case callerHangsUp(CallID)
        case command(CallID)
        case ready(AgentID)
        case leaves(AgentID)
        case wantsCallBack(CallID)
        case callerRefers(CallID)
    }

    private(set) var books = Books()
    private(set) var now = Instant.zero
    private var switchboard: Switchboard
    private var distributor: CallDistributor
    private let agent: Agent
    private let names: [AgentID]
    private var generator: SeededGenerator
    private var calls: [CallID: CallState] = [:]
    /// By time, and by number among equals.
    private var agenda: [(at: Instant, number: Int, what: Happening)] = []
    private var lastNumber = 0
    private var freePorts: [Int32] = []
    private var lastPort: Int32 = 0
    private var openPorts: Set<Int32> = []
    private var problems: [String] = []

    init(agents count: Int, seed: UInt64) {
        var configuration = SwitchboardConfiguration()
        // Nobody sends media: this is about who is with whom.
        configuration.mediaTimeout = .seconds(100_000)
        configuration.holdMusic = .silence(milliseconds: 20)
        switchboard = Switchboard(configuration)
        var centre = DistributionConfiguration()
        var queue = QueueProfile(id: "all", name: "All")
        queue.ringTimeout = .seconds(4)
        queue.restAfterRefusal = .seconds(2)
        queue.overflow = [
            OverflowRule(when: .waited(.seconds(3)), goTo: .callBackOffer),
            OverflowRule(when: .waited(.seconds(20)), goTo: .dialog),
        ]
        queue.callBack = CallBackTerms(attempts: 2, pause: .seconds(5), ringTimeout: .seconds(4), expiry: .seconds(60))
        queue.callBack.settling = .seconds(1)
        centre.queues = [queue]
        centre.defaultQueue = "all"
        names = (0..<count).map { AgentID("agent-\($0)") }
        centre.agents = names.enumerated().map {
            AgentProfile(id: $1, name: $1.rawValue, address: .uri("+1555\(10_000 + $0)"), queues: ["all"])
        }
        centre.experts = (0..<12).map {
            ExpertProfile(
                id: ExpertID("expert-\($0)"), name: "Expert \($0)", skills: [Skill("meters", level: 1 + $0 % 9)],
                address: .uri("+1556\(10_000 + $0)"))
        }
        distributor = CallDistributor(centre, at: .zero)
        agent = HandoverFloor.agent
        generator = SeededGenerator(seed: seed)
    }

    /// Hands the caller over, and ends when that comes to nothing.
    private static var agent: Agent {
        let transfer = Action(
            id: "transfer",
            kind: .transfer(
                TransferAction(
                    kind: .agent, phoneNumber: nil, messageToAgent: nil, context: .all, userToUser: nil, headers: [],
                    dtmfSequence: nil)), kindName: "TransferConversationV2")
        let end = Action(id: "end", kind: .endConversation, kindName: "EndConversation")
        let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [transfer, end])
        return Agent(name: "desk", settings: VoiceSettings(), topics: [start], environment: [:])
    }

    /// Runs so many calls to their ends.
    ///
    /// - Returns: what was left behind or is not true, a sentence each.
    mutating func run(calls count: Int) -> [String] {
        schedule(.arrive(count), after: 0)
        while true {
            let due = [agenda.last?.at, switchboard.deadline, distributor.deadline].compactMap { $0 }.min()
            let isDone = books.sealed == count && agenda.isEmpty && calls.isEmpty && !distributor.hasPromised
            guard let due, !isDone else { break }
            now = max(now, due)
            while let next = agenda.last, next.at <= now {
                agenda.removeLast()
                perform(next.what)
                drain()
            }
            distributor.advance(to: now)
            drain()
            switchboard.advance(to: now)
            drain()
        }
        if switchboard.callCount > 0 { problems.append("\(switchboard.callCount) calls are left in the switchboard") }
        if !distributor.isQuiet { problems.append("the distributor still knows of a call") }
        if !openPorts.isEmpty { problems.append("\(openPorts.count) ports are left open") }
        if !calls.isEmpty { problems.append("\(calls.count) calls were never sealed") }
        if switchboard.deadline != nil { problems.append("a timer is left in the switchboard") }
        if books.promised != books.promisesEnded {
            problems.append(
                "\(books.promised) were promised to be called back, and \(books.promisesEnded) know what came of it")
        }
        return problems
    }

    // MARK: - What happens

    private mutating func schedule(_ what: Happening, after seconds: Double) {
        lastNumber += 1
        let at = now + .milliseconds(Int64(seconds * 1_000))
        // The next is last, so that taking it moves nothing.
        var low = 0
        var high = agenda.count
        while low < high {
            let middle = (low + high) / 2
            if agenda[middle].at > at { low = middle + 1 } else { high = middle }
        }
        agenda.insert((at, lastNumber, what), at: low)
    }

    private mutating func random(_ range: ClosedRange<Double>) -> Double { .random(in: range, using: &generator) }

    private mutating func happens(_ share: Double) -> Bool { random(0...1) < share }

    private mutating func perform(_ what: Happening) {
        switch what {
        case .arrive(let left):
            arrive(left)
        case .ring(let call, let leg): tell(call, .ringing(leg), leg)
        case .answer(let call, let leg): answer(call, leg)
        case .refuse(let call, let leg, let reason): end(call, leg, .refused(leg, reason, cause: 17))
        case .hangUp(let call, let leg): end(call, leg, .hungUp(leg))
        case .callerHangsUp(let call):
            guard let state = calls[call], state.successor == nil else { return }
            calls[call]?.hungUp = true
            switchboard.receive(.callerHungUp(call), at: now)
        case .command(let call): command(call)
        case .ready(let agent): _ = distributor.setAway(nil, agent, at: now)
        case .leaves(let agent): _ = distributor.setAway("lunch", agent, at: now)
        case .wantsCallBack(let call): distributor.callBackWanted(call, at: now)
        case .callerRefers(let call):
            guard calls[call] != nil else { return }
            switchboard.receive(
                .leg(call, .referred(.caller, id: UInt32(lastNumber), target: "+15570000", replaces: nil)), at: now)
        }
    }

    private mutating func arrive(_ left: Int) {
        guard left > 0 else { return }
        let call = CallID("call-\(left)")
        calls[call] = CallState()
        let media = HandoverFloor.media(takePort())
        switchboard.receive(
            .admit(
                Admission(
                    call: call, from: "+15550100", to: "100", startedAt: WallTime(millisecondsSince1970: 0),
                    timeZone: "UTC", agent: agent, caller: media, tickPhase: left % 20,
                    entropy: CallEntropy(from: &generator))), at: now)
        if happens(0.5) { schedule(.callerHangsUp(call), after: random(0...25)) }
        for _ in 0..<4 where happens(0.5) { schedule(.command(call), after: random(0.5...20)) }
        // The most that a call may take.
        schedule(.callerHangsUp(call), after: 60)
        schedule(.arrive(left - 1), after: random(0...0.5))
        if happens(0.1) { schedule(.callerRefers(call), after: random(1...15)) }
        if happens(0.1) { schedule(.leaves(names[Int(random(0...Double(names.count - 1)))]), after: random(0...1)) }
        if happens(0.9) { schedule(.ready(names[Int(random(0...Double(names.count - 1)))]), after: random(0...1)) }
    }

    private mutating func answer(_ call: CallID, _ leg: LegID) {
        guard let line = calls[call]?.lines[leg], !line.isAnswered else { return }
        calls[call]?.lines[leg]?.isAnswered = true
        let port = takePort()
        calls[call]?.lines[leg]?.port = port
        books.answered += 1
        switchboard.receive(.leg(call, .answered(leg, HandoverFloor.media(port))), at: now)
        schedule(.hangUp(call, leg), after: random(0...12))
    }

    private mutating func end(_ call: CallID, _ leg: LegID, _ event: LegEvent) {
        guard let line = calls[call]?.lines.removeValue(forKey: leg) else { return }
        guard line.isAnswered, leg == .caller || calls[call]?.successor == leg else {
            return switchboard.receive(.leg(call, event), at: now)
        }
        calls[call]?.hungUp = true
        switchboard.receive(.leg(call, .hungUp(.caller)), at: now)
    }

    private mutating func tell(_ call: CallID, _ event: LegEvent, _ leg: LegID) {
        guard calls[call]?.lines[leg] != nil else { return }
        switchboard.receive(.leg(call, event), at: now)
    }

    /// Something that an agent, a supervisor or an operator does, sensible at that moment or not.
    private mutating func command(_ call: CallID) {
        guard let state = calls[call] else { return }
        books.commands += 1
        let legs = state.lines.keys.filter { $0 != .caller && $0 != state.successor }.sorted()
        let leg = legs.isEmpty ? LegID.caller : legs[Int(random(0...Double(legs.count - 1)))]
        let command: CallCommand?
        switch Int(random(0...11)) {
        case 0: command = invite(call, "skill:meters").map { .consult($0) }
        case 1: command = invite(call, "skill:meters").map { .pullIn($0) }
        case 2: command = invite(call, names[Int(random(0...Double(names.count - 1)))].rawValue).map { .transfer($0) }
        case 3: command = .complete
        case 4: command = .swap
        case 5: command = .conference
        case 6: command = .back
        case 7: command = .place(leg, .held)
        case 8: command = .place(leg, .listening)
        case 9: command = .place(leg, .speaking)
        case 10: command = .takeOver(leg)
        default: command = leg == .caller ? nil : .release(leg)
        }
        if let command { switchboard.receive(.command(call, command), at: now) }
    }

    private mutating func invite(_ call: CallID, _ wanted: String) -> DialPlan? {
        try? distributor.invite(wanted, as: .expert, to: call, at: now)
    }

    // MARK: - What calls want

    private mutating func drain() {
        while true {
            var isQuiet = true
            while let output = switchboard.poll() {
                isQuiet = false
                take(output)
            }
            while let output = distributor.poll() {
                isQuiet = false
                take(output)
            }
            if isQuiet { return }
        }
    }

    private mutating func take(_ output: DistributionOutput) {
        switch output {
        case .reply(let call, let request, let reply):
            guard calls[call] != nil else { return }
            if case .routed(.offerCallBack) = reply, happens(0.6) {
                schedule(.wantsCallBack(call), after: random(0.1...4))
            }
            switchboard.receive(.reply(request, reply), at: now)
        case .place(let placement):
            calls[placement.call] = CallState()
            switchboard.receive(
                .originate(
                    Origination(
                        call: placement.call, from: placement.from, to: placement.to,
                        startedAt: WallTime(millisecondsSince1970: 0), agent: agent, plan: placement.plan,
                        entropy: CallEntropy(from: &generator), callBack: placement.callBack)), at: now)
        case .withdraw(let call, let result): switchboard.receive(.withdraw(call, result), at: now)
        case .agent, .askRouter, .routerFailed, .promised, .promiseChanged, .promiseOver: break
        }
    }

    private mutating func take(_ event: CallEvent) {
        switch event.body {
        case .callBackPromised: books.promised += 1
        case .legReplaced(let body) where body.leg == .caller:
            calls[event.call]?.successor = body.by
            books.succeeded += 1
        default: break
        }
        distributor.happened(event, at: now)
    }

    private mutating func take(_ output: SwitchboardOutput) {
        switch output {
        case .fact(let event): take(event)
        case .request(let id, .transfer(let call, let transfer, let context)):
            distributor.seek(call, id, transfer, context: context, at: now)
        case .request(_, .routeFailed(let call, let outcome)): distributor.routeFailed(call, outcome, at: now)
        case .request(let id, .prompt): switchboard.receive(.reply(id, .promptFailed(reason: "none")), at: now)
        case .dialled(let call, let leg, let reference): distributor.dialled(call, leg, reference: reference)
        case .leg(let call, let command): perform(command, call)
        case .opened(let port):
            if !openPorts.insert(port.rawValue).inserted { problems.append("port \(port.rawValue) was opened twice") }
        case .closed(let port):
            if openPorts.remove(port.rawValue) == nil { problems.append("port \(port.rawValue) was closed twice") }
            if port.rawValue % 2 == 0 { freePorts.append(port.rawValue) }
        case .sealed(let context): seal(context)
        default: break
        }
    }

    /// Decides what becomes of a leg, or lets it go.
    private mutating func perform(_ command: LegCommand, _ call: CallID) {
        switch command {
        case .dial(let leg, _):
            books.dialled += 1
            calls[call]?.lines[leg] = Line()
            if happens(0.9) { schedule(.ring(call, leg), after: random(0...0.3)) }
            let fate = random(0...1)
            let after = random(0...5)
            switch fate {
            case ..<0.55: schedule(.answer(call, leg), after: after)
            case ..<0.65: schedule(.refuse(call, leg, .busy), after: after)
            case ..<0.75: schedule(.refuse(call, leg, .refused), after: after)
            case ..<0.85: schedule(.refuse(call, leg, .failed), after: after)
            default: break
            }
        case .release(let leg, _): calls[call]?.lines[leg] = nil
        case .hold, .refer, .referProgress: break
        }
    }

    // MARK: - The end

    /// Holds what a call says of itself against what was seen from outside.
    private mutating func seal(_ context: CallContext) {
        guard let state = calls.removeValue(forKey: context.call) else {
            return problems.append("\(context.call) was sealed twice")
        }
        if let callBack = context.callBack { seal(callBack, context) } else { books.sealed += 1 }
        for leg in context.legs where leg.endedAt == nil {
            problems.append("\(context.call): leg \(leg.leg.rawValue) never ended")
        }
        let others = state.lines.keys.filter { $0 != .caller && $0 != state.successor }
        if !others.isEmpty { problems.append("\(context.call): \(others.count) were not let go") }
        if state.hungUp { books.endedByCaller += 1 }
        if (context.endedBy == .caller) != state.hungUp {
            problems.append("\(context.call): ended by \(context.endedBy?.rawValue ?? "nobody"), which is not so")
        }
        guard let outcome = context.transfer?.outcome else { return }
        books.outcomes[outcome, default: 0] += 1
        let wasWithSomebody = context.legs.contains { $0.answeredAt != nil }
        if outcome == .completed, !wasWithSomebody {
            problems.append("\(context.call): completed, and nobody had answered")
        }
        if outcome != .completed, context.endedBy == .agent {
            problems.append("\(context.call): ended by an agent after \(outcome.rawValue)")
        }
    }

    /// An attempt to call somebody back.
    private mutating func seal(_ callBack: CallBackTried, _ context: CallContext) {
        books.attempts[callBack.outcome, default: 0] += 1
        if (callBack.outcome == .reached) != (context.answeredAt != nil) {
            problems.append("\(context.call): \(callBack.outcome.rawValue), which is not so")
        }
        if callBack.outcome == .reached || callBack.attemptsLeft == 0 && callBack.outcome != .withdrawn {
            books.promisesEnded += 1
        }
    }

    private mutating func takePort() -> Int32 {
        if let port = freePorts.popLast() { return port }
        lastPort += 2
        return lastPort
    }

    private static func media(_ port: Int32) -> MediaDescription {
        let nowhere = TransportAddress(ipv4: 0x7F00_0001, port: 4_000)
        return MediaDescription(
            codec: .pcmu, payloadType: 0, telephoneEventPayloadType: 101, port: Port(port), rtcpPort: Port(port + 1),
            remote: nowhere, remoteRTCP: nowhere)
    }
}

import CLinux
package import CallControl
import Glibc
package import SIP
import Synchronization
package import Telephony

/// Turns the crank of one ``CallControl/Switchboard``: a thread of its own, plain sockets, one timer.
///
///     timer ──┬──> sockets ──> Switchboard ──┬──> sockets
///     inbox ──┘                              ├──> facts, requests, records   (``outputs``)
///                                            └──> SIP messages               (`send`)
///
/// The thread waits for the timer and the inbox alone. Media that has come for a call is taken just before the call's tick,
/// which is when it is needed: waking for each packet costs as much as the packet, and asking which sockets have one costs
/// more than asking those of which one is due. The kernel notes when it came. RTCP is rare: it is asked for as it comes. The
/// thread allocates nothing for a packet or a tick, and holds no lock but the inbox's for as long as two arrays are
/// swapped. It asks for SCHED_FIFO and goes on without where that is not allowed.
package final class MediaLoop: Sendable {
    /// How a loop runs.
    package struct Configuration: Sendable {
        /// Facts, requests and records that may wait to be taken; past half of it new calls are refused.
        package var outputLimit = 100_000
        /// Of SCHED_FIFO; `nil` does not ask for it.
        package var priority: Int32? = 10
        /// While ticks are later than this on average, new calls are refused; `nil` never does.
        package var latenessLimit: Interval?
        /// While the thread uses more of a core than this, 0 to 1, new calls are refused; `nil` never does.
        package var loadLimit: Double?

        package init() {}
    }

    /// What the loop has done, for metrics and benchmarks.
    package struct Statistics: Sendable {
        package var packetsIn: Int64 = 0
        package var packetsOut: Int64 = 0
        /// Datagrams that the kernel did not take.
        package var unsent: Int64 = 0
        /// Datagrams for which a socket had no room, counted when its call is over.
        package var lost: Int64 = 0
        /// SIP messages that came faster than they could be taken.
        package var droppedMessages: Int64 = 0
        package var calls = 0
        /// Calls that were answered 503.
        package var refusedCalls = 0
        package var refusals = RefusalCounts()
        /// CPU time of the thread, the kernel's share for it included.
        package var cpuTime = Interval.zero
        /// The thread has a real-time class.
        package var isRealTime = false
        /// How late its ticks were on average in the last second.
        package var lateness = Interval.zero
        /// Too late: new calls are refused.
        package var isLate = false
        /// The share of a core that its thread used in the last window of ``ThreadLoad``.
        package var load = 0.0
        /// Too much: new calls are refused.
        package var isBusy = false
    }

    /// What comes out of the switchboard, but SIP messages and ports. The one reader must keep up.
    package let outputs: LoopOutputs
    private let continuation: AsyncStream<[SwitchboardOutput]>.Continuation
    private let inbox: Inbox
    private let isStopping = Atomic<Bool>(false)
    /// Outputs that wait to be taken.
    private let backlog = Atomic<Int>(0)
    private let isRefusing = Atomic<Bool>(false)
    private let snapshot = Mutex(Statistics())
    private let start: Mutex<Start?>

    /// What the thread takes over when it begins.
    private struct Start: ~Copyable, Sendable {
        var sockets: MediaSockets
        var switchboard: SwitchboardConfiguration
        var configuration: Configuration
        var send: @Sendable (OutgoingMessage) -> Void
    }

    /// - Parameter send: takes SIP messages; called on the loop's thread and must not wait.
    /// - Throws: ``TransportError``.
    package init(
        _ switchboard: SwitchboardConfiguration, sockets: consuming MediaSockets,
        configuration: Configuration = Configuration(), send: @escaping @Sendable (OutgoingMessage) -> Void
    ) throws(TransportError) {
        inbox = try Inbox()
        let (batches, continuation) = AsyncStream<[SwitchboardOutput]>.makeStream(bufferingPolicy: .unbounded)
        outputs = LoopOutputs(batches: batches)
        self.continuation = continuation
        start = Mutex(
            Start(sockets: sockets, switchboard: switchboard, configuration: configuration, send: send))
    }

    /// Gives the switchboard something.
    package func post(_ input: SwitchboardInput) { inbox.post(input) }

    /// New calls are refused, because what the running ones leave behind cannot be kept fast enough.
    package var refusesCalls: Bool {
        get { isRefusing.load(ordering: .relaxed) }
        set { isRefusing.store(newValue, ordering: .relaxed) }
    }

    /// The reader of ``outputs`` has taken one.
    package func taken() { backlog.subtract(1, ordering: .relaxed) }

    /// What was done up to about half a second ago.
    package var statistics: Statistics { snapshot.withLock { $0 } }

    /// Starts the thread.
    ///
    /// - Throws: ``TransportError``.
    package func run() throws(TransportError) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                let loop = Unmanaged<MediaLoop>.fromOpaque(raw).takeRetainedValue()
                loop.crank()
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            throw TransportError("the media loop's thread cannot be started (errno \(status))")
        }
        pthread_detach(thread)
    }

    /// Ends the thread; ``outputs`` ends with it.
    package func stop() {
        isStopping.store(true, ordering: .relaxed)
        inbox.wake()
    }

    private func crank() {
        guard let start = start.withLock({ $0.take() }) else { return }
        guard
            var crank = Crank(
                sockets: start.sockets, switchboard: start.switchboard, inbox: inbox.descriptor, send: start.send)
        else {
            continuation.finish()
            return
        }
        let isRealTime = start.configuration.priority.map(MediaLoop.becomeRealTime) ?? false
        var inputs: [SwitchboardInput] = []
        var reported = MonotonicClock.now
        crank.lateness = TickLateness(limit: start.configuration.latenessLimit)
        var load = ThreadLoad(limit: start.configuration.loadLimit)
        while !isStopping.load(ordering: .relaxed) {
            let hasInputs = crank.wait(self)
            let now = MonotonicClock.now
            if load.isDue(at: now) { load.note(threadTime: MonotonicClock.threadTime, at: now) }
            let isBehind = backlog.load(ordering: .relaxed) > start.configuration.outputLimit / 2
            crank.isFull = isBehind || refusesCalls || crank.lateness.isTooMuch || load.isTooMuch
            if hasInputs {
                inbox.take(into: &inputs)
                for input in inputs {
                    crank.receive(input, self)
                    // However many have come, no tick waits for more than one of them.
                    crank.tickIfDue(self)
                }
                inputs.removeAll(keepingCapacity: true)
            }
            crank.tick(self)
            if now - reported > .milliseconds(500) {
                reported = now
                var statistics = crank.statistics
                statistics.isRealTime = isRealTime
                statistics.lateness = crank.lateness.mean
                statistics.isLate = crank.lateness.isTooMuch
                statistics.load = load.share
                statistics.isBusy = load.isTooMuch
                statistics.cpuTime = MonotonicClock.threadTime
                statistics.droppedMessages = inbox.dropped
                snapshot.withLock { $0 = statistics }
            }
        }
        crank.tell(self)
        continuation.finish()
    }

    fileprivate func yield(_ batch: [SwitchboardOutput]) {
        backlog.add(batch.count, ordering: .relaxed)
        continuation.yield(batch)
    }

    private static func becomeRealTime(_ priority: Int32) -> Bool {
        var parameters = sched_param()
        parameters.sched_priority = priority
        return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters) == 0
    }
}

/// The loop's thread: everything that it owns.
private struct Crank: ~Copyable {
    private var sockets: MediaSockets
    private var switchboard: Switchboard
    private let send: @Sendable (OutgoingMessage) -> Void
    /// What is waited for.
    private let epoll: Int32
    /// The sockets of RTCP, which are only asked what has come.
    private let reports: Int32
    private let timer: Int32
    private var armed: Instant?
    private let events: UnsafeMutableBufferPointer<epoll_event>
    private var arrivals = DatagramRoom()
    /// Facts and the like that wait to be told together, and since when.
    private var untold: [SwitchboardOutput] = []
    private var untoldSince = Instant.zero
    /// The turns that are due, and where media may have come for them.
    private var turns: [Turn] = []
    private var due: [Port] = []
    private var outgoing = DatagramQueue()
    /// Whether one datagram came for the last tick, and no other, by the number of the port.
    private var cameAlone: [Bool]
    private let room: UnsafeMutableRawBufferPointer
    private var packetsIn: Int64 = 0
    private var packetsOut: Int64 = 0
    private var unsent: Int64 = 0
    private var lost: Int64 = 0
    /// What each socket had lost before it was opened for the call that it has.
    private var lostBefore: [UInt32]
    var lateness = TickLateness(limit: nil)

    private static let timerTag = UInt64.max
    private static let inboxTag = UInt64.max - 1
    private static let eventsAtOnce = 256
    private static let longestDatagram = 4_096
    /// For so long a fact waits for others. Requests wait for nothing.
    private static let longestUntold = tickDuration
    /// So many sockets before its own a call is fetched, and what its leg holds.
    private static let callsAhead = 4
    private static let legsAhead = 2
    /// Datagrams that are taken from a socket at a tick: no flood keeps the ticks waiting.
    private static let mostAtOnce = 512
    /// What came longer ago than this did so by a clock that was set.
    private static let longestWait = Interval.seconds(1)

    var isFull: Bool {
        get { switchboard.isFull }
        set { switchboard.isFull = newValue }
    }

    init?(
        sockets: consuming MediaSockets, switchboard configuration: SwitchboardConfiguration, inbox: Int32,
        send: @escaping @Sendable (OutgoingMessage) -> Void
    ) {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        let reports = epoll_create1(Int32(EPOLL_CLOEXEC))
        let timer = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
        lostBefore = [UInt32](repeating: 0, count: sockets.count)
        cameAlone = [Bool](repeating: false, count: sockets.count)
        self.sockets = sockets
        switchboard = Switchboard(configuration)
        self.send = send
        self.epoll = epoll
        self.timer = timer
        self.reports = reports
        events = .allocate(capacity: Crank.eventsAtOnce)
        room = .allocate(byteCount: Crank.longestDatagram, alignment: 16)
        guard epoll >= 0, reports >= 0, timer >= 0 else { return nil }
        // Armed anew before each wait, so it need not be read.
        watch(timer, Crank.timerTag, EPOLLIN.rawValue | EPOLLET.rawValue, by: epoll)
        watch(inbox, Crank.inboxTag, EPOLLIN.rawValue, by: epoll)
    }

    deinit {
        events.deallocate()
        room.deallocate()
        if epoll >= 0 { close(epoll) }
        if reports >= 0 { close(reports) }
        if timer >= 0 { close(timer) }
    }

    var statistics: MediaLoop.Statistics {
        var statistics = MediaLoop.Statistics()
        statistics.packetsIn = packetsIn
        statistics.packetsOut = packetsOut
        statistics.unsent = unsent
        statistics.lost = lost
        statistics.calls = switchboard.callCount
        statistics.refusedCalls = switchboard.refusedCalls
        statistics.refusals = switchboard.refusals
        return statistics
    }

    private func watch(_ descriptor: Int32, _ tag: UInt64, _ interest: UInt32, by epoll: Int32) {
        var event = epoll_event(events: interest, data: epoll_data(u64: tag))
        _ = epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }

    /// Waits for inputs or the next deadline.
    ///
    /// - Returns: whether there are inputs.
    mutating func wait(_ loop: MediaLoop) -> Bool {
        arm()
        if !untold.isEmpty, armed.map({ $0 - untoldSince > Crank.longestUntold }) ?? true { tell(loop) }
        let count = epoll_wait(epoll, events.baseAddress, 2, -1)
        var hasInputs = false
        for index in 0..<Int(max(0, count)) where events[index].data.u64 == Crank.inboxTag { hasInputs = true }
        return hasInputs
    }

    /// Runs the calls whose tick is due, a few at a time: takes the media that has come for them, has them heard, led and
    /// answered, and sends what they say, while their state is near. Then takes the reports that have come for any.
    private mutating func runTurns(at now: Instant) {
        let offset = MonotonicClock.offsetFromWall
        turns.removeAll(keepingCapacity: true)
        due.removeAll(keepingCapacity: true)
        switchboard.addDueTurns(at: now, to: &turns, ports: &due)
        for index in 0..<min(Crank.callsAhead, due.count) { fetchCall(index) }
        var index = 0
        for turn in 0..<turns.count {
            for _ in 0..<turns[turn].portCount {
                // The kernel's work on this socket is the time in which the state of the next calls comes.
                fetchCall(index + Crank.callsAhead)
                fetchLeg(index + Crank.legsAhead)
                receive(on: Int(due[index].rawValue), at: now, offset)
                index += 1
            }
            switchboard.run(turns[turn])
            sendAll()
        }
        let count = Int(epoll_wait(reports, events.baseAddress, Int32(Crank.eventsAtOnce), 0))
        for index in 0..<max(0, count) {
            receive(on: Int(truncatingIfNeeded: events[index].data.u64), at: now, offset)
        }
    }

    private mutating func fetchCall(_ index: Int) {
        guard index < due.count else { return }
        switchboard.forEachPart(ofCallAt: due[index]) { parley_fetch($0, $1) }
    }

    private mutating func fetchLeg(_ index: Int) {
        guard index < due.count else { return }
        switchboard.forEachPart(ofLegAt: due[index]) { parley_fetch($0, $1) }
    }

    /// Sets the timer to the switchboard's deadline, when that has changed.
    private mutating func arm() {
        let deadline = switchboard.deadline
        guard deadline != armed else { return }
        armed = deadline
        var setting = itimerspec()
        if let deadline {
            let nanoseconds = max(1, deadline.nanoseconds)
            setting.it_value = timespec(
                tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        }
        timerfd_settime(timer, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    }

    private mutating func receive(on port: Int, at now: Instant, _ offset: Interval) {
        guard port >= 0, port < sockets.count else { return }
        var taken = 0
        while taken < Crank.mostAtOnce, let arrival = arrivals.receive(from: sockets.descriptor(port)) {
            let noted = Instant(nanoseconds: arrival.wallNanoseconds &+ offset.nanoseconds)
            let time = noted <= now && noted > now - Crank.longestWait ? noted : now
            switchboard.receive(
                datagram: Span(_unsafeBytes: arrival.octets), on: Port(Int32(truncatingIfNeeded: port)),
                from: arrival.source, at: time)
            packetsIn &+= 1
            taken += 1
            // To ask in vain costs a third of a datagram. Where one comes a tick there is no second as long as the first
            // has not waited for longer than a tick; if there is one all the same it has not waited for long when the
            // next tick takes it.
            if taken == 1, cameAlone[port], now - time < tickDuration { return }
        }
        cameAlone[port] = taken == 1
    }

    mutating func receive(_ input: SwitchboardInput, _ loop: MediaLoop) {
        switchboard.receive(input, at: MonotonicClock.now)
        drain(loop)
    }

    /// Runs what is due, between two of many inputs.
    mutating func tickIfDue(_ loop: MediaLoop) {
        if let due = switchboard.deadline, due <= MonotonicClock.now { tick(loop) }
    }

    /// Runs what is due.
    mutating func tick(_ loop: MediaLoop) {
        if let due = switchboard.deadline {
            let now = MonotonicClock.now
            if due <= now {
                // A timer that has fired is set again even for the same moment.
                armed = nil
                lateness.note(due: due, at: now)
                runTurns(at: now)
                switchboard.advance(to: now)
            }
        }
        drain(loop)
    }

    /// Takes all that the switchboard has to give.
    private mutating func drain(_ loop: MediaLoop) {
        sendAll()
        var isUrgent = false
        while let output = switchboard.poll() {
            switch output {
            case .signal(let message): send(message)
            case .opened(let port): open(Int(port.rawValue))
            case .moved(let port): sockets.unsettle(Int(port.rawValue))
            case .closed(let port): shut(Int(port.rawValue))
            default: isUrgent = keep(output) || isUrgent
            }
        }
        if isUrgent { tell(loop) }
    }

    /// Sends all datagrams that wait.
    private mutating func sendAll() {
        switchboard.swapDatagrams(&outgoing)
        for index in 0..<outgoing.count {
            let datagram = outgoing[index]
            let port = Int(datagram.port.rawValue)
            if datagram.isSolePeer { sockets.settle(port, on: datagram.destination) }
            let isSent = outgoing.withOctets(of: index) { sockets.send($0, to: datagram.destination, on: port) }
            if isSent { packetsOut &+= 1 } else { unsent &+= 1 }
        }
        outgoing.removeAll()
        switchboard.swapDatagrams(&outgoing)
    }

    /// Keeps an output to be told with others; says whether it cannot wait.
    private mutating func keep(_ output: SwitchboardOutput) -> Bool {
        if untold.isEmpty { untoldSince = MonotonicClock.now }
        untold.append(output)
        switch output {
        case .fact, .recorded, .line: return false
        default: return true
        }
    }

    /// Hands over what waits to be told.
    mutating func tell(_ loop: MediaLoop) {
        guard !untold.isEmpty else { return }
        loop.yield(untold)
        untold = []
    }

    private mutating func open(_ port: Int) {
        guard port >= 0, port < sockets.count else { return }
        sockets.drain(port, room)
        lostBefore[port] = SocketMemory(of: sockets.descriptor(port)).lost
        // RTCP has the odd ports.
        if !port.isMultiple(of: 2) { watch(sockets.descriptor(port), UInt64(port), EPOLLIN.rawValue, by: reports) }
    }

    private mutating func shut(_ port: Int) {
        guard port >= 0, port < sockets.count else { return }
        sockets.unsettle(port)
        if !port.isMultiple(of: 2) { _ = epoll_ctl(reports, EPOLL_CTL_DEL, sockets.descriptor(port), nil) }
        lost &+= Int64(SocketMemory(of: sockets.descriptor(port)).lost &- lostBefore[port])
        sockets.drain(port, room)
    }
}

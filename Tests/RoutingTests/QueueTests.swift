import Routing
import Telephony
import Testing

@Suite("Queues")
struct QueueTests {
    private static func desk(_ queues: [QueueProfile], agents: [AgentProfile] = [], wall: WallTime? = nil) -> Desk {
        Desk(Directory(agents: agents, queues: queues, at: .zero, wall: wall))
    }

    private static func queue(_ id: QueueID, _ change: (inout QueueProfile) -> Void = { _ in }) -> QueueProfile {
        var profile = QueueProfile(id: id, name: id.rawValue)
        change(&profile)
        return profile
    }

    private static func agent(_ id: AgentID, _ queues: [QueueID]) -> AgentProfile {
        AgentProfile(id: id, name: id.rawValue, address: .uri("sip:\(id)@example.com"), queues: queues)
    }

    @Test("the waiting are told their place and hear comfort messages as often as the queue says")
    func messages() {
        let queue = Self.queue("q") {
            $0.announcements = WaitAnnouncements(saysWait: false, after: .seconds(5), every: .seconds(30))
            $0.comfort = [ComfortMessage(prompt: "soon", after: .seconds(10), every: .seconds(20))]
        }
        var desk = Self.desk([queue])
        desk.join("1", "q", at: 0)
        desk.join("2", "q", at: 1)
        desk.crank(to: 40)
        let places = desk.outputs.compactMap { if case .announce("2", "q", let place, nil) = $0 { place } else { nil } }
        let comforts = desk.outputs.count { if case .comfort("2", prompt: "soon") = $0 { true } else { false } }
        #expect(places == [2, 2])
        #expect(comforts == 2)
        desk.end("1", at: 41)
        desk.end("2", at: 42)
        #expect(desk.directory.isQuiet)
        let deadline = desk.directory.deadline
        #expect(deadline == nil)
    }

    @Test("after its time a call goes where the rules say, one rule after another")
    func overflowByTime() {
        let first = Self.queue("first") {
            $0.overflow = [
                OverflowRule(when: .waited(.seconds(10)), goTo: .callBackOffer),
                OverflowRule(when: .waited(.seconds(20)), goTo: .queue("second")),
            ]
        }
        let second = Self.queue("second") {
            $0.overflow = [
                OverflowRule(when: .waited(.seconds(5)), goTo: .queue("first")),
                OverflowRule(when: .waited(.seconds(30)), goTo: .voicemail),
            ]
        }
        var desk = Self.desk([first, second])
        desk.join("1", "first", at: 0)
        desk.crank(to: 15)
        #expect(desk.outputs == [.offerCallBack("1", queue: "first")])
        desk.crank(to: 49)
        #expect(desk.outputs.last == .moved("1", from: "first", to: "second"))
        #expect(desk.directory.length(of: "second") == 1)
        desk.crank(to: 50)
        #expect(desk.outputs.last == .overflow("1", queue: "second", .voicemail, .waited(.seconds(30))))
        #expect(desk.directory.isQuiet)
    }

    @Test("a call that rings is not sent away until the agent has not answered")
    func overflowWhileRinging() {
        let queue = Self.queue("q") { $0.overflow = [OverflowRule(when: .waited(.seconds(10)), goTo: .dialog)] }
        var desk = Self.desk([queue], agents: [Self.agent("ada", ["q"])])
        desk.join("1", "q", at: 0)
        desk.crank(to: 19)
        #expect(desk.ringing("ada") == "1")
        desk.crank(to: 20)
        #expect(desk.outputs.last == .overflow("1", queue: "q", .dialog, .waited(.seconds(10))))
    }

    @Test("a moved call keeps its time, and takes the other queue's priority unless it has its own")
    func movedPlace() {
        let first = Self.queue("first") {
            $0.overflow = [OverflowRule(when: .waited(.seconds(10)), goTo: .queue("second"))]
        }
        let second = Self.queue("second") { $0.priority = 3 }
        var desk = Self.desk([first, second])
        desk.join("moves", "first", at: 0)
        desk.join("own", "first", priority: 1, at: 0)
        desk.join("there", "second", at: 5)
        desk.crank(to: 10)
        #expect(desk.directory.waitingCalls == ["moves", "there", "own"])
    }

    @Test("joining: a queue that is long, closed, full or without agents sends on or refuses")
    func joining() {
        let long = Self.queue("long") {
            $0.overflow = [OverflowRule(when: .length(1), goTo: .queue("full"))]
        }
        let full = Self.queue("full") { $0.maximumLength = 1 }
        let closed = Self.queue("closed") { $0.hours = WeeklyHours(weekdays: 1...5, from: 540, to: 1_020) }
        let night = Self.queue("night") {
            $0.hours = WeeklyHours([])
            $0.overflow = [OverflowRule(when: .closed, goTo: .voicemail)]
        }
        let empty = Self.queue("empty") {
            $0.overflow = [OverflowRule(when: .nobodyOnDuty, goTo: .number("+442079460000"))]
        }
        // A Sunday.
        var desk = Self.desk([long, full, closed, night, empty], wall: WallTime("2026-03-01T12:00:00Z"))
        let cases: [(CallID, QueueID, QueueAdmission)] = [
            ("1", "long", .queued("long", position: 1)),
            ("1", "long", .refused(.callIsKnown)),
            ("2", "long", .queued("full", position: 1)),
            ("3", "long", .refused(.full)),
            ("4", "closed", .refused(.closed)),
            ("5", "night", .overflow(.voicemail, .closed)),
            ("6", "empty", .overflow(.number("+442079460000"), .nobodyOnDuty)),
            ("7", "none", .refused(.unknownQueue("none"))),
        ]
        for (call, queue, expected) in cases {
            let admission = desk.join(call, queue, at: 1)
            #expect(admission == expected, "\(call) into \(queue)")
        }
    }

    // MARK: - Call-backs

    private static func callBackDesk(_ change: (inout CallBackTerms) -> Void = { _ in }) -> (Desk, CallBackID?) {
        var profile = queue("q")
        change(&profile.callBack)
        var desk = desk([profile], agents: [agent("ada", ["q"])])
        desk.join("talks", "q", at: 0)
        desk.answer("talks", at: 1)
        desk.join("wants", "q", at: 2)
        desk.join("later", "q", at: 3)
        let id = desk.directory.acceptCallBack("wants", number: "+442079460001", at: desk.time(4))
        desk.end("wants", at: 5)
        return (desk, id)
    }

    private static func attempts(_ desk: Desk) -> [Int] {
        desk.outputs.compactMap { if case .callBack(let attempt) = $0 { attempt.attempt } else { nil } }
    }

    @Test("who asked to be called back keeps the place, and the agent is kept until the caller answers")
    func callBack() throws {
        var (desk, id) = Self.callBackDesk()
        let callBack = try #require(id)
        desk.end("talks", at: 10)
        #expect(desk.directory.state(of: "ada") == .reserved(callBack))
        #expect(Self.attempts(desk) == [1])
        let stood = desk.directory.callBackAnswered(callBack, as: "back", at: desk.time(12))
        desk.drain()
        #expect(stood)
        #expect(desk.offered("back") == "ada")
        desk.answer("back", at: 13)
        desk.end("back", at: 14)
        #expect(desk.offered("later") == "ada")
    }

    @Test("a caller who does not answer is tried again later; then it is over")
    func callBackAttempts() throws {
        var (desk, id) = Self.callBackDesk {
            $0.attempts = 2
            $0.pause = .seconds(60)
        }
        let callBack = try #require(id)
        desk.end("talks", at: 10)
        desk.crank(to: 40)
        #expect(desk.offered("later") == "ada")
        desk.answer("later", at: 41)
        desk.end("later", at: 50)
        desk.crank(to: 99)
        #expect(Self.attempts(desk) == [1])
        desk.crank(to: 100)
        #expect(Self.attempts(desk) == [1, 2])
        desk.directory.callBackFailed(callBack, at: desk.time(101))
        desk.drain()
        #expect(desk.outputs.contains(.callBackEnded(callBack, origin: "wants", .notReached)))
        #expect(desk.directory.isQuiet)
        let deadline = desk.directory.deadline
        #expect(deadline == nil)
    }

    @Test("a call-back expires, and can be cancelled")
    func callBackEnds() throws {
        var (desk, id) = Self.callBackDesk { $0.expiry = .seconds(30) }
        let callBack = try #require(id)
        desk.crank(to: 32)
        #expect(desk.outputs.contains(.callBackEnded(callBack, origin: "wants", .expired)))
        var (other, second) = Self.callBackDesk()
        let cancelled = try #require(second)
        other.directory.cancelCallBack(cancelled, at: other.time(6))
        other.drain()
        #expect(other.outputs.contains(.callBackEnded(cancelled, origin: "wants", .cancelled)))
    }

    @Test("an agent who goes away while the caller is dialled does not cost the caller an attempt")
    func callBackAgentAway() throws {
        var (desk, id) = Self.callBackDesk()
        let callBack = try #require(id)
        desk.end("talks", at: 10)
        desk.directory.setAway("ada", reason: "lunch", at: desk.time(11))
        desk.drain()
        #expect(desk.outputs.contains(.withdrawCallBack(callBack, agent: "ada")))
        desk.directory.setAvailable("ada", at: desk.time(12))
        desk.drain()
        #expect(Self.attempts(desk) == [1, 1])
    }
}

import CallControl
import CallFlow
import Distribution
import Routing
import SIP
import Telephony
import Testing

/// Who is dialled for a call that asks for an agent, what it hears meanwhile, and what becomes of the agents.
@Suite
struct CallDistributorTests {
    @Test("A free agent is dialled at once, is told what it is about, and is free again after the call")
    func freeAgent() throws {
        var floor = Floor.billing()
        floor.seek("c1", message: "account verified")
        #expect(floor.told["c1"] == ["dial +15550101"])
        let plan = try #require(floor.plans["c1"]?.first)
        #expect(plan.whisper.map { "\($0)" }?.contains("Billing. account verified") == true)
        #expect(plan.ringback == .farEnd)
        floor.answered("c1")
        #expect(floor.states["ada"] == .talking("c1"))
        floor.ended("c1", .hungUp)
        floor.callEnded("c1")
        #expect(floor.states["ada"]?.isAvailable == true)
        #expect(floor.distributor.isQuiet)
    }

    @Test("Who finds nobody free waits with music, hears place and wait, and gets the first who is free")
    func waiting() {
        var floor = Floor.billing { $0.agents.removeLast() }
        floor.seek("c1")
        floor.answered("c1")
        floor.seek("c2")
        floor.seek("c3")
        #expect(floor.told["c2"] == ["wait billing 1 with music"])
        #expect(floor.told["c3"] == ["wait billing 2 with music"])
        floor.wait(11)
        #expect(floor.told["c3"]?.last?.hasPrefix("say You are number 2 in line. The wait is about ") == true)
        floor.ended("c1", .hungUp)
        #expect(floor.told["c2"]?.last == "dial +15550101")
        #expect(floor.plans["c2"]?.first?.ringback == .music(.serviceFile(path: "music.wav")))
    }

    @Test("An agent who does not answer is away, and the call goes to the next with its place")
    func noAnswer() {
        var floor = Floor.billing()
        floor.seek("c1")
        floor.wait(21)
        #expect(floor.told["c1"] == ["dial +15550101", "withdraw: noAnswer", "dial sip:ben@example.com"])
        floor.leg(of: "c1") { _ in .legEnded(LegEnded(leg: LegID(1), reason: .released, cause: 16)) }
        #expect(floor.states["ada"] == .away(.noAnswer, until: nil))
        floor.answered("c1")
        #expect(floor.states["ben"] == .talking("c1"))
    }

    @Test(
        "An agent who cannot take the call rests, and the call goes to the next or waits",
        arguments: [LegEndReason.busy, .refused, .failed, .notAllowed])
    func unable(reason: LegEndReason) {
        var floor = Floor.billing { $0.agents.removeLast() }
        floor.seek("c1")
        floor.ended("c1", reason)
        #expect(floor.told["c1"] == ["dial +15550101", "wait billing 1 with music"])
        #expect(floor.states["ada"]?.isAvailable == false)
        floor.wait(31)
        #expect(floor.told["c1"]?.contains("dial +15550101") == true)
        #expect(floor.plans["c1"]?.count == 2)
    }

    @Test("An agent who answers as the call is taken back has the call, and nobody else is called for it")
    func answerCrossesWithdrawal() {
        var floor = Floor.billing()
        floor.seek("c1")
        let first = LegID(1)
        floor.wait(20)
        #expect(floor.told["c1"]?.suffix(2) == ["withdraw: noAnswer", "dial sip:ben@example.com"])
        floor.leg(of: "c1") { _ in .legAnswered(LegAnswered(leg: first, codec: "PCMU")) }
        #expect(floor.states["ada"] == .talking("c1"))
        #expect(floor.states["ben"]?.isAvailable == true)
        floor.leg(of: "c1") { _ in .legEnded(LegEnded(leg: first, reason: .hungUp, cause: 16)) }
        floor.callEnded("c1")
        #expect(floor.distributor.isQuiet)
    }

    @Test(
        "An agent who answers and leaves in the whisper does not cost the caller the place in the queue",
        arguments: [0, 5])
    func goneInWhisper(wrapUp: Int64) {
        var floor = Floor.billing { configuration in
            configuration.agents.removeLast()
            configuration.queues[0].announcements = nil
            configuration.queues[0].wrapUp = .seconds(wrapUp)
        }
        floor.seek("first")
        floor.wait(5)
        floor.seek("second")
        floor.answered("first", isWhispered: true)
        floor.leavesInWhisper("first")
        #expect(
            floor.told["first"] == ["dial +15550101", wrapUp == 0 ? "dial +15550101" : "wait billing 1 with music"])
        floor.wait(6)
        #expect(floor.told["first"]?.last == "dial +15550101")
        #expect(floor.told["second"] == ["wait billing 2 with music"])
        floor.answered("first")
        floor.callEnded("first")
        floor.callEnded("second")
        #expect(floor.distributor.isQuiet)
    }

    @Test("A caller who is gone leaves no agent busy, whatever rang or was spoken", arguments: [0, 1, 2])
    func callerGone(stage: Int) {
        var floor = Floor.billing()
        floor.seek("c1")
        if stage == 1 { floor.answered("c1") }
        if stage == 2 { floor.ended("c1", .busy) }
        floor.ended("c1", .released)
        floor.callEnded("c1")
        #expect(floor.distributor.isQuiet)
        #expect(floor.states["ben"]?.isAvailable != false)
    }

    @Test("A queue's rules send who waits too long, and who finds too many, where they say")
    func overflow() {
        var floor = Floor.billing {
            $0.agents = []
            $0.queues[0].overflow = [
                OverflowRule(when: .length(2), goTo: .number("+15550900")),
                OverflowRule(when: .waited(.seconds(60)), goTo: .dialog),
            ]
        }
        floor.seek("c1")
        floor.seek("c2")
        floor.seek("c3")
        #expect(floor.told["c3"] == ["dial +15550900"])
        floor.ended("c3", .busy)
        #expect(floor.told["c3"]?.last == "over: busy")
        floor.wait(61)
        #expect(floor.told["c1"]?.last == "over: noAnswer")
        #expect(floor.told["c2"]?.last == "over: noAnswer")
        #expect(floor.distributor.isQuiet)
    }

    @Test(
        "A queue's rule sends who waits too long to leave a message, which needs recordings", arguments: [true, false])
    func voicemail(isRecorded: Bool) {
        var floor = Floor.billing {
            $0.agents.removeAll()
            $0.queues[0].overflow = [OverflowRule(when: .waited(.seconds(60)), goTo: .voicemail)]
            $0.keepsRecordings = isRecorded
        }
        floor.seek("c1")
        floor.wait(61)
        #expect(floor.told["c1"]?.last == (isRecorded ? "voicemail billing" : "over: failed"))
        floor.callEnded("c1")
        #expect(floor.distributor.isQuiet)
    }

    @Test("A dialog's wish for a queue, skills and priority holds; an unknown queue comes to nothing")
    func wishes() {
        var floor = Floor.billing {
            $0.agents[1].skills = [Skill("german", level: 5)]
        }
        floor.seek("c1", queue: QueueWish(skills: ["german"]))
        #expect(floor.told["c1"] == ["dial sip:ben@example.com"])
        floor.seek("c2", queue: QueueWish(name: "nobody"))
        #expect(floor.told["c2"] == ["over: failed"])
        floor.seek("c3", queue: QueueWish(priority: 0))
        floor.seek("c4", queue: QueueWish(priority: 0))
        floor.seek("c5", queue: QueueWish(priority: 9))
        #expect(floor.told["c4"] == ["wait billing 3 with music"])
        #expect(floor.told["c5"] == ["wait billing 1 with music"])
    }

    @Test("A phone is called where it registered, and not at all once it is gone")
    func phones() throws {
        var floor = Floor.billing {
            $0.agents = [AgentProfile(id: "ada", name: "Ada", address: .registered("ada@pbx"), queues: ["billing"])]
        }
        floor.seek("c1")
        #expect(floor.told["c1"] == ["wait billing 1 with music"])
        let contact = PhoneContact(
            uri: try #require(AnyURI("sip:ada@192.0.2.9:5070")),
            hop: Hop(.udp, TransportAddress(ipv4: 0xC000_0209, port: 5_070)))
        floor.phone("ada@pbx", [contact])
        #expect(floor.told["c1"]?.last == "dial sip:ada@pbx")
        #expect(floor.plans["c1"]?.last?.contact == contact)
        floor.phone("ada@pbx", [])
        #expect(floor.told["c1"]?.last == "withdraw")
        #expect(floor.states["ada"] == .away(.unregistered, until: nil))
    }

    @Test("An agent who says away gets no call until ready again")
    func away() {
        var floor = Floor.billing { $0.agents.removeLast() }
        let isKnown = (ada: floor.setAway("ada", "lunch"), eve: floor.setAway("eve", nil))
        #expect(isKnown == (true, false))
        floor.seek("c1")
        #expect(floor.told["c1"] == ["wait billing 1 with music"])
        _ = floor.setAway("ada", nil)
        #expect(floor.told["c1"]?.last == "dial +15550101")
    }

    // MARK: - Experts

    private static func withExperts() -> Floor {
        Floor.billing {
            $0.experts = [
                ExpertProfile(
                    id: "eva", name: "Eva Ek", skills: [Skill("meters", level: 7)], address: .uri("+15550201")),
                ExpertProfile(
                    id: "max", name: "Max Ma", skills: [Skill("meters", level: 3)], address: .uri("+15550202")),
                ExpertProfile(id: "mia", name: "Mia Mo", address: .registered("mia@pbx")),
            ]
        }
    }

    @Test("A number that may not be called is refused before anybody has left for it")
    func numberNotAllowed() {
        var floor = Floor.billing { $0.outbound = CallDistributorTests.rules }
        #expect(floor.invite("+15550999", to: "c1") == "+15550999")
        #expect(
            floor.invite("+4999", to: "c1") == "'+4999' may not be called; outbound.allowed has nothing that fits it")
    }

    static var rules: OutboundRules {
        var rules = OutboundRules()
        rules.allowed = ["+1555*"].compactMap { TargetPattern($0) }
        rules.trunks = [OutboundTrunk(name: "t", numberShown: "+15550199")]
        return rules
    }

    @Test("Hours follow the clock on the wall when it is changed")
    func clockChanged() throws {
        var configuration = DistributionConfiguration()
        var queue = QueueProfile(id: "billing", name: "Billing")
        queue.hours = WeeklyHours(weekdays: 1...7, from: 480, to: 1_080, offsetInMinutes: 60)
        configuration.queues = [queue]
        // 06:30 in Greenwich, 07:30 by the clock before it is put forward, 08:30 after that.
        let wall = try #require(WallTime("2026-03-29T06:30:00Z"))
        var distributor = CallDistributor(configuration, at: .zero, wall: wall)
        func told(_ call: CallID) -> String {
            var transfer = TransferRequest(
                kind: .agent, target: .open(""), messageToAgent: .open(""), variables: [], userToUser: nil, headers: [],
                dtmfSequence: "")
            transfer.queue = QueueWish(name: "billing")
            distributor.seek(call, RequestID(1), transfer, at: .zero)
            while let output = distributor.poll() {
                switch output {
                case .reply(_, _, .transferEnded(let outcome)): return outcome.rawValue
                case .reply(_, _, .routed(.wait)): return "waits"
                default: continue
                }
            }
            return ""
        }
        #expect(told("a") == "refused")
        distributor.useTime(minutesEastOfGreenwich: 120, at: .zero)
        #expect(told("b") == "waits")
    }

    @Test("An expert is found by name or by skill, the better first, and is busy until the leg is gone")
    func experts() {
        var floor = CallDistributorTests.withExperts()
        #expect(floor.invite("skill:meters", to: "c1") == "+15550201")
        #expect(floor.invite("skill:meters", to: "c2") == "+15550202")
        #expect(floor.invite("skill:meters", to: "c3") == "nobody who knows 'meters' is free")
        #expect(floor.invite("eva", to: "c3") == "Eva Ek is busy")
        #expect(floor.invite("skill:", to: "c3").hasPrefix("nobody who knows '' is free"))
        floor.ended("c1", .hungUp)
        #expect(floor.invite("Ek", to: "c3") == "+15550201")
        #expect(floor.invite("mia", to: "c3") == "the phone of Mia Mo is not registered")
        #expect(floor.invite("nobody", to: "c3") == "'nobody' is no expert, agent, number or SIP URI")
        #expect(floor.invite("+15550999", to: "c3") == "+15550999")
        floor.callEnded("c2")
        floor.callEnded("c3")
        #expect(floor.invite("max", to: "c4") == "+15550202")
        floor.callEnded("c4")
        #expect(floor.distributor.isQuiet)
    }

    @Test("An expert who was invited and is not called after all is free for others at once")
    func uninvited() throws {
        var floor = CallDistributorTests.withExperts()
        try floor.inviteInVain("eva", to: "c1")
        #expect(floor.invite("eva", to: "c2") == "+15550201")
        floor.callEnded("c2")
        #expect(floor.distributor.isQuiet)
    }

    @Test("An agent who is called in by name is busy for queues until gone")
    func agentByName() {
        var floor = CallDistributorTests.withExperts()
        #expect(floor.invite("ben", to: "c1") == "sip:ben@example.com")
        floor.answered("c1")
        #expect(floor.states["ben"] == .talking("c1"))
        #expect(floor.invite("ben", to: "c2") == "Ben is not available")
        floor.ended("c1", .hungUp)
        #expect(floor.states["ben"]?.isAvailable == true)
    }

    @Test("A dialog's experts are all called at once, as far as they can be, each told the message")
    func swarm() {
        var floor = CallDistributorTests.withExperts()
        floor.seekExperts("c1", ["eva", "mia", "skill:meters"])
        #expect(floor.told["c1"] == ["dial +15550201 and +15550202"])
        #expect(floor.plans["c1"]?.allSatisfy { $0.whisper != nil && $0.role == .expert } == true)
        floor.callEnded("c1")
        #expect(floor.distributor.isQuiet)
    }

    @Test("A call for which there is neither queue nor agent comes back to the dialog")
    func nobody() {
        var floor = Floor(DistributionConfiguration())
        floor.seek("c1")
        #expect(floor.told["c1"] == ["over: failed"])
        #expect(floor.distributor.isQuiet)
    }
}

import SIP
import Telephony
import Testing

@Suite("What two user agents do on a call")
struct DialogTests {
    /// A call that is up, over a network.
    private static func established(
        seed: UInt64 = 1, network: Rig.Network = Rig.Network(),
        profile: PeerProfile = PeerProfile(name: "callee", allowsRefer: true),
        configure: (inout UserAgentConfiguration, Rig.Side) -> Void = { _, _ in }
    ) throws -> (rig: Rig, caller: SIPCallHandle, callee: SIPCallHandle) {
        var rig = Rig(
            seed: seed, network: network, profiles: [profile, PeerProfile(name: "caller", allowsRefer: true)],
            configure: configure)
        let caller = rig.call(peer: profile)
        rig.run(for: .seconds(40))
        guard let callee = rig.incoming, rig.story(.caller).last == "answered PCMU" else { throw Bench.NoCall() }
        return (rig, caller, callee)
    }

    @Test("hold and resume reach the other side, from either side", arguments: [Rig.Side.caller, .callee])
    func hold(side: Rig.Side) throws {
        var (rig, caller, callee) = try DialogTests.established()
        let other: Rig.Side = side == .caller ? .callee : .caller
        var local = Rig.local[side.rawValue]
        local.direction = .sendOnly
        rig[side].reoffer(side == .caller ? caller : callee, local: local, at: rig.now)
        rig.run(for: .seconds(2))
        #expect(rig.story(side).last == "media sendonly")
        #expect(rig.story(other).last == "media recvonly")
        rig[side].reoffer(side == .caller ? caller : callee, local: Rig.local[side.rawValue], at: rig.now)
        rig.run(for: .seconds(2))
        #expect(rig.story(side).last == "media sendrecv")
        #expect(rig.story(other).last == "media sendrecv")
    }

    @Test("re-INVITEs that cross are both settled in the end, at any loss up to 20 %", arguments: [0.0, 0.1, 0.2])
    func glare(loss: Double) throws {
        for seed in UInt64(1)...20 {
            var (rig, caller, callee) = try DialogTests.established(seed: seed)
            rig.network = Rig.Network(loss: loss, duplication: loss / 2, delay: 100)
            let first = rig[.caller].reoffer(caller, local: Rig.local[0], at: rig.now)
            let second = rig[.callee].reoffer(callee, local: Rig.local[1], at: rig.now)
            #expect(first && second)
            rig.run(for: .seconds(90))
            for side in [Rig.Side.caller, .callee] {
                #expect(rig.story(side).contains("media sendrecv"), "seed \(seed)")
                #expect(!rig.story(side).contains { $0.hasPrefix("ended") || $0.hasPrefix("reoffer") }, "seed \(seed)")
            }
            rig[.caller].hangUp(caller, at: rig.now)
            rig.run(for: .seconds(150))
            #expect(rig[.caller].callCount + rig[.callee].callCount == 0, "seed \(seed)")
        }
    }

    @Test("a transfer is referred, accepted, reported and ended")
    func refer() throws {
        var (rig, caller, callee) = try DialogTests.established()
        rig[.callee].refer(callee, to: .sip(SIPURI(user: "300", host: .name("example.com"))), at: rig.now)
        rig.run(for: .seconds(1))
        #expect(rig.story(.caller).last == "referred sip:300@example.com")
        guard case .referred(_, let refer)? = rig.events[0].last else { return #expect(Bool(false)) }
        #expect(refer.referredBy?.uri.user == "1000")
        rig[.caller].acceptRefer(caller, id: refer.id, at: rig.now)
        rig.run(for: .seconds(1))
        rig[.caller].notifyRefer(caller, id: refer.id, status: 180, at: rig.now)
        rig.run(for: .seconds(1))
        rig[.caller].notifyRefer(caller, id: refer.id, status: 200, at: rig.now)
        rig.run(for: .seconds(1))
        #expect(rig.story(.callee).suffix(3) == ["refer 100", "refer 180", "refer 200 final"])
        // The subscription is over: another report finds nothing.
        rig[.caller].notifyRefer(caller, id: refer.id, status: 486, at: rig.now)
        rig.run(for: .seconds(1))
        #expect(rig.story(.callee).last == "refer 200 final")
    }

    @Test("an attended transfer names the other call as its far end sees it")
    func attended() throws {
        var (rig, caller, callee) = try DialogTests.established()
        rig[.callee].refer(callee, to: .sip(SIPURI(user: "300", host: .ipv4(1))), replacing: callee, at: rig.now)
        rig.run(for: .seconds(1))
        guard case .referred(_, let refer)? = rig.events[0].last, let own = rig[.callee].replaces(of: callee) else {
            return #expect(Bool(false))
        }
        #expect(refer.replaces == own)
        #expect(rig[.caller].replaces(of: caller)?.toTag == own.fromTag)
        rig[.caller].rejectRefer(caller, id: refer.id, at: rig.now)
        rig.run(for: .seconds(1))
        #expect(rig.story(.callee).last == "refer 603 final")
    }

    @Test("a REFER is refused where the peer may not, and outside of a dialog")
    func refusedRefer() throws {
        var bench = Bench()
        let (_, tag) = try bench.established()
        let refer = { (to: String?, branch: String) in
            Bench.request(
                "REFER", branch: branch, callID: to == nil ? "x" : "call1", toTag: to, cseq: 2,
                headers: ["Refer-To: <sip:x@y>"])
        }
        #expect(bench.receive(refer(tag, "z9hG4bK1")).map(\.status) == [603])
        #expect(bench.receive(refer(nil, "z9hG4bK2")).map(\.status) == [403])
        #expect(bench.story == ["incoming", "established PCMU"])
    }

    @Test("a REFER that nobody decided on is refused when the call ends")
    func undecidedRefer() throws {
        var (rig, caller, callee) = try DialogTests.established()
        rig[.callee].refer(callee, to: .sip(SIPURI(user: "300", host: .ipv4(1))), at: rig.now)
        rig.run(for: .seconds(1))
        rig[.caller].hangUp(caller, at: rig.now)
        rig.run(for: .seconds(140))
        #expect(rig[.caller].transactionCount + rig[.callee].transactionCount == 0)
        #expect(rig[.caller].callCount + rig[.callee].callCount == 0)
    }

    @Test("a REFER that is reported on before anybody took it on is answered all the same", arguments: [180, 200, 486])
    func reportedBeforeTaken(status: Int) throws {
        var (rig, caller, callee) = try DialogTests.established()
        rig[.callee].refer(callee, to: .sip(SIPURI(user: "300", host: .ipv4(1))), at: rig.now)
        rig.run(for: .seconds(1))
        guard case .referred(_, let refer)? = rig.events[0].last else { throw Bench.NoCall() }
        rig[.caller].notifyRefer(caller, id: refer.id, status: status, at: rig.now)
        rig.run(for: .seconds(1))
        #expect(rig.story(.callee).last == (status < 200 ? "refer \(status)" : "refer \(status) final"))
        // What was taken on cannot be refused any more.
        rig[.caller].rejectRefer(caller, id: refer.id, at: rig.now)
        rig.run(for: .seconds(140))
        #expect(!rig.story(.callee).contains { $0.hasPrefix("refer 603") })
        #expect(rig[.caller].transactionCount + rig[.callee].transactionCount == 0)
    }

    @Test("keys by INFO reach the other side, none doubled, at 10 % loss")
    func keys() throws {
        for seed in UInt64(1)...10 {
            var (rig, caller, _) = try DialogTests.established(
                seed: seed, network: Rig.Network(loss: 0.1, duplication: 0.1, delay: 50))
            for key in "159#" {
                guard let digit = Digit(key) else { continue }
                rig[.caller].sendKey(caller, digit, at: rig.now)
                rig.run(for: .seconds(33))
            }
            #expect(
                rig.story(.callee).filter { $0.hasPrefix("digit") } == [
                    "digit 1 160", "digit 5 160", "digit 9 160", "digit # 160",
                ], "seed \(seed)")
        }
    }

    @Test("session timers keep a call up for hours and end it when the far end is gone")
    func sessionTimers() throws {
        var (rig, _, _) = try DialogTests.established(configure: { configuration, _ in
            configuration.sessionInterval = 90
        })
        rig.run(for: .seconds(7_200))
        #expect(!rig.story(.caller).contains { $0.hasPrefix("ended") })
        rig.isCut = [true, true]
        rig.run(for: .seconds(300))
        #expect(rig.story(.caller).last?.hasPrefix("ended") == true)
        #expect(rig.story(.callee).last?.hasPrefix("ended") == true)
        #expect(rig[.caller].callCount + rig[.callee].callCount == 0)
    }

    @Test("a CANCEL that races the answer leaves no call on either side, whoever wins")
    func cancelRaces() {
        for seed in UInt64(1)...100 {
            var rig = Rig(seed: seed, network: Rig.Network(loss: 0.1, duplication: 0.1, delay: 150))
            let handle = rig.call()
            rig.run(for: .milliseconds(Int64(seed * 7 % 400)))
            rig[.caller].hangUp(handle, at: rig.now)
            rig.run(for: .seconds(200))
            #expect(rig[.caller].callCount + rig[.callee].callCount == 0, "seed \(seed)")
            #expect(rig[.caller].transactionCount + rig[.callee].transactionCount == 0, "seed \(seed)")
            #expect(rig.story(.caller).filter { $0.hasPrefix("ended") }.count == 1, "seed \(seed)")
            #expect(
                rig.story(.callee).filter { $0.hasPrefix("ended") }.count
                    == rig.story(.callee).filter { $0 == "incoming" }.count, "seed \(seed)")
        }
    }

    @Test("digest, PRACK and a late refusal work over a network that loses")
    func everything() {
        let server = DigestServer(realm: "callee", key: [UInt8](repeating: 3, count: 32), passwords: ["u": "p"])
        let profile = PeerProfile(
            name: "callee", credentials: DigestCredentials(username: "u", password: "p", realm: "callee"))
        for seed in UInt64(1)...30 {
            var rig = Rig(
                seed: seed, network: Rig.Network(loss: 0.1, duplication: 0.05, delay: 80),
                profiles: [profile, PeerProfile(name: "caller", authentication: server)])
            rig.calleeAnswers = false
            _ = rig.call(peer: profile)
            rig.run(for: .seconds(20))
            guard let incoming = rig.incoming else {
                #expect(Bool(false), "seed \(seed)")
                continue
            }
            rig[.callee].progress(incoming, local: Rig.local[1], at: rig.now)
            rig.run(for: .seconds(20))
            #expect(rig.story(.caller).contains("progress 183 media"), "seed \(seed)")
            rig[.callee].reject(incoming, status: 486, at: rig.now)
            rig.run(for: .seconds(60))
            #expect(rig.story(.caller).last == "ended refused(status: 486) 17", "seed \(seed)")
        }
    }
}

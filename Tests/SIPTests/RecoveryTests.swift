import Foundation
import SIP
import Telephony
import Testing

@Suite("Dialogs of a process that is gone")
struct RecoveryTests {
    private static let profile = PeerProfile(name: "callee")

    /// A call that is up, and the last that each side told of its dialog.
    private static func established(_ transport: SIPTransport = .udp) throws -> (rig: Rig, records: [SIPDialogRecord]) {
        var rig = Rig(transport: transport)
        _ = rig.call()
        rig.run(for: .seconds(2))
        var records: [SIPDialogRecord] = []
        for side in [Rig.Side.caller, .callee] { records.append(try #require(rig.record(of: side))) }
        return (rig, records)
    }

    @Test(
        "another process ends it: the far end has a BYE, and the dialog is over",
        arguments: [Rig.Side.caller, .callee], [SIPTransport.udp, .tcp])
    func ended(side: Rig.Side, transport: SIPTransport) throws {
        var (rig, records) = try RecoveryTests.established(transport)
        let stored = try JSONEncoder().encode(records[side.rawValue])
        // The process is another: it knows nothing.
        rig[side] = Rig(seed: 9, transport: transport)[side]
        rig.events[side.rawValue] = []
        let record = try JSONDecoder().decode(SIPDialogRecord.self, from: stored)
        let isUnderWay = rig[side].end(record, of: PeerProfile(name: record.peer), at: rig.now)
        #expect(isUnderWay)
        rig.run(for: .seconds(2))
        let other: Rig.Side = side == .caller ? .callee : .caller
        #expect(rig.story(other).contains("ended farEnd 41"))
        #expect(rig.events[side.rawValue].last?.isEndOfDialog == true)
        #expect(rig[side].callCount == 0)
    }

    @Test("a lost BYE is sent again, and a far end that is gone too is let go")
    func unanswered() throws {
        var (rig, records) = try RecoveryTests.established()
        rig[.callee] = Rig(seed: 9)[.callee]
        rig.isCut[Rig.Side.callee.rawValue] = true
        rig.sent[Rig.Side.callee.rawValue] = []
        let isUnderWay = rig[.callee].end(records[1], of: PeerProfile(name: "caller"), at: rig.now)
        #expect(isUnderWay)
        rig.run(for: .seconds(70))
        #expect(rig.sent[1].count { $0.method == .bye } == 11)
        #expect(rig.events[1].last?.isEndOfDialog == true)
        #expect(rig[.callee].callCount == 0)
    }

    @Test("who asks for credentials gets them, with the next number")
    func challenged() throws {
        let (_, records) = try RecoveryTests.established()
        let peer = PeerProfile(name: "callee", credentials: DigestCredentials(username: "ann", password: "s3cret"))
        var bench = Bench(peer: peer)
        let isUnderWay = bench.agent.end(records[0], of: peer, at: bench.now)
        #expect(isUnderWay)
        let bye = try #require(bench.drain().first)
        var challenge = bye.response(401, tag: nil)
        challenge.headers.append(.wwwAuthenticate, "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"")
        let again = try #require(bench.receive(challenge.octets).first)
        #expect(again.method == .bye)
        #expect(again.headers[.authorization]?.contains("username=\"ann\"") == true)
        #expect(again.cseq?.number == (bye.cseq?.number ?? 0) + 1)
        bench.receive(again.response(200, tag: nil).octets)
        #expect(bench.events.last?.isEndOfDialog == true)
    }

    @Test("what is told follows the dialog: another target, and each request that goes out")
    func followed() throws {
        var bench = Bench()
        let (handle, tag) = try bench.established()
        let first = try #require(bench.records.last)
        #expect(first.target == "sip:ann@192.0.2.1:5060" && first.cseq == 0 && !first.isOutgoing)
        bench.receive(
            Bench.request("UPDATE", branch: "z9hG4bKu", toTag: tag, cseq: 2)
                .replacingOccurrences(of: "<sip:ann@192.0.2.1:5060>", with: "<sip:ann@192.0.2.77:5062>"))
        #expect(bench.records.last?.target == "sip:ann@192.0.2.77:5062")
        bench.agent.reoffer(handle, local: Bench.local, at: bench.now)
        bench.drain()
        #expect(bench.records.last?.cseq == 1)
    }

    @Test("nothing is told of a call that was never answered")
    func neverAnswered() throws {
        var bench = Bench()
        bench.receive(Bench.request("INVITE", body: Bench.offer))
        bench.receive(Bench.request("CANCEL", cseqMethod: "CANCEL"))
        bench.run(for: .seconds(60))
        #expect(bench.records.isEmpty)
        #expect(!bench.events.contains { $0.isEndOfDialog })
    }

    @Test("dialogs that are ended for another process take nobody's place")
    func room() throws {
        let (_, records) = try RecoveryTests.established()
        var bench = Bench { $0.maximumCalls = 1 }
        let isUnderWay = bench.agent.end(records[1], of: PeerProfile(name: "trunk"), at: bench.now)
        #expect(isUnderWay)
        bench.drain()
        let answers = bench.receive(Bench.request("INVITE", body: Bench.offer))
        #expect(answers.first?.status == 100)
    }

    @Test("a record that is damaged ends nothing")
    func damaged() throws {
        let (_, records) = try RecoveryTests.established()
        var bench = Bench()
        let damages: [(inout SIPDialogRecord) -> Void] = [
            { $0.target = "nowhere" }, { $0.local = "<" }, { $0.remote = "" }, { $0.transport = "carrier pigeon" },
            { $0.host = "somewhere" }, { $0.routes = ["<sip:"] },
        ]
        for damage in damages {
            var record = records[0]
            damage(&record)
            let isUnderWay = bench.agent.end(record, of: RecoveryTests.profile, at: bench.now)
            #expect(!isUnderWay)
        }
        #expect(bench.drain().isEmpty)
    }
}

extension Rig {
    fileprivate func record(of side: Side) -> SIPDialogRecord? {
        for event in events[side.rawValue].reversed() {
            if case .dialogChanged(_, let record) = event { return record }
        }
        return nil
    }
}

extension Bench {
    fileprivate var records: [SIPDialogRecord] {
        events.compactMap { if case .dialogChanged(_, let record) = $0 { record } else { nil } }
    }
}

extension UserAgentEvent {
    fileprivate var isEndOfDialog: Bool { if case .dialogOver = self { true } else { false } }
}

import SIP
import Telephony
import Testing

@Suite("Calls between two user agents")
struct CallTests {
    @Test("a call is set up, and hung up by either side", arguments: SIPTransport.allCases, [true, false])
    func callAndHangUp(transport: SIPTransport, callerHangsUp: Bool) {
        var rig = Rig(transport: transport)
        let handle = rig.call()
        rig.run(for: .seconds(2))
        #expect(rig.story(.caller) == ["progress 180", "answered PCMU"])
        #expect(rig.story(.callee) == ["incoming", "established PCMU"])
        if callerHangsUp {
            rig[.caller].hangUp(handle, at: rig.now)
        } else {
            if let incoming = rig.incoming { rig[.callee].hangUp(incoming, at: rig.now) }
        }
        rig.run(for: .seconds(70))
        #expect(rig.story(.caller).last == (callerHangsUp ? "ended local 16" : "ended farEnd 16"))
        #expect(rig.story(.callee).last == (callerHangsUp ? "ended farEnd 16" : "ended local 16"))
        for side in [Rig.Side.caller, .callee] {
            #expect(rig[side].callCount == 0)
            #expect(rig[side].transactionCount == 0)
        }
    }

    @Test("set-up and hang-up succeed at 10 % loss with duplicates and reordering, every time")
    func lossyLink() {
        for seed in UInt64(1)...300 {
            var rig = Rig(seed: seed, network: Rig.Network(loss: 0.1, duplication: 0.05, delay: 120))
            let handle = rig.call()
            rig.run(for: .seconds(40))
            #expect(rig.story(.caller).contains("answered PCMU"), "seed \(seed)")
            #expect(rig.story(.callee) == ["incoming", "established PCMU"], "seed \(seed)")
            rig[.caller].hangUp(handle, at: rig.now)
            rig.run(for: .seconds(100))
            #expect(rig.story(.callee).last == "ended farEnd 16", "seed \(seed)")
            #expect(rig[.caller].callCount + rig[.callee].callCount == 0, "seed \(seed)")
            #expect(rig[.caller].transactionCount + rig[.callee].transactionCount == 0, "seed \(seed)")
        }
    }

    @Test("the same seed sends the same bytes")
    func determinism() {
        let run = { (seed: UInt64) -> [[SIPMessage]] in
            var rig = Rig(seed: seed, network: Rig.Network(loss: 0.2, duplication: 0.1, delay: 200))
            _ = rig.call()
            rig.run(for: .seconds(60))
            return rig.sent
        }
        #expect(run(5) == run(5))
        #expect(run(5) != run(6))
    }
}

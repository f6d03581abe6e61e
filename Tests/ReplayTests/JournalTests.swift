import AgentFiles
import CallControl
import CallFlow
import Foundation
import Replay
import Telephony
import Testing

/// Calls of every kind keep a journal and are run again from it.
@Suite("Journals of calls")
struct JournalTests {
    /// A call and its journal.
    struct Kept: Sendable {
        var call: TestCall
        var result: ReplayResult

        /// Runs a sample call with a journal.
        static func of(_ name: String, keys: KeyMethod? = nil, limit: Int = 64 << 20) async throws -> Kept {
            var call = try TestCallFolder.read(repository.appending(path: "Audio/Calls/\(name)").path)
            if let keys { call.keys = keys }
            let (agent, outside) = try agent(of: call)
            var options = ReplayOptions()
            options.switchboard.journalLimit = limit
            var observer = SilentObserver()
            let result = try await CallReplay(of: call, agent: agent, outside: outside, options: options)
                .run(&observer)
            return Kept(call: call, result: result)
        }

        /// Runs the call again, from its own journal or from another form of it.
        func again(_ octets: [UInt8]? = nil, isCut: Bool = false) async throws -> (JournaledCall, JournalResult) {
            let journal = try JournaledCall(reading: octets ?? result.journal, isCut: isCut)
            let (agent, outside) = try agent(of: call)
            var observer = SilentObserver()
            return (journal, try await JournalReplay(of: journal, agent: agent, outside: outside).replay(&observer))
        }
    }

    /// Several tests have the same call.
    private actor Operator {
        static let shared = Operator()
        private var run: Task<Kept, any Error>?

        func kept() async throws -> Kept {
            let run = self.run ?? Task.detached { try await Kept.of("operator") }
            self.run = run
            return try await run.value
        }
    }

    /// Speech; loss and jitter; an agent who is called, bridged, and consults an expert.
    static let open = ["outage-by-speech", "lossy-network", "people/consult-expert", "people/router-target-limit"]

    @Test("a call is run again from its journal, byte for byte", arguments: open)
    func agrees(name: String) async throws {
        let kept = try await Kept.of(name)
        let (journal, again) = try await kept.again()
        #expect(journal.cut == nil)
        #expect(again.difference == nil)
        #expect(again.laterDifferences == 0)
        #expect(again.datagrams > 100)
        #expect(again.events.count == kept.result.events.count)
        #expect(again.context.call == kept.result.context.call)
    }

    // MARK: - Secrets

    /// Codes of the keys that were pressed in packets of RFC 4733, and texts of all entries together.
    private static func keys(in octets: [UInt8], type: UInt8) throws -> [UInt8] {
        var (codes, lastTime): ([UInt8], [UInt8]) = ([], [])
        for case .datagram(let datagram) in try JournalEntry.read(octets) where !datagram.isRTCPPort {
            guard datagram.octets.count >= 16, datagram.octets[1] & 0x7F == type else { continue }
            let time = Array(datagram.octets[4..<8])
            if time != lastTime { codes.append(datagram.octets[12]) }
            lastTime = time
        }
        return codes
    }

    @Test(
        "a secret by keys is not in the journal, and the call agrees in its facts",
        arguments: [
            KeyMethod.telephoneEvent, .sipInfo,
        ])
    func secret(method: KeyMethod) async throws {
        let kept = try await Kept.of("balance", keys: method)
        let (journal, again) = try await kept.again()
        #expect(journal.isVeiled)
        #expect(again.difference == nil)
        #expect(again.events.count == kept.result.events.count)
        #expect(!String(decoding: kept.result.journal, as: UTF8.self).contains("4711"))
        guard method == .telephoneEvent else {
            let digits = try JournalEntry.read(kept.result.journal).compactMap { entry -> Digit? in
                if case .input(.infoDigit(let digit, _), _, _) = entry { digit } else { nil }
            }
            return #expect(digits.map(\.character) == Array("3123456780000"))
        }
        let type = try #require(journal.admission.caller.telephoneEventPayloadType)
        let codes = try JournalTests.keys(in: kept.result.journal, type: type)
        #expect(codes == [3, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0])
    }

    @Test("no tone of a secret key is in the journal's audio, and that is said")
    func secretTones() async throws {
        let kept = try await Kept.of("balance", keys: .inBand)
        let (journal, again) = try await kept.again()
        #expect(journal.isVeiled)
        let digits = again.events.compactMap {
            if case .digit(let heard) = $0.body { heard.digit.redacted } else { nil }
        }
        #expect(digits.prefix(9).joined() == "312345678")
        #expect(digits.count == 9)
        #expect(again.difference != nil)
    }

    // MARK: - What is wrong

    @Test("a journal that breaks off agrees as far as it goes", arguments: [0.3, 0.9])
    func breaksOff(share: Double) async throws {
        let kept = try await Operator.shared.kept()
        let octets = Array(kept.result.journal.prefix(Int(Double(kept.result.journal.count) * share)))
        let (journal, again) = try await kept.again(octets, isCut: true)
        #expect(journal.cut != nil)
        #expect(again.difference == nil)
        #expect(again.datagrams > 50)
        #expect(again.events.count <= kept.result.events.count)
    }

    @Test("a journal that has grown as long as it may says so")
    func limit() async throws {
        let kept = try await Kept.of("operator", limit: 20_000)
        #expect(kept.result.journal.count < 60_000)
        let (journal, again) = try await kept.again()
        #expect(journal.cut?.contains("longer than a journal may be") == true)
        #expect(again.difference == nil)
    }

    @Test("what was sent otherwise is found, and where")
    func otherOctets() async throws {
        let kept = try await Operator.shared.kept()
        var octets = kept.result.journal
        // The digest of the 60th datagram that was sent: its entry is of kind 6, behind five octets.
        var (offset, number) = (0, 0)
        while number < 60 {
            let length = octets[offset + 1..<offset + 5].reduce(0) { $0 << 8 | Int($1) }
            if octets[offset] == 6 { number += 1 }
            offset += 5 + length
        }
        octets[offset - 1] ^= 1
        let (_, again) = try await kept.again(octets)
        #expect(again.difference?.hasPrefix("datagram 60, to the caller, has other octets") == true)
        #expect(again.differsAt.map { $0 > .seconds(1) && $0 < .seconds(2) } == true)
    }

    @Test("another agent makes a difference")
    func otherAgent() async throws {
        let kept = try await Operator.shared.kept()
        let journal = try JournaledCall(reading: kept.result.journal)
        let reading = AgentFolder.read(repository.appending(path: "Audio/Agents/frontdesk").path)
        let agent = try #require(reading.agent)
        var observer = SilentObserver()
        let again = try await JournalReplay(of: journal, agent: agent, outside: SpokenOutside.frontdesk)
            .replay(&observer)
        #expect(again.difference != nil)
    }

    @Test("octets that are no journal are refused with a sentence")
    func malformed() async throws {
        #expect(throws: ReplayError.self) { try JournaledCall(reading: []) }
        #expect(throws: ReplayError.self) { try JournaledCall(reading: [1, 2, 3]) }
        let kept = try await Operator.shared.kept()
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            var octets = Array(kept.result.journal.prefix(20_000))
            for _ in 0..<3 {
                octets[Int(generator.next() % UInt64(octets.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            _ = try? JournaledCall(reading: octets, isCut: true)
        }
    }
}

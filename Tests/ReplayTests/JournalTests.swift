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
        static func of(_ name: String, limit: Int = 64 << 20) async throws -> Kept {
            var call = try TestCallFolder.read(repository.appending(path: "Audio/Calls/\(name)").path)
            call.name = name
            let (agent, outside) = try agent(of: call)
            var options = ReplayOptions()
            options.switchboard.journalLimit = limit
            var observer = KeepingObserver()
            let result = try await CallReplay(of: call, agent: agent, outside: outside, options: options)
                .run(&observer)
            return Kept(call: call, result: result)
        }

        /// Runs the call again.
        func replayed(_ octets: [UInt8]? = nil, isCut: Bool = false) async throws -> (JournaledCall, JournalResult) {
            let journal = try JournaledCall(reading: octets ?? result.journal, isCut: isCut)
            let (agent, outside) = try agent(of: call)
            var observer = KeepingObserver()
            return (
                journal, try await JournalReplay(of: journal, agent: agent, outside: outside).replay(&observer)
            )
        }
    }

    /// Keys, keys in the audio, speech, a network that loses and delays, a hand-over with a bridge, a conference.
    static let open = (ProcessInfo.processInfo.environment["JOURNAL_CALLS"] ?? "outage-by-keys").split(separator: " ")
        .map(String.init)

    @Test("a call without secrets is run again from its journal, byte for byte", arguments: open)
    func agrees(name: String) async throws {
        let kept = try await Kept.of(name)
        let (journal, again) = try await kept.replayed()
        #expect(journal.cut == nil)
        print(
            name, journal.isVeiled, again.datagrams, again.secretDatagrams, again.laterDifferences,
            again.difference ?? "agrees", again.differsAt?.inSeconds ?? 0, kept.result.journal.count,
            kept.result.events.count)
        #expect(again.difference == nil)
        #expect(again.datagrams > 100)
    }
}

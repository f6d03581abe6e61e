import CallControl
package import CallFlow
import Foundation
package import Telephony

/// What came of running a call again from its journal.
package struct JournalResult: Sendable {
    package var events: [CallEvent] = []
    package var context: CallContext
    /// Where the call was not the same, and how; `nil` when it agrees.
    package var difference: String?
    /// When that was, in media time from the call's beginning.
    package var differsAt: Interval?
    /// Datagrams that were compared, and of them those of which only the length is known, because a secret was said.
    package var datagrams = 0
    package var secretDatagrams = 0
    /// Datagrams behind a secret that are not the same: what stands in its place may have another effect.
    package var laterDifferences = 0
}

/// Runs a call again from its journal: the same inputs at the same times through the same ``CallControl/Switchboard``, and
/// what it sends and tells is compared with what was sent and told.
///
/// A call agrees when all octets that it sent and all its facts are the same. Behind a secret it agrees when its facts are,
/// but for those that say when somebody spoke and by which way a key came.
package struct JournalReplay: ~Copyable {
    private let call: JournaledCall
    private let outside: any ReplayOutside
    private var run: JournalRun
    private var result: JournalResult
    /// Prompts that cannot be had, and why.
    private var problems: [String] = []

    package init(
        of call: JournaledCall, agent: Agent, outside: any ReplayOutside, recordsAudio: Bool = false,
        recordsLegs: Bool = false
    ) {
        self.call = call
        self.outside = outside
        run = JournalRun(call.admission, agent: agent, recordsAudio: recordsAudio, recordsLegs: recordsLegs)
        result = JournalResult(context: CallContext(call: call.admission.call))
    }

    /// Runs the call as far as the journal goes.
    package consuming func replay(_ observer: inout some ReplayObserver) async throws -> JournalResult {
        try await drain(&observer)
        for entry in call.entries {
            run.next(entry)
            try await drain(&observer)
        }
        compareOctets()
        compareFacts()
        return result
    }

    private mutating func drain(_ observer: inout some ReplayObserver) async throws {
        while let output = run.poll() {
            switch output {
            case .fact(let event):
                result.events.append(event)
                try observer.happened(event)
            case .recorded(_, let audio): try observer.recorded(audio)
            case .sealed(let context): result.context = context
            case .request(let id, .prompt(let source, let sampleRate, _)):
                do {
                    run.provide(try await outside.audio(for: source, sampleRate: sampleRate), for: id)
                } catch {
                    problems.append("\(error)")
                }
            case .refused: throw ReplayError("the call was refused; its codec cannot be opened")
            default: break
            }
        }
    }

    // MARK: - Comparing

    private mutating func compareOctets() {
        result.datagrams = run.sentCount
        result.secretDatagrams = run.secretCount
        result.laterDifferences = run.laterDifferences
        guard let (found, at) = run.difference else { return }
        result.differsAt = at
        result.difference = JournalReplay.sentence(found, problems)
    }

    private mutating func compareFacts() {
        let was = call.isVeiled ? call.facts.compactMap(\.besideSecrets) : call.facts
        let events = result.events.map(JournaledCall.asRead)
        let isNow = call.isVeiled ? events.compactMap(\.besideSecrets) : events
        let common = min(was.count, isNow.count)
        for index in 0..<common where was[index] != isNow[index] {
            return differ(
                at: was[index].at, JournalReplay.sentence(was[index], isNow[index], number: index + 1), was[index],
                isNow[index])
        }
        // What a crash cut off is on neither side.
        guard call.cut == nil, was.count != isNow.count else { return }
        if was.count > common {
            differ(at: was[common].at, "fact \(common + 1), \(was[common].name), does not happen now", was[common], nil)
        } else {
            differ(at: isNow[common].at, "\(isNow[common].name) happens now and did not then", nil, isNow[common])
        }
    }

    /// The first difference counts.
    private mutating func differ(at: Interval, _ sentence: String, _ was: CallEvent?, _ isNow: CallEvent?) {
        if let known = result.differsAt, known <= at { return }
        result.differsAt = at
        result.difference = sentence + (problems.first.map { " (\($0))" } ?? "")
        if was?.name == isNow?.name, let was, let isNow, was.at != isNow.at {
            result.difference?.append("; it was at \(was.at.roundedSeconds) s, and is at \(isNow.at.roundedSeconds) s")
        }
    }

    private static func sentence(_ was: CallEvent, _ isNow: CallEvent, number: Int) -> String {
        guard was.name == isNow.name else { return "fact \(number) was \(was.name), and is \(isNow.name) now" }
        // What a caller said or pressed is told by name alone.
        let names = was.differingFields(from: isNow)
        return "fact \(number), \(was.name), says something else now"
            + (names.isEmpty ? "" : " (\(names.joined(separator: ", ")))")
    }

    private static func sentence(_ difference: JournalRun.Difference, _ problems: [String]) -> String {
        func party(_ leg: LegID?) -> String {
            leg.map { $0 == .caller ? "the caller" : "leg \($0.rawValue)" } ?? "nobody"
        }
        switch difference {
        case .datagram(let number, let leg, let was, let isNow):
            let what =
                was.length == isNow.length
                ? "has other octets (\(was.length))" : "has \(isNow.length) octets in the place of \(was.length)"
            return "datagram \(number), to \(party(leg)), \(what)"
        case .missing(let number, let leg, let was):
            return "datagram \(number), to \(party(leg)), of \(was.length) octets, is not sent now"
        case .further(let number, let leg, let isNow):
            return "a datagram of \(isNow.length) octets is sent to \(party(leg)) now, before datagram \(number)"
        case .prompt(let source):
            return "the audio of the prompt \(source.shown) is not what it was; its file or voice has changed"
        case .promptNotAsked:
            return problems.first.map { "a prompt cannot be had: \($0)" }
                ?? "a prompt is not asked for now that was then"
        }
    }
}

extension PromptSource {
    /// A prompt for people; what is said to one caller alone is not told.
    fileprivate var shown: String {
        switch self {
        case .audioFile(let path), .serviceFile(let path): path
        case .text(let spoken):
            spoken.isPrivate || spoken.isSensitive ? "with the caller's own words" : "'\(spoken.text.prefix(60))'"
        case .silence: "of silence"
        }
    }
}

extension CallEvent {
    /// Names of what an event says otherwise than another of its kind.
    fileprivate func differingFields(from other: CallEvent) -> [String] {
        func fields(_ event: CallEvent) -> [String: String] {
            let json = (try? JournaledCall.json(of: event)).map { Data($0) } ?? Data()
            let object = (try? JSONSerialization.jsonObject(with: json)) as? [String: Any] ?? [:]
            return object.mapValues { "\($0)" }
        }
        let (mine, others) = (fields(self), fields(other))
        return Set(mine.keys).union(others.keys).filter { mine[$0] != others[$0] && $0 != "at" }.sorted()
    }

    fileprivate var name: String { body.name }

    /// The event as it has to be the same where something stands in the place of a secret; `nil` for one that need not.
    fileprivate var besideSecrets: CallEvent? {
        switch body {
        case .speechStarted, .speechEnded, .mediaQuality: return nil
        case .digit(var heard):
            heard.source = .telephoneEvent
            return CallEvent(at: at, call: call, body: .digit(heard))
        default: return self
        }
    }
}

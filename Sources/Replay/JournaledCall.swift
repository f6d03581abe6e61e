package import CallControl
import Foundation
package import Telephony

/// A call as its journal has it.
package struct JournaledCall: Sendable {
    package let about: JournalAbout?
    package let admission: JournaledAdmission
    let entries: [JournalEntry]
    /// Events of the account.
    let facts: [CallEvent]
    /// Why it is not the whole call; `nil` when it is.
    package let cut: String?
    /// Something stands in the place of a secret.
    package let isVeiled: Bool

    /// An event as it stands in a journal.
    package static func json(of event: CallEvent) throws -> [UInt8] { Array(try JSONEncoder().encode(event)) }

    /// An event with what is left of it in JSON.
    static func asRead(_ event: CallEvent) -> CallEvent {
        (try? JSONDecoder().decode(CallEvent.self, from: JSONEncoder().encode(event))) ?? event
    }

    /// Reads the octets of a journal.
    ///
    /// - Parameter isCut: they may break off, as after a crash.
    /// - Throws: ``ReplayError``.
    package init(reading octets: [UInt8], isCut: Bool = false) throws(ReplayError) {
        let whole = isCut ? Array(octets.prefix(JournalEntry.wholeEntries(of: octets))) : octets
        let entries: [JournalEntry]
        do { entries = try JournalEntry.read(whole) } catch { throw ReplayError("\(error)") }
        var (about, admission): (JournalAbout?, JournaledAdmission?) = (nil, nil)
        var facts: [CallEvent] = []
        var cut: String? = "the service was stopped, or its disk was full, before the call was over"
        var isVeiled = false
        for entry in entries {
            switch entry {
            case .about(let json): about = try? JSONDecoder().decode(JournalAbout.self, from: Data(json))
            case .admission(let read): admission = admission ?? read
            case .fact(let json):
                guard let fact = try? JSONDecoder().decode(CallEvent.self, from: Data(json)) else {
                    throw ReplayError("the journal has a fact that this version does not know")
                }
                facts.append(fact)
            case .datagram(let datagram): isVeiled = isVeiled || datagram.isVeiled
            case .input(_, let isInputVeiled, _): isVeiled = isVeiled || isInputVeiled
            case .sent(let datagram): isVeiled = isVeiled || datagram.isSecret
            case .cut(.limit): cut = "the call was longer than a journal may be"
            case .cut(.overrun): cut = "the disk did not take the journal as fast as it came"
            case .end: cut = nil
            case .tick, .unknown: break
            }
        }
        guard let admission else { throw ReplayError("the journal does not say how its call began") }
        self.about = about
        self.admission = admission
        self.entries = entries
        self.facts = facts
        self.cut = cut
        self.isVeiled = isVeiled
    }
}

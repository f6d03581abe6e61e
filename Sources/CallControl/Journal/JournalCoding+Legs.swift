import CallFlow
import SIP
import Telephony

// How plans, routes, commands and what becomes of legs stand in a journal: as far as they say how the call goes. What they
// say to a far end alone, such as header fields, is in none.

extension Participation: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.raw(room)
        journal.flag(isMuted)
        journal.optional(whispersTo)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init(try journal.raw(), isMuted: try journal.flag(), whispersTo: try journal.optional())
    }
}

extension Ringback: JournalCodable {
    func write(to journal: inout JournalWriter) {
        switch self {
        case .tone: journal.byte(0)
        case .farEnd: journal.byte(1)
        case .music(let prompt):
            journal.byte(2)
            journal.value(prompt)
        }
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        switch try journal.byte() {
        case 0: self = .tone
        case 1: self = .farEnd
        case 2: self = .music(try journal.value())
        default: throw .unknown("a ring-back")
        }
    }
}

extension ReferredCall: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.value(by)
        journal.count(UInt64(id))
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init(by: try journal.value(), id: UInt32(truncatingIfNeeded: try journal.count()))
    }
}

extension DialPlan: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.raw(role)
        journal.text(target)
        journal.value(ringTimeout)
        journal.optional(whisper)
        journal.value(participation)
        journal.value(ringback)
        journal.text(dtmfSequence)
        journal.optional(reference) { $0.count($1) }
        journal.flag(contact != nil)
        journal.optional(referred)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init(try journal.raw(), target: try journal.text())
        ringTimeout = try journal.value()
        whisper = try journal.optional()
        participation = try journal.value()
        ringback = try journal.value()
        dtmfSequence = try journal.text()
        reference = try journal.optional { (journal) throws(JournalError) in try journal.count() }
        // That there is one matters, not where it is.
        if try journal.flag(), let uri = AnyURI("sip:phone.invalid") {
            contact = PhoneContact(uri: uri, hop: Hop(.udp, TransportAddress(ipv4: 0, port: 0)))
        }
        referred = try journal.optional()
    }
}

extension Referral: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.text(target)
        journal.optional(replaces)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init(target: try journal.text())
        replaces = try journal.optional()
    }
}

extension WaitPlan: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.text(queue)
        journal.number(position)
        journal.optional(estimatedWait)
        journal.optional(music)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init(
            queue: try journal.text(), position: try journal.number(0...1_000_000),
            estimatedWait: try journal.optional(), music: try journal.optional())
    }
}

extension VoicemailPlan: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.text(queue)
        journal.optional(greeting)
        journal.value(longest)
        journal.value(silence)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init(queue: try journal.text())
        greeting = try journal.optional()
        longest = try journal.value()
        silence = try journal.value()
    }
}

extension Route: JournalCodable {
    func write(to journal: inout JournalWriter) {
        switch self {
        case .dial(let plan):
            journal.byte(0)
            journal.value(plan)
        case .dialAll(let plans):
            journal.byte(1)
            journal.list(plans) { $0.value($1) }
        case .refer(let referral):
            journal.byte(2)
            journal.value(referral)
        case .wait(let plan):
            journal.byte(3)
            journal.value(plan)
        case .say(let prompt):
            journal.byte(4)
            journal.value(prompt)
        case .withdraw(let reference, .released):
            journal.byte(5)
            journal.count(reference)
        case .withdraw(let reference, let reason):
            journal.byte(9)
            journal.count(reference)
            journal.raw(reason)
        case .voicemail(let plan):
            journal.byte(6)
            journal.value(plan)
        case .offerCallBack(let offer):
            journal.byte(7)
            journal.optional(offer.prompt)
            journal.value(offer.key)
        case .promiseCallBack(let promise):
            journal.byte(8)
            journal.text(promise.queue)
            journal.text(promise.number)
            journal.optional(promise.farewell)
        }
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        switch try journal.byte() {
        case 0: self = .dial(try journal.value())
        case 1:
            self = .dialAll(
                try journal.list { (journal: inout JournalReader) throws(JournalError) in try DialPlan(from: &journal) }
            )
        case 2: self = .refer(try journal.value())
        case 3: self = .wait(try journal.value())
        case 4: self = .say(try journal.value())
        case 5: self = .withdraw(try journal.count())
        case 6: self = .voicemail(try journal.value())
        case 7: self = .offerCallBack(CallBackOffer(try journal.optional(), key: try journal.value()))
        case 8:
            self = .promiseCallBack(
                CallBackPromise(
                    queue: try journal.text(), number: try journal.text(), farewell: try journal.optional()))
        case 9: self = .withdraw(try journal.count(), try journal.raw())
        default: throw .unknown("a route")
        }
    }
}

extension CallCommand: JournalCodable {
    func write(to journal: inout JournalWriter) {
        switch self {
        case .pullIn(let plan): write(0, plan, to: &journal)
        case .consult(let plan): write(1, plan, to: &journal)
        case .complete: journal.byte(2)
        case .swap: journal.byte(3)
        case .conference: journal.byte(4)
        case .back: journal.byte(5)
        case .place(let leg, let participation):
            write(6, leg, to: &journal)
            journal.value(participation)
        case .release(let leg): write(7, leg, to: &journal)
        case .transfer(let plan): write(8, plan, to: &journal)
        case .takeOver(let leg): write(9, leg, to: &journal)
        }
    }

    private func write(_ tag: UInt8, _ value: some JournalCodable, to journal: inout JournalWriter) {
        journal.byte(tag)
        journal.value(value)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        switch try journal.byte() {
        case 0: self = .pullIn(try journal.value())
        case 1: self = .consult(try journal.value())
        case 2: self = .complete
        case 3: self = .swap
        case 4: self = .conference
        case 5: self = .back
        case 6: self = .place(try journal.value(), try journal.value())
        case 7: self = .release(try journal.value())
        case 8: self = .transfer(try journal.value())
        case 9: self = .takeOver(try journal.value())
        default: throw .unknown("a command")
        }
    }
}

extension LegEvent: JournalCodable {
    func write(to journal: inout JournalWriter) {
        switch self {
        case .ringing(let leg): LegEvent.write(0, leg, to: &journal)
        case .early(let leg, let media):
            LegEvent.write(1, leg, to: &journal)
            journal.value(media)
        case .answered(let leg, let media):
            LegEvent.write(2, leg, to: &journal)
            journal.value(media)
        case .mediaChanged(let leg, let media):
            LegEvent.write(3, leg, to: &journal)
            journal.value(media)
        case .refused(let leg, let reason, let cause, let status, let rule):
            let isPlain = status == nil && rule == nil
            LegEvent.write(isPlain ? 4 : 10, leg, to: &journal)
            journal.raw(reason)
            journal.number(cause)
            if isPlain { return }
            journal.optional(status) { $0.number($1) }
            journal.optional(rule) { $0.raw($1) }
        case .hungUp(let leg): LegEvent.write(5, leg, to: &journal)
        case .infoDigit(let leg, let digit, let duration):
            LegEvent.write(6, leg, to: &journal)
            journal.value(digit)
            journal.optional(duration) { $0.number($1) }
        case .referred(let leg, let id, let target, let replaces, let wishes):
            LegEvent.write(7, leg, to: &journal)
            journal.count(UInt64(id))
            journal.text(target)
            journal.optional(replaces)
            journal.optional(wishes)
        case .referProgress(let leg, let status, let isFinal):
            LegEvent.write(8, leg, to: &journal)
            journal.number(status)
            journal.flag(isFinal)
        case .replaced(let leg, let media, let party):
            LegEvent.write(9, leg, to: &journal)
            journal.value(media)
            journal.text(party)
        }
    }

    private static func write(_ tag: UInt8, _ leg: LegID, to journal: inout JournalWriter) {
        journal.byte(tag)
        journal.value(leg)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        let tag = try journal.byte()
        let leg: LegID = try journal.value()
        switch tag {
        case 0: self = .ringing(leg)
        case 1: self = .early(leg, try journal.value())
        case 2: self = .answered(leg, try journal.value())
        case 3: self = .mediaChanged(leg, try journal.value())
        case 4: self = .refused(leg, try journal.raw(), cause: try journal.number(0...1_000))
        case 5: self = .hungUp(leg)
        case 6:
            self = .infoDigit(
                leg, try journal.value(),
                durationInMilliseconds: try journal.optional { (journal) throws(JournalError) in
                    try journal.number(Int(Int32.min)...Int(Int32.max))
                })
        case 7:
            self = .referred(
                leg, id: UInt32(truncatingIfNeeded: try journal.count()), target: try journal.text(),
                replaces: try journal.optional(), wishes: try journal.optional())
        case 8: self = .referProgress(leg, status: try journal.number(0...999), isFinal: try journal.flag())
        case 9: self = .replaced(leg, try journal.value(), by: try journal.text())
        case 10:
            self = .refused(
                leg, try journal.raw(), cause: try journal.number(0...1_000),
                status: try journal.optional { (journal) throws(JournalError) in try journal.number(300...699) },
                rule: try journal.optional { (journal) throws(JournalError) in try journal.raw() })
        default: throw .unknown("an event of a leg")
        }
    }
}

import CallFlow
import Formula
import Telephony

// How prompts, values and what the outside answers stand in a journal.

extension PromptSource: JournalCodable {
    func write(to journal: inout JournalWriter) {
        switch self {
        case .audioFile(let path):
            journal.byte(0)
            journal.text(path)
        case .serviceFile(let path):
            journal.byte(1)
            journal.text(path)
        case .text(let spoken):
            journal.byte(2)
            journal.value(spoken)
        case .silence(let milliseconds):
            journal.byte(3)
            journal.number(milliseconds)
        }
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        switch try journal.byte() {
        case 0: self = .audioFile(path: try journal.text())
        case 1: self = .serviceFile(path: try journal.text())
        case 2: self = .text(try journal.value())
        case 3: self = .silence(milliseconds: try journal.number(0...600_000))
        default: throw .unknown("a kind of prompt")
        }
    }
}

extension SpokenText: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.text(isSensitive ? redactionPlaceholder : text)
        journal.text(language)
        journal.text(voice)
        journal.flag(isPrivate)
        journal.flag(isSensitive)
        journal.fraction(prosody.rate)
        journal.fraction(prosody.pitch)
        journal.fraction(prosody.gainInDecibels)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init(
            text: try journal.text(), language: try journal.text(), voice: try journal.text(),
            isPrivate: try journal.flag(), isSensitive: try journal.flag())
        prosody.rate = try journal.fraction(0.3...3)
        prosody.pitch = try journal.fraction(0.5...2)
        prosody.gainInDecibels = try journal.fraction(-60...12)
    }
}

extension Value: JournalCodable {
    private static let deepest = 64

    func write(to journal: inout JournalWriter) {
        journal.flag(isSensitive)
        switch kind {
        case .blank: journal.byte(0)
        case .boolean(let value):
            journal.byte(1)
            journal.flag(value)
        case .number(let value):
            journal.byte(2)
            journal.fraction(value)
        case .decimal(let value):
            journal.byte(3)
            journal.text(value.description)
        case .text(let value):
            journal.byte(4)
            journal.text(value)
        case .date(let time):
            journal.byte(5)
            journal.number(time.milliseconds)
        case .time(let milliseconds):
            journal.byte(6)
            journal.number(milliseconds)
        case .dateTime(let time):
            journal.byte(7)
            journal.number(time.milliseconds)
        case .guid(let value):
            journal.byte(8)
            journal.text(value)
        case .color(let value):
            journal.byte(9)
            journal.count(UInt64(value))
        case .untyped(let value):
            journal.byte(10)
            journal.text(value.description)
        case .record(let fields):
            journal.byte(11)
            journal.list(fields) { journal, field in
                journal.text(field.name)
                journal.value(field.value)
            }
        case .table(let rows):
            journal.byte(12)
            journal.list(rows) { $0.value($1) }
        case .choice(let id, let name):
            journal.byte(13)
            journal.text(id)
            journal.text(name)
        case .error(let error):
            journal.byte(14)
            journal.number(error.kind.rawValue)
            journal.text(error.message)
        }
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        guard journal.depth < Value.deepest else { throw .unknown("a value of such depth") }
        journal.depth += 1
        defer { journal.depth -= 1 }
        let isSensitive = try journal.flag()
        self.init(try Value.kind(try journal.byte(), from: &journal), isSensitive: isSensitive)
    }

    private static func kind(_ tag: UInt8, from journal: inout JournalReader) throws(JournalError) -> Kind {
        switch tag {
        case 0: return .blank
        case 1: return .boolean(try journal.flag())
        case 2: return .number(try journal.fraction(-Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude))
        case 3:
            guard let value = Decimal96(try journal.text()) else { throw .unknown("a number") }
            return .decimal(value)
        case 4: return .text(try journal.text())
        case 5: return .date(try localTime(from: &journal))
        case 6: return .time(milliseconds: try localTime(from: &journal).milliseconds)
        case 7: return .dateTime(try localTime(from: &journal))
        case 8: return .guid(try journal.text())
        case 9: return .color(UInt32(truncatingIfNeeded: try journal.count()))
        case 10:
            guard let value = try? JSONValue(try journal.text()) else { throw .unknown("JSON") }
            return .untyped(value)
        case 11:
            return .record(
                try journal.list { (journal: inout JournalReader) throws(JournalError) in
                    Field(try journal.text(), try journal.value())
                })
        case 12:
            return .table(
                try journal.list { (journal: inout JournalReader) throws(JournalError) in try Value(from: &journal) })
        case 13: return .choice(id: try journal.text(), displayName: try journal.text())
        case 14:
            let kind = FormulaError.Kind(rawValue: try journal.number(-1_000_000...1_000_000))
            return .error(FormulaError(kind, try journal.text()))
        default: throw .unknown("a kind of value")
        }
    }

    private static func localTime(from journal: inout JournalReader) throws(JournalError) -> LocalTime {
        let time = LocalTime(milliseconds: try journal.number())
        guard time.isInRange else { throw .unknown("a time") }
        return time
    }
}

extension HTTPReply: JournalCodable {
    func write(to journal: inout JournalWriter) {
        switch self {
        case .answered(let status, let body, let headers):
            journal.byte(0)
            journal.number(status)
            journal.value(body)
            journal.fields(headers)
        case .failed(let failure):
            journal.byte(1)
            journal.raw(failure)
        }
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        switch try journal.byte() {
        case 0:
            self = .answered(
                status: try journal.number(0...999), body: try journal.value(), headers: try journal.fields())
        case 1: self = .failed(try journal.raw())
        default: throw .unknown("a reply")
        }
    }
}

extension AnswerReply: JournalCodable {
    func write(to journal: inout JournalWriter) {
        switch self {
        case .answered(let text): journal.optional(text) { $0.text($1) }
        case .unavailable: journal.flag(false)
        }
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self = try journal.flag() ? .answered(try journal.text()) : .unavailable
    }
}

extension CallerReply: JournalCodable {
    func write(to journal: inout JournalWriter) {
        switch self {
        case .found(let value):
            journal.byte(0)
            journal.value(value)
        case .unknown: journal.byte(1)
        case .failed: journal.byte(2)
        }
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        switch try journal.byte() {
        case 0: self = .found(try journal.value())
        case 1: self = .unknown
        case 2: self = .failed
        default: throw .unknown("a reply")
        }
    }
}

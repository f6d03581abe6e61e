import CallFlow
import Formula
import Telephony

// How a call that calls a caller back stands in a journal.

extension DisclosableText: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.flag(isSensitive)
        journal.text(redacted)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        let isSensitive = try journal.flag()
        self.init(try journal.text(), isSensitive: isSensitive)
    }
}

extension QueueWish: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.optional(name) { $0.text($1) }
        journal.list(skills) { $0.text($1) }
        journal.optional(priority) { $0.number($1) }
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init(
            name: try journal.optional { (journal) throws(JournalError) in try journal.text() },
            skills: try journal.list { (journal) throws(JournalError) in try journal.text() },
            priority: try journal.optional { (journal) throws(JournalError) in try journal.number(-1_000...1_000) })
    }
}

extension TransferRequest: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.raw(kind)
        journal.value(target)
        journal.value(messageToAgent)
        journal.list(variables) { journal, variable in
            journal.text(variable.name)
            journal.value(variable.value.hasSensitivePart ? Value(.blank, isSensitive: true) : variable.value)
        }
        journal.optional(userToUser)
        journal.list(headers) { journal, field in
            journal.text(field.name)
            journal.value(field.value)
        }
        journal.text(dtmfSequence)
        journal.optional(queue)
        journal.list(experts) { $0.text($1) }
        journal.flag(returnsToDialog)
        journal.optional(whisper)
        journal.optional(longestMessage)
        journal.optional(endingSilence)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init(
            kind: try journal.raw(), target: try journal.value(), messageToAgent: try journal.value(),
            variables: try journal.list { (journal) throws(JournalError) in
                (name: try journal.text(), value: try journal.value())
            }, userToUser: try journal.optional(),
            headers: try journal.list { (journal) throws(JournalError) in
                (name: try journal.text(), value: try journal.value())
            }, dtmfSequence: try journal.text())
        queue = try journal.optional()
        experts = try journal.list { (journal) throws(JournalError) in try journal.text() }
        returnsToDialog = try journal.flag()
        whisper = try journal.optional()
        longestMessage = try journal.optional()
        endingSilence = try journal.optional()
    }
}

extension CallBackCall: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.text(promisedIn.rawValue)
        journal.text(queue)
        journal.number(attempt)
        journal.number(attemptsLeft)
        journal.value(transfer)
        journal.optional(greeting)
        journal.optional(apology)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init(
            promisedIn: CallID(try journal.text()), queue: try journal.text(),
            attempt: try journal.number(0...1_000_000), attemptsLeft: try journal.number(0...1_000_000),
            transfer: try journal.value())
        greeting = try journal.optional()
        apology = try journal.optional()
    }
}

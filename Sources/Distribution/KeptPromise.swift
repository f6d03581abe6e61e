import CallFlow
import Formula
import Routing
package import Telephony

/// A promise to call a caller back, in a form that outlives the process which made it. It has no secrets: where the dialog
/// handed one over it says that there was one.
package struct KeptPromise: Sendable, Equatable, Codable {
    /// A name and what belongs to it.
    package struct Field: Sendable, Equatable, Codable {
        package var name: String
        package var text: DisclosableText
    }

    /// The call in which it was promised.
    package var call: CallID
    package var queue: String
    /// Where the caller is called, what the caller had called, and the name of the dialog that led that call.
    package var number: String
    package var called: String
    package var agent: String
    /// Milliseconds of wall time since 1970: when the caller joined the queue, and when the promise runs out.
    package var joinedAt: Int64
    package var expiresAt: Int64
    package var priority: Int?
    package var skills: [String]
    /// Calls that were placed, and those of them that came to nothing.
    package var placed: Int
    package var attempts: Int
    /// The caller was being called when this was written.
    package var isUnderWay: Bool?
    /// Grows with each word on it, whoever keeps it.
    package var version: Int64?
    // What whoever takes the call is told.
    package var message: DisclosableText
    package var variables: [Field]
    package var userToUser: DisclosableText?
    package var headers: [Field]
    package var dtmfSequence: String
    package var whisper: DisclosableText?

    init(_ promise: CallDistributor.Promise, _ standing: CallBackStanding, joinedAt: WallTime, expiresAt: WallTime) {
        let transfer = promise.transfer
        call = promise.call
        queue = promise.queue.rawValue
        number = promise.from
        called = promise.to
        agent = promise.agent
        self.joinedAt = joinedAt.millisecondsSince1970
        self.expiresAt = expiresAt.millisecondsSince1970
        priority = standing.priority
        skills = transfer.queue?.skills ?? []
        placed = promise.placed
        attempts = standing.attempts
        isUnderWay = promise.line != nil
        version = promise.version
        message = transfer.messageToAgent
        variables = transfer.variables.map { Field(name: $0.name, text: $0.value.disclosable) }
        userToUser = transfer.userToUser
        headers = transfer.headers.map { Field(name: $0.name, text: $0.value) }
        dtmfSequence = transfer.dtmfSequence
        whisper = transfer.whisper
    }

    /// What was asked for.
    var transfer: TransferRequest {
        var transfer = TransferRequest(
            kind: .agent, target: .open(""), messageToAgent: message,
            variables: variables.map { field in
                (name: field.name, value: Value(.text(field.text.redacted), isSensitive: field.text.isSensitive))
            }, userToUser: userToUser, headers: headers.map { (name: $0.name, value: $0.text) },
            dtmfSequence: dtmfSequence)
        transfer.queue = QueueWish(name: queue, skills: skills, priority: priority)
        transfer.whisper = whisper
        return transfer
    }
}

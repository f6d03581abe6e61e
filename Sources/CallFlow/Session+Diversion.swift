import Formula
import Telephony

// Who was called first: `Global.Diversion`, there from the beginning in a call that was diverted.

extension Session {
    /// The variable that holds it.
    package static let diversionVariable = VariablePath(scope: .global, name: "Diversion")
    /// What it has: all of it text, but the number of diversions.
    package static let diversionMembers = ["FirstCalled", "Reason", "LastCalled", "LastReason", "Count"]

    mutating func knowDiversion() {
        guard let diversion = call.diversion else { return }
        let values: [Value] = [
            .text(diversion.firstCalled), .text(diversion.reason.rawValue), .text(diversion.lastCalled),
            .text(diversion.lastReason.rawValue), .number(Double(diversion.count)),
        ]
        let fields = zip(Session.diversionMembers, values).map { Value.Field($0, $1) }
        globals[Session.diversionVariable.name] = .record(fields)
    }
}

package import Connectors
package import Foundation
package import Records
import Synchronization
package import Telephony

/// A router that takes requests only as they are documented, and answers with what it is told.
package final class RouterDouble: SystemDouble {
    private struct State {
        var answers: [ConnectorAnswer]
        var bodies: [JSONDocument] = []
        var octets: [Data] = []
        var refused = 0
    }

    private let token: String?
    private let state: Mutex<State>

    /// - Parameters:
    ///   - answers: in order; the last holds for all that follow.
    ///   - token: what `Authorization` must be, where it must be something.
    package init(_ answers: [ConnectorAnswer], token: String? = nil) {
        self.token = token
        state = Mutex(State(answers: answers))
    }

    /// What was asked, in order.
    package var bodies: [JSONDocument] { state.withLock { $0.bodies } }
    /// Everything that came, headers and bodies.
    package var octets: [Data] { state.withLock { $0.octets } }
    package var refused: Int { state.withLock { $0.refused } }

    package func answer(_ request: ConnectorRequest, at now: WallTime) -> ConnectorAnswer {
        state.withLock { state in
            let headers = request.headers.map { "\($0.name): \($0.value)\r\n" }.joined()
            state.octets.append(Data("\(request.method) \(request.url)\r\n\(headers)".utf8) + request.body)
            guard request.method == "POST", request.header("Content-Type") == "application/json",
                token == nil || request.header("Authorization") == token, isDocumented(request.json)
            else {
                state.refused += 1
                return ConnectorAnswer(status: 400)
            }
            state.bodies.append(request.json)
            guard let next = state.answers.first else { return ConnectorAnswer(status: 204) }
            if state.answers.count > 1 { state.answers.removeFirst() }
            return next
        }
    }

    private func isDocumented(_ body: JSONDocument) -> Bool {
        guard case .object(let members) = body, Set(members.keys) == ["version", "call", "wish", "context"],
            body["version"]?.number == 1, let call = body["call"]?.string, body["context"]?["call"]?.string == call,
            case .object(let wish)? = body["wish"],
            Set(wish.keys).isSubset(of: ["message", "queue", "skills", "priority"])
        else { return false }
        return wish["message"]?.string != nil
    }
}

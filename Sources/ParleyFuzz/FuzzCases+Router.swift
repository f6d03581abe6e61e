import CallControl
import CallFlow
import Connectors
import Distribution
import Foundation
import Routing
import Telephony

extension FuzzCases {
    /// An answer of an outside router, to a call that waits for it: read, followed, and followed by the queue where it is of
    /// no use. What is dialled keeps to the limits of SIP's headers.
    static func router(_ bytes: Span<UInt8>) {
        let body = bytes.withUnsafeBufferPointer { Data($0) }
        let reply = CallRouter.reading(ConnectorAnswer(status: 200, body: body))
        var configuration = DistributionConfiguration()
        configuration.queues = [QueueProfile(id: "billing", name: "Billing")]
        configuration.agents = [
            AgentProfile(id: "ada", name: "Ada", address: .uri("+15550101"), queues: ["billing"])
        ]
        configuration.defaultQueue = "billing"
        configuration.router = RouterTerms()
        var distributor = CallDistributor(configuration, at: .zero)
        let transfer = TransferRequest(
            kind: .agent, target: .open(""), messageToAgent: .open(""), variables: [], userToUser: nil, headers: [],
            dtmfSequence: "")
        distributor.seek("call", RequestID(1), transfer, at: .zero)
        var inquiry: RouterInquiry?
        while let output = distributor.poll() {
            if case .askRouter(let asked) = output { inquiry = asked }
        }
        guard let inquiry else { preconditionFailure("the router is asked first") }
        distributor.routerAnswered(inquiry, reply, at: .zero + .seconds(1))
        var isTold = false
        while let output = distributor.poll() {
            guard case .reply(_, _, let reply) = output else { continue }
            isTold = true
            if case .routed(.dial(let plan)) = reply {
                precondition(plan.headers.count <= 5, "five headers are the most")
                precondition(plan.headers.allSatisfy { $0.value.utf8.count <= 256 && $0.name.utf8.count <= 64 })
                precondition(plan.userToUser?.utf8.count ?? 0 <= 128, "128 characters are the most")
            }
        }
        precondition(isTold, "a caller is never left without an answer")
    }
}

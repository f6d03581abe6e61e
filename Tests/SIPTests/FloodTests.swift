import SIP
import Telephony
import Testing

@Suite("Floods")
struct FloodTests {
    @Test("INVITEs that are never acknowledged leave nothing behind", arguments: [true, false])
    func unacknowledged(answers: Bool) {
        var bench = Bench(configure: { configuration in
            configuration.maximumCalls = 100
            configuration.maximumTransactions = 400
        })
        var statuses: [Int: Int] = [:]
        for number in 0..<1_500 {
            let invite = Bench.request("INVITE", branch: "z9hG4bK\(number)", callID: "c\(number)", body: Bench.offer)
            bench.agent.receive(Bench.octets(invite), from: bench.hop, at: bench.now)
            while let event = bench.agent.poll() {
                guard case .incoming(let handle, _) = event else { continue }
                if answers {
                    _ = try? bench.agent.answer(handle, local: Bench.local, at: bench.now)
                } else {
                    bench.agent.reject(handle, status: 486, at: bench.now)
                }
            }
            while let message = bench.agent.nextMessage() {
                statuses[FloodTests.status(message.octets), default: 0] += 1
            }
            if number % 100 == 99 { bench.run(for: .milliseconds(100)) }
        }
        #expect(bench.agent.callCount <= 100)
        #expect(bench.agent.transactionCount <= 500)
        #expect((statuses[503] ?? 0) > 0)
        bench.run(for: .seconds(140))
        #expect(bench.agent.callCount == 0)
        #expect(bench.agent.transactionCount == 0)
        #expect(bench.agent.timerCount <= 1_024)
    }

    /// The status on the first line, without reading the rest.
    private static func status(_ octets: [UInt8]) -> Int {
        Int(String(decoding: octets.dropFirst(8).prefix(3), as: UTF8.self)) ?? 0
    }

    @Test("a source gets at most one answer for a request that is refused without state, and no larger than the limit")
    func amplification() {
        var bench = Bench()
        for method in ["OPTIONS", "REGISTER", "SUBSCRIBE", "NONSENSE"] {
            let sent = bench.receive(Bench.request(method, branch: "z9hG4bK\(method)"))
            #expect(sent.count == 1)
            #expect(bench.run(for: .seconds(60)).isEmpty)
        }
    }
}

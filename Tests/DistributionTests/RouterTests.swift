import CallControl
import CallFlow
import Distribution
import Routing
import Telephony
import Testing

/// The outside router: when it is asked, what follows from its word, and what happens without it.
@Suite
struct RouterTests {
    private static func floor(
        isAskedFirst: Bool = true, _ change: @escaping (inout DistributionConfiguration) -> Void = { _ in }
    ) -> Floor {
        .billing { configuration in
            var terms = RouterTerms()
            terms.isAskedFirst = isAskedFirst
            terms.timeout = .seconds(2)
            configuration.router = terms
            change(&configuration)
        }
    }

    @Test("The router is asked before the queues, with the wish of the dialog, and its target is dialled as it says")
    func dials() throws {
        var floor = RouterTests.floor()
        floor.seek("c1", message: "account verified")
        #expect(floor.told["c1"] == ["ask"])
        #expect(floor.inquiries.first?.transfer.messageToAgent == .open("account verified"))
        floor.route(
            .answered(
                .dial(
                    RouterTarget(
                        "+15550166", headers: [("X-Case", "17")], userToUser: "k9", ringTimeout: .seconds(9)))))
        let plan = try #require(floor.plans["c1"]?.first)
        #expect(plan.target == "+15550166" && plan.ringTimeout == .seconds(9) && plan.userToUser == "k9")
        #expect(plan.headers.map(\.name) == ["X-Case"])
        floor.callEnded("c1")
        #expect(floor.distributor.isQuiet)
    }

    @Test(
        "Without a usable answer the queues go on",
        arguments: [
            (RouterReply.failed("is down"), "router is down"), (.answered(.nobody), nil),
            (.answered(.queue(QueueWish(name: "nope"))), "router named the queue 'nope', and there is none"),
            (.answered(.dial(RouterTarget(""))), "router gave an answer that cannot be taken"),
            (.answered(.dial(RouterTarget("+1", headers: [("Via", "x")]))), "router gave an answer"),
            (.answered(.dial(RouterTarget("+1", headers: [("X-A", "a\r\nVia: b")]))), "router gave an answer"),
            (
                .answered(.dial(RouterTarget("+1", headers: [("X-" + String(repeating: "a", count: 63), "x")]))),
                "router gave an answer"
            ),
            (
                .answered(.dial(RouterTarget("+1", headers: [("X-A", String(repeating: "a", count: 257))]))),
                "router gave an answer"
            ),
            (
                .answered(.dial(RouterTarget("+1", headers: (1...6).map { ("X-\($0)", "x") }))),
                "router gave an answer"
            ),
            (
                .answered(.refer(RouterTarget("+1", userToUser: String(repeating: "a", count: 129)))),
                "router gave an answer"
            ),
        ] as [(RouterReply, String?)])
    func fallback(reply: RouterReply, complaint: String?) {
        var floor = RouterTests.floor()
        floor.seek("c1")
        floor.route(reply)
        #expect(floor.told["c1"]?.last == "dial +15550101")
        if let complaint { #expect(floor.told["c1"]?.contains { $0.hasPrefix(complaint) } == true) }
    }

    @Test("A target that may not be called is told of, and the queues go on", arguments: ["+4999", "sip:a@b", "none"])
    func notAllowed(target: String) {
        var floor = RouterTests.floor { $0.outbound = CallDistributorTests.rules }
        floor.seek("c1")
        floor.route(.answered(.dial(RouterTarget(target))))
        #expect(
            floor.told["c1"]?.suffix(2) == [
                "router named a target that outbound.allowed does not have", "dial +15550101",
            ])
    }

    @Test("Limits themselves are allowed: names of 64, values of 256, five headers, a key of 128")
    func limits() {
        let headers = (0..<5).map {
            ("X-\($0)" + String(repeating: "a", count: 61), String(repeating: "v", count: 256))
        }
        let target = RouterTarget(
            "+1", headers: headers, userToUser: String(repeating: "k", count: 128))
        #expect(target.problem == nil)
    }

    @Test("A router that is slow has its time and no more; what it says afterwards counts for nothing")
    func slow() {
        var floor = RouterTests.floor()
        floor.seek("c1")
        floor.wait(1.9)
        #expect(floor.told["c1"] == ["ask"])
        floor.wait(0.2)
        #expect(floor.told["c1"] == ["ask", "router had no answer in time", "dial +15550101"])
        floor.route(.answered(.dial(RouterTarget("+15550166"))))
        #expect(floor.told["c1"]?.last == "dial +15550101")
    }

    @Test("A caller who asks again is asked for again, and an old answer is not taken for the new one")
    func again() {
        var floor = RouterTests.floor()
        floor.seek("c1")
        floor.wait(1)
        floor.seek("c1")
        floor.route(.answered(.dial(RouterTarget("+15550166"))), to: 0)
        #expect(floor.told["c1"] == ["ask", "ask"])
        floor.route(.answered(.dial(RouterTarget("+15550167"))), to: 1)
        #expect(floor.told["c1"]?.last == "dial +15550167")
    }

    @Test("When whom the router names does not come, the queues go on, and nobody is asked twice")
    func targetFails() {
        var floor = RouterTests.floor()
        floor.seek("c1")
        floor.route(.answered(.dial(RouterTarget("+15550166"))))
        floor.ended("c1", .busy)
        #expect(floor.told["c1"] == ["ask", "dial +15550166", "dial +15550101"])
    }

    @Test("A router that is asked last has the word when the queues have nobody, and its silence is their outcome")
    func last() {
        func full(_ configuration: inout DistributionConfiguration) { configuration.queues[0].maximumLength = 0 }
        var floor = RouterTests.floor(isAskedFirst: false, full)
        floor.seek("c1")
        #expect(floor.told["c1"] == ["ask"])
        floor.route(.answered(.dial(RouterTarget("+15550166"))))
        #expect(floor.told["c1"] == ["ask", "dial +15550166"])
        floor.ended("c1", .busy)
        #expect(floor.told["c1"]?.last == "over: busy")
        floor.seek("c2")
        floor.wait(3)
        #expect(floor.told["c2"] == ["ask", "router had no answer in time", "over: refused"])
    }

    @Test("A caller who is gone while the router is asked leaves nothing")
    func gone() {
        var floor = RouterTests.floor()
        floor.seek("c1")
        floor.callEnded("c1")
        floor.route(.answered(.dial(RouterTarget("+15550166"))))
        #expect(floor.told["c1"] == ["ask"])
        #expect(floor.distributor.isQuiet)
    }
}

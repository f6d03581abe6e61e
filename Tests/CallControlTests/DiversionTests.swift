import CallControl
import Telephony
import Testing

/// Who was called first, as History-Info and Diversion of an INVITE to +15550199 say it.
@Suite("Diversions")
struct DiversionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var history: [String] = []
        var diversion: [String] = []
        var expected: Diversion?

        var testDescription: String { name }
    }

    private static func one(_ first: String, _ reason: Diversion.Reason) -> Diversion {
        Diversion(firstCalled: first, reason: reason, lastCalled: first, lastReason: reason, count: 1)
    }

    static let cases: [Case] = [
        Case(name: "neither"),
        Case(
            name: "no answer at all of a user's phones, RFC 7044",
            history: [
                "<sip:+15550188@example.com>;index=1",
                "<sip:bob@192.0.2.4?Reason=SIP%3Bcause%3D302>;index=1.1;rc=1, <sip:bob@192.0.2.7>;index=1.2;rc=1",
                "<sip:+15550199@example.com;cause=408>;index=1.3;mp=1",
            ], expected: one("+15550188", .noAnswer)),
        Case(
            name: "twice, the entries in no order; the last by its Reason",
            history: [
                "<sip:+15550199@example.com>;index=1.2.1;mp=1.2, <sip:+15550188@example.com>;index=1",
                "<sip:+15550177@example.com;cause=302?Reason=Q.850%3Bcause%3D17>;index=1.2;mp=1",
            ],
            expected: Diversion(
                firstCalled: "+15550188", reason: .unconditional, lastCalled: "+15550177", lastReason: .userBusy,
                count: 2)),
        Case(
            name: "more than nine branches are in the order of numbers",
            history: [
                "<sip:+15550199@x;cause=486>;index=1.10;mp=1.9, <sip:b@x;cause=503>;index=1.9;mp=1, <sip:a@x>;index=1"
            ],
            expected: Diversion(
                firstCalled: "a", reason: .unavailable, lastCalled: "b", lastReason: .userBusy, count: 2)),
        Case(
            name: "a single entry for another", history: ["<tel:+15550188>;index=1"],
            expected: one("+15550188", .unknown)),
        Case(
            name: "a single entry for another, with why",
            history: ["<sip:+15550188@x?Reason=SIP%3Bcause%3D486>;index=1"], expected: one("+15550188", .userBusy)),
        Case(name: "a single entry for who is called", history: ["<sip:+15550199@x;user=phone>;index=1"]),
        Case(
            name: "a call that went only to its user's phone",
            history: ["<sip:desk@example.com>;index=1, <sip:+15550199@192.0.2.4>;index=1.1;rc=1"]),
        Case(
            name: "RFC 5806", diversion: ["<sip:+15550188@x>;reason=no-answer;counter=1"],
            expected: one("+15550188", .noAnswer)),
        Case(
            name: "the topmost is the last, in two fields, a counter and capital letters",
            diversion: [
                "<sip:+15550166@x>;reason=\"Do-Not-Disturb\"",
                "<sip:+15550177@x>;reason=away;counter=3, \"A\" <sip:+15550188@x>;reason=user-busy;privacy=full",
            ],
            expected: Diversion(
                firstCalled: "+15550188", reason: .userBusy, lastCalled: "+15550166", lastReason: .doNotDisturb,
                count: 5)),
        Case(
            name: "a reason that nobody knows and a counter without bounds",
            diversion: ["<sip:+15550188@x>;reason=whim;counter=99999999999999999999, <sip:b@x>;counter=1000000"],
            expected: Diversion(
                firstCalled: "b", reason: .unknown, lastCalled: "+15550188", lastReason: .unknown, count: 99)),
        Case(
            name: "History-Info that shows a diversion comes first",
            history: ["<sip:+15550188@x>;index=1, <sip:+15550199@x;cause=486>;index=1.1"],
            diversion: ["<sip:b@x>;reason=away"], expected: one("+15550188", .userBusy)),
        Case(
            name: "History-Info that shows none does not hide a Diversion",
            history: ["<sip:+15550199@x>;index=1"], diversion: ["<sip:b@x>;reason=away"], expected: one("b", .away)),
        Case(
            name: "what cannot be read says nothing",
            history: [
                "<<>>", "x", "<sip:a@x>;index=1", ";;;", "<sip:b@x;cause=486>;index=1.1;mp=99999999999999999999",
            ],
            diversion: [";;;", "<sip:b@x"], expected: one("a", .userBusy)),
    ]

    @Test("the first and the last who had the call, and why it left them", arguments: cases)
    func read(sample: Case) {
        let headers =
            sample.history.map { (name: "history-info", value: $0) }
            + sample.diversion.map { (name: "diversion", value: $0) }
        #expect(Diversion(headers, called: "+15550199") == sample.expected)
    }

    @Test("a call's first fact and its context have it, whatever fields the trunk lets in")
    func told() throws {
        var service = Service()
        service.receive(
            Exchange.invite("a", headers: ["Diversion: <sip:+15550188@x>;reason=no-answer", "History-Info: ,"]))
        service.receive(Exchange.invite("a", body: "", method: "ACK", toTag: service.tag))
        service.run(for: .milliseconds(100))
        let fact = try #require(service.facts.first)
        guard case .callStarted(let body) = fact.body else { return #expect(Bool(false), "no call began") }
        #expect(body.diversion == DiversionTests.one("+15550188", .noAnswer))
        var context = CallContext(call: fact.call)
        context.record(fact)
        #expect(context.diversion == body.diversion)
    }
}

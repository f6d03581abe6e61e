import Replay
import Telephony
import Testing

@Suite("Expectations")
struct ExpectationTests {
    private let events = [
        Self.digit("1", at: 1_000), Self.digit("2", at: 1_400),
        CallEvent(
            at: .milliseconds(2_000), call: "c",
            body: .topicStarted(TopicStarted(topic: "Billing", trigger: "OnDtmfKeyPress"))),
        Self.digit("3", at: 2_500),
    ]

    private static func digit(_ digit: String, at milliseconds: Int64) -> CallEvent {
        CallEvent(
            at: .milliseconds(milliseconds), call: "c",
            body: .digit(DigitHeard(digit: .open(digit), source: .telephoneEvent, start: Double(milliseconds) / 1_000)))
    }

    private func expect(
        _ event: String, _ fields: [(String, ExpectedEvent.Condition)] = [], within: Int64? = nil, absent: Bool = false,
        line: Int = 1
    ) -> ExpectedEvent {
        ExpectedEvent(
            event: event, fields: fields.map { (name: $0.0, condition: $0.1) },
            within: within.map { .milliseconds($0) }, isAbsent: absent, line: line)
    }

    @Test("events are met in order, with others between them")
    func order() throws {
        let met = [
            expect("digit", [("digit", .equals(.text("1")))]), expect("digit", [("digit", .equals(.text("3")))]),
        ]
        #expect(try ExpectedEvent.firstFailure(of: met, in: events) == nil)
        let failure = try #require(try ExpectedEvent.firstFailure(of: met.reversed(), in: events))
        #expect(failure.description.contains("never came"))
    }

    @Test("the failure names the nearest event and the fields that differ")
    func nearest() throws {
        let failure = try ExpectedEvent.firstFailure(
            of: [expect("digit", [("digit", .equals(.text("9")))], line: 41)], in: events)
        #expect(failure?.line == 41)
        #expect(failure?.description.contains("digit is \"1\"") == true)
    }

    @Test("a time limit counts from the expectation before")
    func within() throws {
        let chain = [expect("digit"), expect("digit", within: 399)]
        #expect(try ExpectedEvent.firstFailure(of: chain, in: events)?.description.contains("400 ms") == true)
        #expect(try ExpectedEvent.firstFailure(of: [expect("digit"), expect("digit", within: 400)], in: events) == nil)
    }

    @Test("what must be absent is looked for between its neighbours, or to the end")
    func absent() throws {
        let between = [expect("digit"), expect("topicStarted", absent: true), expect("digit")]
        #expect(try ExpectedEvent.firstFailure(of: between, in: events) == nil)
        let after = [expect("digit"), expect("topicStarted", absent: true, line: 5)]
        #expect(try ExpectedEvent.firstFailure(of: after, in: events)?.line == 5)
    }

    @Test("numbers are compared by range, texts by a part of them")
    func conditions() throws {
        let met = [expect("digit", [("start", .between(0.9, 1.1)), ("source", .contains("telephone"))])]
        #expect(try ExpectedEvent.firstFailure(of: met, in: events) == nil)
    }
}

import AgentFiles
import CallFlow
import Documents
import Foundation
import Formula
import Telephony
import Testing

/// A session of one document or several, driven by hand: prompts end at once, requests are answered from a table.
struct Dialog {
    var session: Session
    var facts: [CallEventBody] = []
    var spoken: [String] = []
    var requests: [HTTPRequest] = []
    var listening: RequestID?
    var isHungUp = false
    var answers: [HTTPReply] = []
    private var time = SampleTime.zero

    /// - Parameter topics: documents by name; the one that is called Start answers the call.
    init(
        _ topics: [(String, String)], settings: VoiceSettings = VoiceSettings(), variables: [GlobalVariable] = [],
        environment: [String: Value] = [:], answers: [HTTPReply] = [], start: Bool = true
    ) throws {
        var read: [Topic] = []
        for (name, text) in topics {
            let reading = AgentFolder.readTopic(text, name: name, flows: ["flow"])
            #expect(reading.diagnostics.filter { $0.severity == .error }.isEmpty, "\(reading.diagnostics)")
            read += try #require(reading.partial).topics
        }
        let agent = Agent(
            name: "test", settings: settings, topics: read, environment: environment, variables: variables)
        let facts = CallFacts(
            id: "c", from: "+1", to: "+2", startedAt: WallTime(millisecondsSince1970: 1_772_443_800_000),
            timeZone: "UTC", headers: [("x-tier", "gold")], seed: 1)
        session = Session(agent: agent, call: facts, clockRate: ClockRate(8_000))
        self.answers = answers
        session.start(at: .zero)
        drain()
    }

    /// A topic with actions, which begins by a trigger.
    static func topic(_ actions: String, trigger: String = "kind: OnConversationStart", more: String = "") -> String {
        let inner = actions.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }
        let head = trigger.split(separator: "\n").map { "  " + $0 }
        return (["kind: AdaptiveDialog", more, "beginDialog:"] + head + ["  actions:"] + inner).joined(separator: "\n")
    }

    init(_ actions: String, answers: [HTTPReply] = []) throws {
        try self.init([("Start", Dialog.topic(actions))], answers: answers)
    }

    mutating func drain() {
        while let output = session.poll() {
            switch output {
            case .fact(let body): facts.append(body)
            case .play(let playback):
                switch playback.source {
                case .text(let text): spoken.append(text.text)
                case .audioFile(let path), .serviceFile(let path): spoken.append("[\(path)]")
                case .silence: break
                }
                session.receive(.promptEnded(playback.id), at: time)
            case .http(let id, let request):
                requests.append(request)
                if !answers.isEmpty { session.receive(.httpAnswered(id, answers.removeFirst()), at: time) }
            case .listen(let request, _): listening = request
            case .hangUp: isHungUp = true
            default: break
            }
        }
    }

    mutating func wait(_ milliseconds: Int64) {
        time += milliseconds * 8
        session.advance(to: time)
        drain()
    }

    mutating func press(_ keys: String) {
        for digit in keys.compactMap({ Digit($0) }) {
            time += 800
            session.advance(before: time)
            session.receive(.digit(digit, source: .telephoneEvent), at: time)
            drain()
        }
    }

    mutating func say(_ words: String) {
        time += 800
        guard let listening else { return }
        session.receive(.recognized(listening, text: words, confidence: 1), at: time)
        drain()
    }

    /// The last value of a variable, as Power Fx writes it.
    func value(_ name: String) -> String? {
        facts.last {
            if case .variableSet(let body) = $0 { body.variable == name } else { false }
        }.flatMap { if case .variableSet(let body) = $0 { body.value.redacted } else { nil } }
    }

    var failures: [String] {
        facts.compactMap { if case .failure(let body) = $0 { body.code } else { nil } }
    }
}

@Suite("The language on a call")
struct LanguageTests {
    @Test("a loop goes through the rows, leaves one out and stops at another")
    func foreach() throws {
        let dialog = try Dialog(
            """
            - kind: Foreach
              id: each
              items: =[1, 2, 3, 4, 5]
              value: Topic.Row
              index: Topic.Index
              actions:
                - kind: ConditionGroup
                  id: which
                  conditions:
                    - id: two
                      condition: =Topic.Row.Value = 2
                      actions: [{kind: ContinueLoop, id: skip}]
                    - id: four
                      condition: =Topic.Row.Value = 4
                      actions: [{kind: BreakLoop, id: stop}]
                - kind: SendActivity
                  id: say
                  activity: "{Topic.Index}: {Topic.Row.Value}"
            """)
        #expect(dialog.spoken == ["0: 1", "2: 3"])
        #expect(dialog.failures.isEmpty)
    }

    @Test("a topic gets inputs, gives outputs and marks secrets")
    func bindings() throws {
        let inner = Dialog.topic(
            "- {kind: SetVariable, id: s, variable: Topic.Sum, value: =Topic.A + 1}\n- {kind: SetVariable, id: p, variable: Topic.Pin, value: '1234'}",
            trigger: "kind: OnRedirect",
            more:
                "inputType: {properties: {A: {type: Number}}}\noutputType: {properties: {Sum: {type: Number}, Pin: {type: {kind: String, sensitivityLevel: Sensitive}}}}"
        )
        let outer = Dialog.topic(
            """
            - kind: BeginDialog
              id: b
              dialog: x.topic.Inner
              input: {binding: {A: "41"}}
              output: {binding: {Sum: Global.Sum, Pin: Global.Pin}}
            """)
        let dialog = try Dialog([("Inner", inner), ("Start", outer)])
        #expect(dialog.value("Global.Sum") == "42")
        #expect(dialog.value("Global.Pin") == redactionPlaceholder)
    }

    @Test("tables are edited in place, and what is taken goes into a variable")
    func tables() throws {
        let dialog = try Dialog(
            """
            - {kind: SetVariable, id: a, variable: Topic.T, value: "=[1, 2, 3]"}
            - {kind: EditTable, id: b, itemsVariable: Topic.T, changeType: TakeFirst, resultVariable: Topic.First}
            - {kind: EditTable, id: c, itemsVariable: Topic.T, changeType: Add, value: =9}
            - {kind: EditTable, id: d, itemsVariable: Topic.T, changeType: Remove, value: =2}
            - {kind: SetVariable, id: e, variable: Topic.Text, value: "=Concat(Topic.T, Text(Value), \\",\\")"}
            - {kind: EditTableV2, id: f, itemsVariable: Topic.T, changeType: {kind: ClearItemsOperation}}
            - {kind: SetVariable, id: g, variable: Topic.Count, value: =CountRows(Topic.T)}
            """)
        #expect(dialog.failures.isEmpty)
        #expect(dialog.value("Topic.Text") == "\"3,9\"")
        #expect(dialog.value("Topic.Count") == "0")
        #expect(dialog.value("Topic.First")?.contains("1") == true)
    }

    @Test("a value is parsed into its declared type, or is blank, or fails the dialog")
    func parse() throws {
        let types = "{kind: Record, properties: {n: Number, when: {type: Boolean}}}"
        let dialog = try Dialog(
            """
            - kind: ParseValue
              id: good
              variable: Topic.A
              valueType: \(types)
              value: "{\\"n\\": \\"7\\", \\"when\\": true}"
            - {kind: ParseValue, id: bad, variable: Topic.B, valueType: Number, value: seven}
            - {kind: ParseValue, id: worse, variable: Topic.C, valueType: Number, value: seven, errorPolicy: ThrowError}
            """)
        #expect(dialog.value("Topic.A") == "{n:7,when:true}")
        #expect(dialog.value("Topic.B") == "Blank()")
        #expect(dialog.failures == ["parseValue"])
    }

    @Test("variables are reset to their defaults, and cleared by their scope")
    func clearing() throws {
        let half = try Expression("\"usual\"")
        let variables = [
            GlobalVariable(name: "A", defaultValue: half, isSetFromOutside: false, isUserScoped: false),
            GlobalVariable(name: "Tier", defaultValue: nil, isSetFromOutside: true, isUserScoped: true),
        ]
        let dialog = try Dialog(
            [
                (
                    "Start",
                    Dialog.topic(
                        """
                        - {kind: SendActivity, id: one, activity: "{Global.A} {Global.Tier}"}
                        - {kind: SetVariable, id: set, variable: Global.A, value: other}
                        - {kind: ClearAllVariables, id: clear}
                        - {kind: SendActivity, id: two, activity: "{Global.A} {Global.Tier}"}
                        - {kind: ClearAllVariables, id: all, variables: AllGlobalVariables}
                        - {kind: SendActivity, id: three, activity: "{Global.A} {Global.Tier}."}
                        """)
                )
            ], variables: variables)
        #expect(dialog.spoken == ["usual gold", "usual gold", "usual ."])
    }

    @Test("an HTTP answer has the declared type, and a failure goes where the author says")
    func http() throws {
        let request = """
            - kind: HttpRequestAction
              id: get
              url: https://x.example/{1 + 1}
              headers: {X-A: "=\\"b\\""}
              body: {kind: JsonRequestContent, content: {name: "=\\"n\\"", list: [one, two]}}
              method: Post
              response: Topic.R
              responseSchema: {kind: Record, properties: {n: Number}}
              responseHeaders: Topic.H
              errorHandling: {kind: ContinueOnErrorBehavior, statusCode: Topic.S, errorResponseBody: Topic.E}
            - {kind: SendActivity, id: say, activity: "{Topic.S} {Topic.R.n} {Topic.H.etag}"}
            """
        let good = try Dialog(
            request,
            answers: [.answered(status: 200, body: .record([Value.Field("n", .text("5"))]), headers: [("etag", "q")])])
        #expect(good.spoken == ["200 5 q"])
        #expect(good.requests.first?.url.reveal(for: .declaredRequest) == "https://x.example/2")
        #expect(
            good.requests.first?.body?.reveal(for: .declaredRequest) == "{\"name\":\"n\",\"list\":[\"one\",\"two\"]}")
        let bad = try Dialog(request, answers: [.answered(status: 404, body: .text("no"), headers: [])])
        #expect(bad.value("Topic.S") == "404")
        #expect(bad.value("Topic.E") == "\"no\"")
        let wrong = try Dialog(request, answers: [.answered(status: 200, body: .text("no record"), headers: [])])
        #expect(wrong.value("Topic.E") == "\"no record\"")
    }

    @Test("a secret goes out only where the document says so")
    func secrets() throws {
        let request = """
            - {kind: HttpRequestAction, id: get, url: "https://x.example/{Env.Key}"}
            - {kind: SendActivity, id: say, activity: "{Env.Key}"}
            """
        let environment = ["Key": Value(.text("hunter2"), isSensitive: true)]
        let silent = try Dialog([("Start", Dialog.topic(request))], environment: environment)
        #expect(silent.failures == ["sensitive"])
        #expect(silent.requests.isEmpty)
        let declared = try Dialog(
            [("Start", Dialog.topic("# parley: takes Env.Key — it is the key of that service\n" + request))],
            environment: environment, answers: [.answered(status: 200, body: .blank, headers: [])])
        #expect(declared.requests.count == 1)
        for body in declared.facts + silent.facts {
            let event = CallEvent(at: .zero, call: "c", body: body)
            #expect(!String(decoding: try JSONEncoder().encode(event), as: UTF8.self).contains("hunter2"))
        }
    }

    @Test("choices get keys and are read out")
    func choices() throws {
        var dialog = try Dialog(
            """
            - kind: Question
              id: q
              variable: Topic.X
              prompt: Which?
              entity:
                kind: ClosedListEntity
                items: [{id: a, displayName: Red}, {id: b, displayName: Blue, dtmfKey: Num1}, {id: c, displayName: Green}]
                dtmfMultipleChoiceOptions: {generateMapping: true}
            - {kind: SendActivity, id: s, activity: "{Topic.X.Value}"}
            """)
        #expect(dialog.spoken == ["Which?", "For Red, press 2. For Blue, press 1. For Green, press 3."])
        dialog.press("3")
        #expect(dialog.spoken.last == "c")
    }

    @Test(
        "words become values",
        arguments: [
            ("NumberPrebuiltEntity", "two hundred and five", "205"),
            ("NumberPrebuiltEntity", "minus three point five", "-3.5"),
            ("NumberPrebuiltEntity", "it is twenty one", "21"), ("AgePrebuiltEntity", "I am forty two years old", "42"),
            ("MoneyPrebuiltEntity", "twelve dollars and fifty cents", "12.5"),
            ("MoneyPrebuiltEntity", "80 cents", "0.8"),
            ("BooleanPrebuiltEntity", "yes please", "true"),
            ("DurationPrebuiltEntity", "two hours and ten minutes", "7800"),
            ("EmailPrebuiltEntity", "john dot smith at example dot com", "\"john.smith@example.com\""),
            ("PhoneNumberPrebuiltEntity", "five five five oh one double oh", "\"5550100\""),
            ("DatePrebuiltEntity", "march fifteenth", "2026-03-15"), ("DatePrebuiltEntity", "tomorrow", "2026-03-03"),
            ("DatePrebuiltEntity", "next friday", "2026-03-06"),
            ("DatePrebuiltEntity", "the first of april 2027", "2027-04-01"),
            ("ColorPrebuiltEntity", "dark blue I think", "\"blue\""),
            ("PersonNamePrebuiltEntity", "my name is Ada", "\"Ada\""),
        ])
    func entities(entity: String, words: String, expected: String) throws {
        let isDate = entity.hasPrefix("Date")
        var dialog = try Dialog(
            """
            - {kind: Question, id: q, variable: Topic.X, prompt: Well?, entity: \(entity)}
            - {kind: SetVariable, id: s, variable: Topic.Y, value: "\(isDate ? "=Text(Topic.X, \\\"yyyy-mm-dd\\\")" : "=Topic.X")"}
            """)
        dialog.say(words)
        #expect(dialog.value("Topic.Y") == (isDate ? "\"\(expected)\"" : expected))
    }

    @Test(
        "a question is skipped as its mode says",
        arguments: [
            ("AlwaysAsk", 2), ("SkipOnFirstExecutionIfVariableHasValue", 1), ("AlwaysSkipIfVariableHasValue", 0),
        ])
    func skipping(mode: String, asked: Int) throws {
        var dialog = try Dialog(
            """
            - {kind: SetVariable, id: a, variable: Topic.X, value: =5}
            - {kind: SetVariable, id: n, variable: Topic.N, value: =0}
            - kind: Question
              id: q
              variable: Topic.X
              skipQuestionMode: \(mode)
              prompt: Well?
              entity: {kind: NumberPrebuiltEntity, dtmfOptions: {kind: FixedLengthTermination, length: 1}}
            - {kind: SetVariable, id: m, variable: Topic.N, value: =Topic.N + 1}
            - kind: ConditionGroup
              id: c
              conditions: [{id: again, condition: =Topic.N < 2, actions: [{kind: GotoAction, id: g, actionId: q}]}]
            - {kind: EndConversation, id: e}
            """)
        dialog.press("12")
        #expect(dialog.spoken.count == asked)
        #expect(dialog.isHungUp)
    }

    @Test("topics go round in no loop for ever, and leave other calls their turn")
    func fuel() throws {
        var dialog = try Dialog(
            "- {kind: SetVariable, id: a, variable: Topic.X, value: =1}\n- {kind: GotoAction, id: g, actionId: a}")
        let first = dialog.facts.count
        #expect(dialog.failures.isEmpty && first < 500)
        dialog.wait(20_000)
        #expect(dialog.failures == ["loopWithoutInput"])
    }

    @Test("a trigger with runOnce comes once, and the lower priority first")
    func triggers() throws {
        let key = "kind: OnDtmfKeyPress\ndtmfKey: Num5"
        var dialog = try Dialog([
            ("Start", Dialog.topic("- {kind: SendActivity, id: s, activity: Hello}")),
            ("A", Dialog.topic("- {kind: SendActivity, id: s, activity: A}", trigger: key)),
            (
                "B",
                Dialog.topic(
                    "- {kind: SendActivity, id: s, activity: B}", trigger: key + "\npriority: -1\nrunOnce: true")
            ),
            (
                "C",
                Dialog.topic(
                    "- {kind: SendActivity, id: s, activity: C}", trigger: key + "\npriority: -2\ncondition: =false")
            ),
        ])
        dialog.press("55")
        #expect(dialog.spoken == ["Hello", "B", "A"])
    }

    @Test("phrases are matched by their words, and two that fit equally are asked back")
    func phrases() throws {
        func topic(_ phrase: String) -> String {
            Dialog.topic(
                "- {kind: SendActivity, id: s, activity: \(phrase)}",
                trigger: "kind: OnRecognizedIntent\nintent: {displayName: \(phrase), triggerQueries: [\(phrase)]}")
        }
        let select = Dialog.topic(
            "- {kind: SetVariable, id: s, variable: System.Recognizer.SelectedIntent, value: =Last(System.Recognizer.IntentOptions)}",
            trigger: "kind: OnSelectIntent")
        let topics = [
            ("Start", Dialog.topic("- {kind: SendActivity, id: s, activity: Hello}")), ("Bill", topic("pay my bill")),
            ("Move", topic("move house")), ("Which", select),
        ]
        for (words, said) in [
            ("I would like to pay the bills", "pay my bill"), ("we are moving to another house", "move house"),
            ("pay my bill and move house", "move house"),
        ] {
            var dialog = try Dialog(topics)
            dialog.say(words)
            #expect(dialog.spoken.last == said, "\(words)")
        }
        var other = try Dialog(topics)
        other.say("what is the weather")
        #expect(other.spoken == ["Hello"])
    }
}

import AgentFiles
import Documents
import Testing

@testable import DialogCheck

/// The rules one at a time, each where it must speak and where it must not.
@Suite("Rules")
struct RuleTests {
    private static let question = """
        - kind: Question
          id: ask
          variable: Topic.Choice
          prompt: Press 1 for tea.
          defaultValue: =""
          voiceInputSettings:
            silenceDetectionTimeoutInMilliseconds: 5000
            defaultValueOnSilence: =""
          entity:
            kind: ClosedListEntity
            items:
              - id: tea
                dtmfKey: Num1

        """

    @Test("a loop is one unless something in it waits or changes what it ends by")
    func loops() {
        let bare = "- kind: SendActivity\n  id: a\n  activity: hello\n- kind: GotoAction\n  id: b\n  actionId: a\n"
        #expect(Fixtures.findings(bare) == ["8 loop-without-input"])
        #expect(Fixtures.findings(RuleTests.question + bare.replacing("actionId: a", with: "actionId: ask")) == [])
        let counted = """
            - kind: SetVariable
              id: count
              variable: Topic.N
              value: =Topic.N + 1
            - kind: ConditionGroup
              id: decide
              conditions:
                - condition: =Topic.N < 3
                  actions:
                    - kind: GotoAction
                      id: again
                      actionId: count

            """
        #expect(Fixtures.findings(counted) == [])
        #expect(Fixtures.findings(counted.replacing("Topic.N < 3", with: "System.Bot.Name = \"x\"")) == [])
        let stuck = counted.replacing("variable: Topic.N", with: "variable: Topic.M")
            .replacing("=Topic.N + 1", with: "=1").replacing("Topic.N < 3", with: "Topic.K < 3")
        #expect(Fixtures.findings(stuck).contains("14 loop-without-input"))
    }

    @Test("a topic that calls itself without asking is a loop, and one that calls a topic which asks is none")
    func recursion() {
        let head = "kind: AdaptiveDialog\nbeginDialog:\n  kind: OnConversationStart\n  actions:\n"
        let call = "    - kind: BeginDialog\n      id: again\n      dialog: Start\n"
        func codes(_ topics: [String: String]) -> [String] {
            DialogCheck.findings(Fixtures.agent(topics), []).map { "\($0.file):\($0.line) \($0.code)" }
        }
        #expect(codes(["Start": head + call]) == ["Start:5 loop-without-input"])
        let ask = RuleTests.question.split(separator: "\n").map { "    \($0)\n" }.joined()
        #expect(codes(["Start": head + ask + call]) == [])
        let other = head.replacing("OnConversationStart", with: "OnRedirect") + ask
        let loop = "    - kind: BeginDialog\n      id: x\n      dialog: Other\n    - kind: RepeatDialog\n      id: r\n"
        #expect(codes(["Start": head + loop, "Other": other]) == [])
    }

    @Test("what stands behind an end is reported once, at its first action")
    func unreachable() {
        let text = """
            - kind: EndConversation
              id: a
            - kind: SendActivity
              id: b
              activity: x
            - kind: SendActivity
              id: c
              activity: y
            """
        #expect(Fixtures.findings(text) == ["7 unreachable-action"])
    }

    @Test("what follows a topic that never returns cannot be reached")
    func notReturning() {
        let start = """
            kind: AdaptiveDialog
            beginDialog:
              kind: OnConversationStart
              actions:
                - kind: BeginDialog
                  id: a
                  dialog: agent.topic.Other
                - kind: SendActivity
                  id: b
                  activity: x
            """
        let other =
            "kind: AdaptiveDialog\nbeginDialog:\n  kind: OnRedirect\n  actions:\n    - kind: KIND\n      id: e\n"
        func codes(_ kind: String) -> [String] {
            DialogCheck.findings(Fixtures.agent(["Start": start, "Other": other.replacing("KIND", with: kind)]), [])
                .map { "\($0.line) \($0.code)" }
        }
        #expect(codes("EndConversation") == ["8 unreachable-action"])
        #expect(codes("EndDialog") == [])
    }

    @Test(
        "a silence works in place, with a reason, for its rule, and only for warnings",
        arguments: [
            ("# parley: allow unreachable-action — later", []), ("# parley: allow unreachable -- later", []),
            ("# parley: allow unreachable-action", ["7 note-without-reason", "8 unreachable-action"]),
            ("# parley: allow no-exit — later", ["7 note-without-effect", "8 unreachable-action"]),
            ("# parley: allow unreachabel-action - later", ["7 note-unknown", "8 unreachable-action"]),
            ("# parley: deny everything — later", ["7 note-unknown", "8 unreachable-action"]),
            ("# parley: takes Topic.X — later", ["7 note-without-effect", "8 unreachable-action"]),
            ("# parley: waits for Topic.X — later", ["7 note-unknown", "8 unreachable-action"]),
            ("# parley: waits for Global.Caller", ["7 note-without-reason", "8 unreachable-action"]),
            ("# parley: waits for Global.Caller — its name is said", ["8 unreachable-action"]),
            ("# a comment", ["8 unreachable-action"]),
        ])
    func silences(note: String, expected: [String]) {
        let text = "- kind: EndDialog\n  id: a\n\(note)\n- kind: SendActivity\n  id: b\n  activity: x\n"
        #expect(Fixtures.findings(text) == expected)
    }

    @Test("a sensitive answer is followed through variables and topics to where it leaks")
    func sensitivity() {
        let start = """
            kind: AdaptiveDialog
            beginDialog:
              kind: OnConversationStart
              actions:
                - kind: Question
                  id: pin
                  variable: Topic.Pin
                  prompt: Your PIN, please.
                  defaultValue: =""
                  voiceInputSettings:
                    silenceDetectionTimeoutInMilliseconds: 5000
                    defaultValueOnSilence: =""
                  entity: { kind: NumberPrebuiltEntity, sensitivityLevel: Sensitive }
                - kind: SetVariable
                  id: twice
                  variable: Global.Twice
                  value: =Topic.Pin * 2
                - kind: BeginDialog
                  id: go
                  dialog: Other
                  input: { binding: { Half: "=Global.Twice / 4" } }
            """
        let other = """
            kind: AdaptiveDialog
            beginDialog:
              kind: OnRedirect
              actions:
                - kind: SendActivity
                  id: say
                  activity: It is {Topic.Half} and {Len(Global.Twice)}.
                - kind: HttpRequestAction
                  id: ask
                  url: https://a.example/?x={Topic.Half}
                  errorHandling: { kind: RaiseErrorBehavior }

            """
        func codes(_ other: String) -> [String] {
            DialogCheck.findings(Fixtures.agent(["Start": start, "Other": other]), [])
                .map { "\($0.line):\($0.column) \($0.code)" }
        }
        #expect(codes(other) == ["7:24 sensitive-prompt", "7:45 sensitive-prompt", "10:34 sensitive-request"])
        let declared = other.replacing("      url:", with: "      # parley: takes Topic.Half — needed\n      url:")
        #expect(codes(declared) == ["7:24 sensitive-prompt", "7:45 sensitive-prompt"])
    }

    @Test("the exits of a question are followed on silence and after wrong answers")
    func exits() {
        #expect(Fixtures.findings(RuleTests.question) == [])
        func without(_ text: String) -> [String] { Fixtures.findings(RuleTests.question.replacing(text, with: "")) }
        #expect(without("  defaultValue: =\"\"\n") == ["5 no-exit"])
        #expect(without("    defaultValueOnSilence: =\"\"\n") == ["5 no-exit"])
        #expect(without("    silenceDetectionTimeoutInMilliseconds: 5000\n") == ["5 no-exit"])
        #expect(
            Fixtures.findings(
                RuleTests.question.replacing("    silenceDetectionTimeoutInMilliseconds: 5000\n", with: ""),
                settings: "speechSettings: { silenceDetectionTimeoutInMilliseconds: 4000 }") == [])
        let zero = RuleTests.question.replacing("Milliseconds: 5000", with: "Milliseconds: 0")
        #expect(Fixtures.findings(zero) == ["11 no-exit"])
    }

    @Test("keys of other languages are not guessed at")
    func otherLanguages() {
        let german = RuleTests.question.replacing("Press 1 for tea.", with: "Für Tee drücken Sie die Eins.")
        #expect(Fixtures.findings(german) == ["17 key-not-announced"])
        #expect(Fixtures.findings(german, settings: "language: de-DE") == [])
    }
}

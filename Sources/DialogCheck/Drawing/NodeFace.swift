import AgentFiles
import Telephony

/// What a node of the drawing shows.
struct NodeFace {
    /// The colour family and shape.
    enum Style: String {
        case start, say, ask, decide, set, outside, transfer, jump, end, hang, other
    }

    struct Chip {
        let key: String
        let text: String
    }

    var style: Style
    /// A word for the kind.
    var caption: String
    var lines: [String] = []
    var chips: [Chip] = []
    /// The topic that it leads to.
    var link: Int?
    /// What a pointer that rests on it tells.
    var tip = ""

    /// Pixels.
    enum Measure {
        static let width = 222.0
        static let padding = 10.0
        static let caption = 15.0
        static let line = 15.0
        static let chip = 19.0
        static let letters = 12.0
        static let small = 10.5
        static var inner: Double { width - 2 * padding - 8 }
    }

    var isPill: Bool { [.start, .end, .hang].contains(style) }

    var size: LayeredLayout.Size {
        if isPill {
            let text = ([caption] + lines).joined(separator: " ")
            return LayeredLayout.Size(width: min(280, TextWidth.of(text, size: Measure.letters) + 34), height: 26)
        }
        let body = Double(lines.count) * Measure.line + Double(chipRows.count) * Measure.chip
        return LayeredLayout.Size(width: Measure.width, height: 8 + Measure.caption + body + 8)
    }

    /// The chips, as many in a row as fit.
    var chipRows: [[Chip]] {
        var rows: [[Chip]] = []
        var room = 0.0
        for chip in chips {
            let width = NodeFace.width(of: chip) + 4
            if width > room {
                rows.append([])
                room = Measure.inner + 4
            }
            rows[rows.count - 1].append(chip)
            room -= width
        }
        return rows
    }

    static func width(of chip: Chip) -> Double {
        min(Measure.inner, TextWidth.of(chip.text, size: Measure.small) + (chip.key.isEmpty ? 12 : 28))
    }
}

/// Makes the faces of a graph's nodes.
struct FaceMaker {
    let graph: DialogGraph

    func face(_ node: Int) -> NodeFace {
        let entry = graph.nodes[node]
        switch entry.role {
        case .start: return startFace(entry.topic)
        case .end: return NodeFace(style: .end, caption: "topic ends")
        case .hangUp: return NodeFace(style: .hang, caption: "hangs up")
        case .action(let action):
            var face = actionFace(action, entry.topic)
            face.tip =
                "\(action.kind) \(action.id), line \(action.place.line)" + (face.tip.isEmpty ? "" : "\n\(face.tip)")
            return face
        }
    }

    // MARK: - Triggers

    private func startFace(_ topic: Int) -> NodeFace {
        let outline = graph.agent.topics[topic]
        let trigger = outline.trigger
        let caption: String
        switch outline.triggerKind {
        case "OnConversationStart": caption = "call begins"
        case "OnDtmfKeyPress": caption = "key \(FaceMaker.key(trigger?["dtmfKey"]?.string))"
        case "OnUnknownDtmfKey": caption = "any other key"
        case "OnSilence": caption = "silence" + FaceMaker.seconds(trigger?["silenceDetectionTimeoutInMilliseconds"])
        case "OnUnrecognizedSpeech": caption = "words not understood"
        case "OnInactivity": caption = "nothing happens"
        case "OnSelectIntent": caption = "several topics fit"
        case "OnAnsweringMachineDetected": caption = "answering machine"
        case "OnUnknownIntent": caption = "no topic fits"
        case "OnEscalate": caption = "escalation"
        case "OnError": caption = "error"
        case "OnRedirect", "OnSystemRedirect": caption = "begun by a topic"
        case "OnRecognizedIntent":
            let phrases = (trigger?.at("intent", "triggerQueries")?.items ?? []).compactMap(\.string)
            let shown = phrases.prefix(2).map { "“\($0)”" }.joined(separator: ", ")
            caption = phrases.isEmpty ? "words" : shown + (phrases.count > 2 ? ", …" : "")
        default: caption = outline.triggerKind.isEmpty ? "no trigger" : outline.triggerKind
        }
        return NodeFace(style: .start, caption: TextWidth.cut(caption, size: NodeFace.Measure.letters, width: 240))
    }

    static func key(_ name: String?) -> String {
        guard let name, let digit = Digit(mappingKey: name) else { return name ?? "?" }
        return digit.description
    }

    private static func seconds(_ value: SourceValue?) -> String {
        value?.integer.map { " of \(SVGWriter.number(Double($0) / 1_000)) s" } ?? ""
    }

    // MARK: - Actions

    private func actionFace(_ action: ActionOutline, _ topic: Int) -> NodeFace {
        switch action.kind {
        case "SendActivity": return said(.say, "say", action.value["activity"], lines: 3)
        case "Question": return questionFace(action)
        case "CSATQuestion": return text(.ask, "ask for a rating", "")
        case "ConditionGroup": return text(.decide, "decide", "")
        case "ActionScope", "DisconnectedNodeContainer": return text(.set, "group of actions", "")
        case "Foreach": return text(.decide, "for each", plain(action.value["items"]))
        case "SetVariable", "SetTextVariable":
            return text(.set, "set", "\(variable(action.value["variable"])) = \(plain(action.value["value"]))")
        case "SetMultipleVariables":
            let names = (action.value["assignments"]?.items ?? []).map { variable($0["variable"]) }
            return text(.set, "set", names.joined(separator: ", "))
        case "ParseValue", "EditTable", "EditTableV2", "ResetVariable":
            let name = variable(action.value["variable"] ?? action.value["itemsVariable"])
            return text(
                .set,
                action.kind == "ParseValue" ? "parse into" : action.kind.hasPrefix("EditTable") ? "edit" : "reset", name
            )
        case "ClearAllVariables": return text(.set, "clear variables", "")
        case "HttpRequestAction":
            return text(
                .outside, "ask " + (action.value["method"]?.string ?? "Get").uppercased(), plain(action.value["url"]))
        case "InvokeFlowAction": return text(.outside, "ask a flow", plain(action.value["flowId"]))
        case "AnswerQuestionWithAI", "SearchAndSummarizeContent":
            return text(.outside, "ask a model", plain(action.value["userInput"]))
        case "LogCustomTelemetryEvent": return text(.set, "log", plain(action.value["eventName"]))
        case "TransferConversation", "TransferConversationV2": return transferFace(action)
        case "Parley.Queue": return text(.transfer, "wait for an agent", plain(action.value["queue"]))
        case "Parley.Consult": return text(.transfer, "ask an expert in", plain(action.value["expert"]))
        case "Parley.Hold": return text(.transfer, "hold for seconds", plain(action.value["seconds"]))
        case "Parley.Whisper": return text(.transfer, "tell who takes the call", plain(action.value["message"]))
        case "Parley.Voicemail": return text(.transfer, "leave a message for", plain(action.value["queue"]))
        case "Parley.Callback": return text(.transfer, "call the caller back for", plain(action.value["queue"]))
        case "Parley.Swarm": return text(.transfer, "confer with experts", plain(action.value["experts"]))
        case "BeginDialog", "ReplaceDialog":
            var face = text(.jump, action.kind == "BeginDialog" ? "begin topic" : "replace by topic", "")
            let name = action.value["dialog"]?.string ?? ""
            face.link = graph.agent.topicIndex(named: name)
            face.lines = ["→ " + (face.link.map { graph.agent.topics[$0].name } ?? name)]
            return face
        case "GotoAction": return text(.jump, "go to", action.value["actionId"]?.string ?? "")
        case "RepeatDialog": return text(.jump, "repeat this topic", "")
        case "BreakLoop": return text(.jump, "leave the loop", "")
        case "ContinueLoop": return text(.jump, "next round", "")
        case "EndDialog", "CancelDialog": return NodeFace(style: .end, caption: "end topic")
        case "CancelAllDialogs": return NodeFace(style: .end, caption: "end all topics")
        case "EndConversation": return NodeFace(style: .end, caption: "end call")
        default: return text(.other, action.kind.isEmpty ? "no kind" : action.kind, "")
        }
    }

    private func text(_ style: NodeFace.Style, _ caption: String, _ body: String, lines: Int = 2) -> NodeFace {
        var face = NodeFace(style: style, caption: caption)
        face.lines = TextWidth.lines(
            body, size: NodeFace.Measure.letters, width: NodeFace.Measure.inner, atMost: lines)
        face.tip = body
        return face
    }

    private func said(_ style: NodeFace.Style, _ caption: String, _ value: SourceValue?, lines: Int) -> NodeFace {
        let message = SpokenMessage(value)
        let body = message.variants.first.map { FaceMaker.spoken($0.value.string ?? "") } ?? ""
        let more = message.variants.count > 1 ? " (\(message.variants.count) variants)" : ""
        return text(style, caption + more, body, lines: lines)
    }

    private func questionFace(_ action: ActionOutline) -> NodeFace {
        var face = said(.ask, "ask → \(variable(action.value["variable"]))", action.value["prompt"], lines: 3)
        face.caption = TextWidth.cut(face.caption, size: NodeFace.Measure.small, width: NodeFace.Measure.inner - 40)
        guard let entity = QuestionEntity(action, in: graph.agent) else { return face }
        if let list = entity.list {
            face.chips = zip(list.items, entity.keysOfItems).map { item, key in
                NodeFace.Chip(
                    key: key?.description ?? "", text: item["displayName"]?.string ?? item["id"]?.string ?? "")
            }
        } else {
            face.chips = [NodeFace.Chip(key: "", text: FaceMaker.answer(entity))]
        }
        if entity.isSensitive { face.chips.append(NodeFace.Chip(key: "", text: "sensitive")) }
        return face
    }

    private static func answer(_ entity: QuestionEntity) -> String {
        let kind = entity.kind.hasSuffix("PrebuiltEntity") ? String(entity.kind.dropLast(14)) : entity.kind
        let names = [
            "Boolean": "yes or no", "RegexEntity": "a pattern", "RegexEntityReference": "a pattern",
            "DynamicClosedListEntity": "choices from a table", "OneOfMultiEntityReference": "one of several",
        ]
        let name = names[kind] ?? kind.lowercased()
        guard let options = entity.termination else { return name }
        switch options["kind"]?.string {
        case "FixedLengthTermination": return "\(name), \(options["length"]?.string ?? "?") digits"
        case "FlexibleLengthTermination":
            return "\(name), \(options["minLength"]?.string ?? "1") to \(options["maxLength"]?.string ?? "?") digits"
        default: return "\(name), ended by a key"
        }
    }

    private func transferFace(_ action: ActionOutline) -> NodeFace {
        let type = action.value["transferType"] ?? action.value
        let number = type["phoneNumber"] ?? type["telephoneNumber"]
        let body =
            number == nil ? SpokenMessage(type["messageToAgent"]).variants.first?.value.string ?? "" : plain(number)
        return text(.transfer, number == nil ? "transfer to an agent" : "transfer to a number", body)
    }

    // MARK: - Texts

    private func variable(_ value: SourceValue?) -> String {
        let text = value?.string ?? "?"
        let bare = text.hasPrefix("init:") ? String(text.dropFirst(5)) : text
        return bare.hasPrefix("Topic.") ? String(bare.dropFirst(6)) : bare
    }

    private func plain(_ value: SourceValue?) -> String {
        let text = value?.string ?? (value == nil ? "" : "…")
        return FaceMaker.short(text.hasPrefix("=") ? String(text.dropFirst()) : text)
    }

    /// A formula as the drawing shows it: without the scope that nearly all variables have.
    static func short(_ formula: String) -> String {
        formula.split(separator: "Topic.", omittingEmptySubsequences: false).joined()
    }

    /// Without its tags.
    static func spoken(_ text: String) -> String {
        var result = ""
        var isTag = false
        for character in text {
            if character == "<" { isTag = true }
            if !isTag { result.append(character) }
            if character == ">" { isTag = false }
        }
        return short(result.isEmpty ? "♪ audio" : result)
    }
}

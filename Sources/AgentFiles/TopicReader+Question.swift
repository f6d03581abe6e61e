import CallFlow
import Documents
import Formula
import Telephony
import Yams

// Questions and what they want to hear.

extension TopicReader {
    mutating func question(_ node: Node) -> Question? {
        let prompt = node.member("prompt").map { message($0, "prompt") }
        let variable = node.member("variable").flatMap { self.variable($0) }
        let entity = node.member("entity").flatMap { self.entity($0, "entity") }
        guard let prompt, let variable, let entity else { return nil }
        var question = Question(prompt: prompt, variable: variable, entity: entity)
        question.unrecognizedPrompt = node.member("unrecognizedPrompt").map { message($0, "unrecognizedPrompt") }
        question.invalidPrompt = node.member("invalidPrompt").map { message($0, "invalidPrompt") }
        question.defaultValueResponse = node.member("defaultValueResponse").map { message($0, "defaultValueResponse") }
        question.validation = node.member("validation").flatMap { condition($0, "validation") }
        question.repeatCount = repeats(node, "repeatCount")
        question.alwaysPrompt = setting(node, "alwaysPrompt", Bool.init(lowercased:)) ?? .constant(false)
        question.skipMode = word(node, "skipQuestionMode", Question.SkipMode.self) ?? .constant(.skipOnFirstExecution)
        question.defaultValue = node.member("defaultValue").flatMap { value($0, "defaultValue") }
        question.fallbackOnInvalid = node.member("fallbackDialogOnInvalidEntity").flatMap {
            dialogName($0, "fallbackDialogOnInvalidEntity")
        }
        if let policy = node.member("interruptionPolicy") {
            question.allowsInterruption = policy.text("allowInterruption") != "false"
            if let filter = policy.member("interruptionTopicListFilter") {
                question.interruptingTopics = filter.items("allowedInterruptTopics").compactMap(\.string)
            }
        }
        if let voice = node.member("voiceInputSettings") { question.voice = voiceInput(voice) }
        if let hold = node.member("holdSettings") { question.hold = holdSettings(hold, "holdSettings") }
        return question
    }

    private mutating func repeats(_ node: Node, _ name: String) -> Setting<Int> {
        let setting = count(node, name) ?? .constant(2)
        if let value = setting.constant, !(0...100).contains(value) {
            complain("'\(name)' is from 0 to 100", at: node.member(name), code: "wrong-type")
        }
        return setting
    }

    private mutating func voiceInput(_ node: Node) -> Question.VoiceInput {
        var voice = Question.VoiceInput()
        voice.silenceTimeoutInMilliseconds = milliseconds(node, "silenceDetectionTimeoutInMilliseconds")
        voice.recognitionTimeoutInMilliseconds = milliseconds(node, "speechRecognitionTimeoutInMilliseconds")
        voice.utteranceEndTimeoutInMilliseconds = milliseconds(node, "utteranceEndTimeoutInMilliseconds")
        voice.repeatCountOnSilence = repeats(node, "repeatCountOnSilence")
        voice.inputTimeoutResponse = node.member("inputTimeoutResponse").map { message($0, "inputTimeoutResponse") }
        voice.defaultValueOnSilence = node.member("defaultValueOnSilence").flatMap {
            value($0, "defaultValueOnSilence")
        }
        voice.missingAction =
            word(node, "defaultValueMissingAction", Question.DefaultValueMissingAction.self) ?? .constant(.hangUp)
        voice.fallbackOnSilence = node.member("fallbackDialogOnSilence").flatMap {
            dialogName($0, "fallbackDialogOnSilence")
        }
        if voice.missingAction.constant == .goToDialog, voice.fallbackOnSilence == nil {
            complain(
                "GoToDialog needs 'fallbackDialogOnSilence' to go to", at: node.member("defaultValueMissingAction"),
                code: "no-exit")
        }
        if voice.missingAction.constant == .setValue, voice.defaultValueOnSilence == nil {
            complain(
                "SetValue needs 'defaultValueOnSilence' to set", at: node.member("defaultValueMissingAction"),
                code: "no-exit")
        }
        voice.sensitivity = setting(node, "speechRecognitionSensitivity", Double.init(_:))
        voice.speedVersusAccuracy = setting(node, "speechRecognitionSpeedVsAccuracy", Double.init(_:))
        voice.wordsetsWeight = setting(node, "wordsetsWeightValue", Double.init(_:))
        return voice
    }

    mutating func holdSettings(_ node: Node, _ property: String) -> HoldSettings {
        var hold: HoldSettings
        switch node.text("kind") {
        case "DoNotHoldSettings": return HoldSettings(mode: .never)
        case "AutomaticHoldSettings": hold = HoldSettings(mode: .automatic)
        default: hold = HoldSettings(mode: .onRequest)
        }
        hold.holdWords = node.items("holdWords").compactMap(\.string)
        hold.resumeWords = node.items("resumeWords").compactMap(\.string)
        hold.holdMessage = node.member("holdMessage").map { line($0, "\(property).holdMessage") }
        hold.timeoutMessage = node.member("holdTimeoutMessage").map { line($0, "\(property).holdTimeoutMessage") }
        hold.resumeResponse = node.member("resumeResponse").map { line($0, "\(property).resumeResponse") }
        hold.timeoutInMilliseconds = milliseconds(node, "holdTimeoutInMilliseconds") ?? .constant(15_000)
        hold.repeatCount = count(node, "holdRepeatCount") ?? .constant(2)
        if let music = node.member("holdMusic"), music.string != "string.Empty", music.string != "" {
            hold.music = template(music, "\(property).holdMusic")
            if let path = music.string, hold.music?.isConstant == true { checkAudio(path, music, hasFallback: false) }
        }
        return hold
    }

    // MARK: - Entities

    mutating func entity(_ node: Node, _ property: String) -> Entity? {
        let name = node.string ?? node.text("kind") ?? ""
        var entity: Entity
        switch name {
        case "EmbeddedEntity":
            guard let definition = node.member("definition"),
                var inner = self.entity(definition, property + ".definition")
            else { return nil }
            inner.isSensitive = inner.isSensitive || node.text("sensitivityLevel") == "Sensitive"
            return inner
        case "ClosedListEntity": entity = closedList(node)
        case "ClosedListEntityReference":
            guard let referred = reference(node, "ClosedListEntity") else { return nil }
            entity = closedList(referred)
            if case .closedList(let items, let isSmart) = entity.kind {
                entity.kind = .closedList(selected(items, node), isSmart: isSmart)
            }
        case "RegexEntity", "RegexEntityReference":
            guard let definition = name == "RegexEntity" ? node : reference(node, "RegexEntity"),
                let pattern = pattern(definition, property)
            else { return nil }
            entity = Entity(kind: .pattern(pattern))
        case "DynamicClosedListEntity":
            guard let items = node.member("items").flatMap({ expression($0, property + ".items") }) else {
                complain(
                    "a DynamicClosedListEntity needs 'items', a formula that gives a table", at: node,
                    code: "missing-property")
                return nil
            }
            entity = Entity(kind: .dynamicList(items))
        case "BooleanPrebuiltEntity": entity = Entity(kind: .boolean)
        case "OneOfMultiEntityReference": entity = Entity(kind: .oneOf(choices(node, property)))
        default:
            guard let known = Entity.Prebuilt(rawValue: name.replacingSuffix("PrebuiltEntity")) else { return nil }
            entity = Entity(kind: .prebuilt(known))
        }
        finish(&entity, node)
        return entity
    }

    private mutating func finish(_ entity: inout Entity, _ node: Node) {
        entity.isSensitive = entity.isSensitive || node.text("sensitivityLevel") == "Sensitive"
        entity.allowsMultipleValues = node.text("allowMultipleValues") == "true"
        entity.ambiguity = node.text("ambiguousResolutionBehavior") == "PreferPast" ? .past : .future
        if node.text("ambiguousResolutionBehavior") == "PromptForDisambiguation" {
            complain(
                "'ambiguousResolutionBehavior' PromptForDisambiguation does nothing on a call: a day that could be two is the next one; write PreferFuture or PreferPast",
                at: node.member("ambiguousResolutionBehavior"), code: "no-effect", isError: false)
        }
        if let options = node.member("dtmfMultipleChoiceOptions") {
            entity.choices = Entity.ChoiceOptions(
                generatesKeys: setting(options, "generateMapping", Bool.init(lowercased:)) ?? .constant(false),
                readsOutOptions: setting(options, "readOutOptions", Bool.init(lowercased:)) ?? .constant(true))
        }
        if let options = node.member("dtmfOptions") { entity.termination = termination(options) }
    }

    private mutating func choices(_ node: Node, _ property: String) -> [(property: String, entity: Entity)] {
        node.items("entities").enumerated().compactMap { index, item in
            guard let name = item.text("propertyName"),
                let entity = item.member("entity").flatMap({ self.entity($0, "\(property).entities.\(index)") })
            else { return nil }
            return (name, entity)
        }
    }

    /// The document of an entity that a question names.
    private mutating func reference(_ node: Node, _ kind: String) -> Node? {
        guard let name = node.text("entityId") else { return nil }
        if let known = context.entity(named: name), known.text("kind") == kind { return known }
        let nearest = nearestName(to: name, among: context.entityNames)
        complain(
            "there is no entity \(name) of the kind \(kind) in entities/"
                + (nearest.map { "; did you mean \($0)?" } ?? ""),
            at: node.member("entityId"), code: "unknown-entity")
        return nil
    }

    /// The items of a list that a question takes, with the keys that it gives them.
    private mutating func selected(_ items: [Entity.Item], _ node: Node) -> [Entity.Item] {
        let selection = node.items("selectedItems")
        guard !selection.isEmpty else { return items }
        return selection.compactMap { node in
            let id = node.string ?? node.text("id") ?? ""
            guard var item = items.first(where: { $0.id == id }) else {
                complain("the list has no item \(id)", at: node, code: "unknown-choice")
                return nil
            }
            item.key = node.text("dtmfKey").flatMap(MappingKey.init(rawValue:))?.digit ?? item.key
            return item
        }
    }

    private mutating func closedList(_ node: Node) -> Entity {
        var items: [Entity.Item] = []
        for item in node.items("items") {
            guard let id = item.text("id") else { continue }
            let key = item.text("dtmfKey").flatMap(MappingKey.init(rawValue:))?.digit
            if let key, let other = items.first(where: { $0.key == key }) {
                complain(
                    "key \(key) is taken by \(other.id) already; give \(id) another", at: item.member("dtmfKey"),
                    code: "duplicate-key")
            }
            items.append(
                Entity.Item(
                    id: id, displayName: item.text("displayName") ?? id,
                    synonyms: item.items("synonyms").compactMap(\.string), key: key))
        }
        if items.isEmpty { complain("a closed list needs 'items'", at: node, code: "missing-property") }
        return Entity(kind: .closedList(items, isSmart: node.text("smartMatchingEnabled") != "false"))
    }

    /// A pattern as the formula that finds it: Power Fx's own regular expressions, which cannot backtrack without end.
    private mutating func pattern(_ node: Node, _ property: String) -> Expression? {
        guard let place = node.member("pattern"), let pattern = place.string, !pattern.isEmpty else {
            complain("a RegexEntity needs 'pattern'", at: node, code: "missing-property")
            return nil
        }
        let quoted = pattern.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        do throws(Formula.Diagnostic) {
            return try Expression("Match(Entity.Input, \"\(quoted)\", MatchOptions.IgnoreCase).FullMatch")
        } catch {
            complain("the pattern cannot be used: \(error.message)", at: place, code: "formula")
            return nil
        }
    }

    private mutating func termination(_ node: Node) -> DtmfTermination? {
        var termination: DtmfTermination
        switch node.text("kind") {
        case "FixedLengthTermination":
            guard let length = digits(node, "length") else {
                complain("FixedLengthTermination needs 'length'", at: node, code: "missing-property")
                return nil
            }
            termination = DtmfTermination(kind: .fixed(length: length))
        case "FlexibleLengthTermination":
            let least = digits(node, "minLength") ?? .constant(1)
            let most = digits(node, "maxLength") ?? .constant(64)
            if let low = least.constant, let high = most.constant, low > high {
                complain(
                    "'minLength' is above 'maxLength'; swap or correct them", at: node.member("minLength"),
                    code: "impossible-length")
            }
            termination = DtmfTermination(kind: .flexible(minLength: least, maxLength: most))
        case "KeyBasedTermination": termination = DtmfTermination(kind: .keyBased)
        default: return nil
        }
        termination.key = word(node, "key", TerminationKey.self)
        termination.acceptsVoice = setting(node, "acceptsVoice", Bool.init(lowercased:))
        termination.interdigitTimeoutInMilliseconds = milliseconds(node, "interdigitTimeoutInMilliseconds")
        termination.terminationTimeoutInMilliseconds = milliseconds(node, "terminationTimeoutInMilliseconds")
        return termination
    }

    /// A number of keys, 1 to 64.
    private mutating func digits(_ node: Node, _ name: String) -> Setting<Int>? {
        guard let setting = count(node, name) else { return nil }
        if let value = setting.constant, !(1...64).contains(value) {
            complain("'\(name)' is from 1 to 64", at: node.member(name), code: "impossible-length")
            return nil
        }
        return setting
    }
}

extension String {
    fileprivate func replacingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}

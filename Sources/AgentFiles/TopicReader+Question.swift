import CallFlow
import Documents
import Formula
import Telephony
import Yams

// Questions, messages and the formulas in them.

extension TopicReader {
    func question(_ map: inout MappingReader) -> Action.Kind? {
        let prompt = map.value("prompt").flatMap { message($0) }
        let path = variable("variable", &map)
        let entity = map.value("entity").flatMap { self.entity($0) }
        if prompt == nil { map.complain("a Question needs 'prompt'") }
        if map.value("entity") == nil { map.complain("a Question needs 'entity'") }
        guard let prompt, let path, let entity else {
            _ = map.rest()
            return nil
        }
        var question = Question(prompt: prompt, variable: path, entity: entity)
        question.unrecognizedPrompt = map.value("unrecognizedPrompt").flatMap { message($0) }
        question.invalidPrompt = map.value("invalidPrompt").flatMap { message($0) }
        question.validation = map.string("validation").flatMap { expression($0, &map, "validation") }
        question.repeatCount = map.number("repeatCount", in: 0...10).map { Int($0) } ?? 2
        question.alwaysPrompt = map.boolean("alwaysPrompt") ?? false
        question.defaultValue = map.value("defaultValue").flatMap { valueExpression($0, &map) }
        if map.string("skipQuestionMode") == "AlwaysAsk" { question.alwaysPrompt = true }
        if let node = map.value("interruptionPolicy"),
            var policy = MappingReader(node, "an interruption policy", file: file, collector: collector)
        {
            question.allowsInterruption = policy.boolean("allowInterruption") ?? true
            policy.refuseOthers()
        }
        if let node = map.value("voiceInputSettings") { readVoice(node, into: &question) }
        return .question(question)
    }

    private func readVoice(_ node: Node, into question: inout Question) {
        guard var map = MappingReader(node, "voiceInputSettings", file: file, collector: collector) else { return }
        func milliseconds(_ name: String) -> Int? { map.number(name, in: 0...600_000).map { Int($0) } }
        question.silenceTimeoutInMilliseconds = milliseconds("silenceDetectionTimeoutInMilliseconds")
        question.speechRecognitionTimeoutInMilliseconds = milliseconds("speechRecognitionTimeoutInMilliseconds")
        question.utteranceEndTimeoutInMilliseconds = milliseconds("utteranceEndTimeoutInMilliseconds")
        question.repeatCountOnSilence = map.number("repeatCountOnSilence", in: 0...10).map { Int($0) } ?? 2
        question.inputTimeoutResponse = map.value("inputTimeoutResponse").flatMap { message($0) }
        question.fallbackOnSilence = map.string("fallbackDialogOnSilence")
        question.missingAction =
            map.word("defaultValueMissingAction", of: Question.DefaultValueMissingAction.self) ?? .hangUp
        question.defaultValueOnSilence = map.value("defaultValueOnSilence").flatMap { valueExpression($0, &map) }
        map.refuseOthers()
    }

    // MARK: - Entities

    private func entity(_ node: Node) -> Entity? {
        if let name = node.string { return plainEntity(name, node) }
        guard var map = MappingReader(node, "an entity", file: file, collector: collector),
            let kind = map.requiredString("kind")
        else { return nil }
        defer { map.refuseOthers() }
        let isSensitive = map.string("sensitivityLevel") == "Sensitive"
        switch kind {
        case "EmbeddedEntity":
            guard let definition = map.value("definition"), var inner = entity(definition) else { return nil }
            inner.isSensitive = inner.isSensitive || isSensitive
            return inner
        case "ClosedListEntity": return Entity(kind: .closedList(items(&map)), isSensitive: isSensitive)
        case "BooleanPrebuiltEntity":
            let options = map.value("dtmfMultipleChoiceOptions")
            return Entity(kind: .boolean(hasKeys: options != nil), isSensitive: isSensitive)
        case "NumberPrebuiltEntity":
            return Entity(kind: .number(termination(&map)), isSensitive: isSensitive)
        case "StringPrebuiltEntity", "ZipCodePrebuiltEntity", "PhoneNumberPrebuiltEntity":
            return Entity(kind: .string(termination(&map)), isSensitive: isSensitive)
        default:
            map.complain("the entity \(kind) is not supported", at: map.value("kind"))
            _ = map.rest()
            return nil
        }
    }

    private func plainEntity(_ name: String, _ node: Node) -> Entity? {
        switch name {
        case "BooleanPrebuiltEntity": return Entity(kind: .boolean(hasKeys: true))
        case "NumberPrebuiltEntity": return Entity(kind: .number(nil))
        case "StringPrebuiltEntity", "ZipCodePrebuiltEntity", "PhoneNumberPrebuiltEntity":
            return Entity(kind: .string(nil))
        default:
            collector.add(
                Diagnostic(
                    file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0,
                    message: "the entity \(name) is not supported"))
            return nil
        }
    }

    private func items(_ map: inout MappingReader) -> [Entity.Item] {
        var generates = false
        if let node = map.value("dtmfMultipleChoiceOptions"),
            var options = MappingReader(node, "options", file: file, collector: collector)
        {
            generates = options.boolean("generateMapping") ?? false
            _ = options.boolean("readOutOptions")
            options.refuseOthers()
        }
        var items: [Entity.Item] = []
        for (index, node) in map.list("items").enumerated() {
            guard var item = MappingReader(node, "a list item", file: file, collector: collector),
                let id = item.requiredString("id")
            else { continue }
            var key = item.word("dtmfKey", of: MappingKey.self)?.digit
            if key == nil, generates, index < 9 { key = Digit(code: UInt8(index + 1)) }
            if let key, let other = items.first(where: { $0.key == key }) {
                item.complain(
                    "key \(key) is taken by \(other.id) already; give \(id) another", at: item.value("dtmfKey"))
            }
            items.append(
                Entity.Item(
                    id: id, displayName: item.string("displayName") ?? id,
                    synonyms: item.list("synonyms").compactMap(\.string), key: key))
            item.refuseOthers()
        }
        if items.isEmpty { map.complain("a closed list needs 'items'") }
        return items
    }

    private func termination(_ map: inout MappingReader) -> DtmfTermination? {
        guard let node = map.value("dtmfOptions"),
            var options = MappingReader(node, "dtmfOptions", file: file, collector: collector),
            let kind = options.requiredString("kind")
        else { return nil }
        defer { options.refuseOthers() }
        func count(_ name: String) -> Int? { options.number(name, in: 1...64).map { Int($0) } }
        var termination: DtmfTermination
        switch kind {
        case "FixedLengthTermination":
            guard let length = count("length") else {
                options.complain("FixedLengthTermination needs 'length'")
                return nil
            }
            termination = DtmfTermination(kind: .fixed(length: length))
        case "FlexibleLengthTermination":
            let least = count("minLength") ?? 1
            termination = DtmfTermination(
                kind: .flexible(minLength: least, maxLength: max(least, count("maxLength") ?? 64)))
        case "KeyBasedTermination": termination = DtmfTermination(kind: .keyBased)
        default:
            options.complain(
                "dtmfOptions is FixedLengthTermination, FlexibleLengthTermination or KeyBasedTermination, not \(kind)",
                at: options.value("kind"))
            return nil
        }
        termination.key = options.word("key", of: TerminationKey.self)?.digit
        termination.acceptsVoice = options.boolean("acceptsVoice") ?? true
        termination.interdigitTimeoutInMilliseconds = options.number("interdigitTimeoutInMilliseconds", in: 0...600_000)
            .map { Int($0) }
        termination.terminationTimeoutInMilliseconds = options.number(
            "terminationTimeoutInMilliseconds", in: 0...600_000
        ).map { Int($0) }
        return termination
    }

    // MARK: - Messages

    /// A message: a text, a list of variants, or a mapping with `speak` or `text`.
    ///
    /// `allowBargeIn` lets keys and speech interrupt it or neither; `parley.bargeIn` tells them apart.
    func message(_ node: Node) -> Message? {
        if case .mapping = node {
            guard var map = MappingReader(node, "a message", file: file, collector: collector) else { return nil }
            _ = map.string("kind")
            let allows = map.boolean("allowBargeIn") ?? true
            let permission = map.word("parley.bargeIn", of: BargeInPermission.self)
            let speak = map.value("speak")
            let text = map.value("text")
            map.refuseOthers()
            guard let source = speak ?? text else {
                map.complain("a message needs 'speak' or 'text'")
                return nil
            }
            return Message(variants: variants(source), bargeIn: permission ?? (allows ? .keysAndSpeech : .nothing))
        }
        return Message(variants: variants(node))
    }

    private func variants(_ node: Node) -> [[Message.Part]] {
        if case .sequence(let sequence) = node { return sequence.map { parts($0) } }
        return [parts(node)]
    }

    private func parts(_ node: Node) -> [Message.Part] {
        SSML(node.string ?? "").pieces.compactMap { piece in
            switch piece {
            case .pause(let milliseconds): return .pause(milliseconds: milliseconds)
            case .audio(let path):
                let full = folder + "/" + path
                if !fileExists(full) {
                    collector.add(
                        Diagnostic(
                            file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0,
                            message: "the audio file \(path) is not in the agent's folder"))
                }
                return .audioFile(path)
            case .text(let text):
                do throws(Formula.Diagnostic) {
                    return .text(try Template(text))
                } catch {
                    complain(error, in: node)
                    return nil
                }
            }
        }
    }

    func messageText(_ node: Node) -> String? {
        if let text = node.string { return text }
        guard var map = MappingReader(node, "a message", file: file, collector: collector) else { return nil }
        _ = map.string("kind")
        return (map.value("text") ?? map.value("speak")).flatMap { $0.string ?? $0.sequence?.first?.string }
    }

    // MARK: - Formulas

    func variable(_ name: String, _ map: inout MappingReader) -> VariablePath? {
        guard let text = map.string(name) else { return nil }
        guard let path = VariablePath(text) else {
            map.complain("'\(text)' is no variable; write Topic.Name or Global.Name", at: map.value(name))
            return nil
        }
        return path
    }

    func expression(_ text: String, _ map: inout MappingReader, _ name: String) -> Expression? {
        do throws(Formula.Diagnostic) {
            return try Expression(text)
        } catch {
            complain(error, in: map.value(name))
            return nil
        }
    }

    func template(_ text: String, _ map: inout MappingReader, _ name: String) -> Template? {
        do throws(Formula.Diagnostic) {
            return text.hasPrefix("=") ? Template(try Expression(text)) : try Template(text)
        } catch {
            complain(error, in: map.value(name))
            return nil
        }
    }

    /// A value: a formula when it begins with an equals sign, a literal otherwise.
    func valueExpression(_ node: Node, _ map: inout MappingReader) -> Expression? {
        guard case .scalar(let scalar) = node else {
            map.complain("a value is a formula that begins with '=' or a single literal", at: node)
            return nil
        }
        do throws(Formula.Diagnostic) {
            if scalar.string.hasPrefix("=") { return try Expression(scalar.string) }
            if scalar.style == .plain, Double(scalar.string) != nil || ["true", "false"].contains(scalar.string) {
                return try Expression(scalar.string)
            }
            return Expression(literal: scalar.string)
        } catch {
            complain(error, in: node)
            return nil
        }
    }

    private func complain(_ error: Formula.Diagnostic, in node: Node?) {
        let mark = node?.mark
        collector.add(
            Diagnostic(
                file: file, line: mark?.line ?? 0, column: (mark?.column ?? 1) + error.offset,
                message: "in the formula: \(error.message)"))
    }
}

import AgentFiles
import CallFlow
import Documents
import Formula
import Foundation
import Telephony
import Testing

/// The published schema of the language, from beside the repository.
private struct Schema {
    typealias Object = [String: Any]
    let definitions: [String: Object]

    /// `nil` when the schema is not there.
    init?() {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let url = root.appending(path: "../shared/reference/copilot-topics.schema.json")
        guard let data = try? Data(contentsOf: url),
            let object = try? JSONSerialization.jsonObject(with: data) as? Object,
            let definitions = object["definitions"] as? [String: Object]
        else { return nil }
        self.definitions = definitions
    }

    /// The object form of a definition.
    func object(_ name: String) -> Object? {
        guard let definition = definitions[name] else { return nil }
        if definition["properties"] != nil { return definition }
        let forms = definition["oneOf"] as? [Object] ?? []
        return forms.first { $0["properties"] != nil }
    }

    func properties(_ name: String) -> [(name: String, schema: Object)] {
        let properties = object(name)?["properties"] as? Object ?? [:]
        return properties.keys.sorted().compactMap { key in
            (properties[key] as? Object).map { (key, $0) }
        }
    }

    func required(_ name: String) -> [String] { object(name)?["required"] as? [String] ?? [] }

    func kind(_ name: String) -> String? {
        let properties = object(name)?["properties"] as? Object
        return (properties?["kind"] as? Object)?["const"] as? String
    }

    /// The kind of a definition, also of a variant that does not say so.
    func bareKind(_ name: String) -> String {
        kind(name) ?? (name.hasSuffix("NoKind") ? String(name.dropLast(6)) : name)
    }

    static func reference(_ schema: Object) -> String? {
        (schema["$ref"] as? String)?.split(separator: "/").last.map(String.init)
    }

    // MARK: - Samples

    /// A value that the schema allows, as JSON, which is YAML too.
    func sample(_ schema: Object, depth: Int = 0) -> Any {
        guard depth < 24 else { return "Topic.Sample" }
        if let name = Schema.reference(schema) { return sample(definition: name, depth: depth + 1) }
        if let constant = schema["const"] { return constant }
        if let words = schema["enum"] as? [Any], let first = words.first { return first }
        if let forms = schema["oneOf"] as? [Object], let first = forms.first {
            // Of entities, triggers and actions, those that need nothing.
            let simple = [
                "BooleanPrebuiltEntity", "OnConversationStart", "EndConversation", "InvokeFlowTaskAction",
                "MessageOptionalKind",
            ]
            let plain = forms.first { Schema.reference($0).map { simple.contains($0) } ?? false }
            return sample(plain ?? first, depth: depth + 1)
        }
        switch schema["type"] as? String {
        case "boolean": return true
        case "number", "integer": return 1
        case "array": return [sample(schema["items"] as? Object ?? ["type": "string"], depth: depth + 1)]
        case "object":
            guard schema["properties"] == nil else { return object(of: schema, adding: nil, depth: depth) }
            guard let inner = schema["additionalProperties"] as? Object else { return [String: Any]() }
            return ["name": sample(inner, depth: depth + 1)]
        case "string": return schema["pattern"] as? String == "=.*" ? "=Table({Value: 1})" : "Topic.Sample"
        default: return schema["default"] is Bool ? true as Any : 1
        }
    }

    /// What an object of a kind means nothing without, though the schema does not ask for it.
    private static var needed: [String: (name: String, value: Any)] {
        [
            "EditTable": ("value", "=1"), "DynamicClosedListEntity": ("items", "=Table({Value: 1})"),
            "FixedLengthTermination": ("length", 4), "RegexEntity": ("pattern", "a+"),
            "TransferConversationV2": ("transferType", ["kind": "TransferToAgent"]),
        ]
    }

    func sample(definition name: String, depth: Int) -> Any {
        guard let definition = definitions[name] else { return "Topic.Sample" }
        return sample(definition, depth: depth)
    }

    /// The smallest object, and one more property.
    func object(of schema: Object, adding extra: (name: String, value: Any)?, depth: Int = 0) -> Object {
        let properties = schema["properties"] as? Object ?? [:]
        var result: Object = [:]
        for name in schema["required"] as? [String] ?? [] where name != extra?.name {
            result[name] = sample(properties[name] as? Object ?? [:], depth: depth + 1)
        }
        if let kind = result["kind"] as? String, let needed = Schema.needed[kind] { result[needed.name] = needed.value }
        if properties["speak"] != nil { result["text"] = ["words"] }
        // Audio files are no part of a document: a formula gives their name.
        if let extra { result[extra.name] = extra.name == "holdMusic" ? "=\"music.wav\"" : extra.value }
        return result
    }

    // MARK: - Places

    /// Where a definition can stand: in a property of another.
    struct Place {
        var parent: String
        var property: String
        /// How the property holds it.
        var wrap: (Any) -> Any
    }

    /// A place for every definition that a dialog can hold, and the definitions in the order in which they are found.
    ///
    /// A place in what a call runs comes before one in what it does not.
    func places(from roots: [String]) -> (places: [String: Place], order: [String]) {
        var places: [String: Place] = [:]
        var order = roots
        for onlyWhatRuns in [true, false] {
            var next = 0
            while next < order.count {
                let parent = order[next]
                next += 1
                for (property, schema) in properties(parent) {
                    let use = LanguageUse(kind: bareKind(parent), property: property)
                    if onlyWhatRuns, use != .runs { continue }
                    for (child, wrap) in children(schema) where places[child] == nil && !roots.contains(child) {
                        guard object(child) != nil else { continue }
                        places[child] = Place(parent: parent, property: property, wrap: wrap)
                        order.append(child)
                    }
                }
            }
        }
        return (places, order)
    }

    private func children(_ schema: Object, depth: Int = 0) -> [(String, (Any) -> Any)] {
        guard depth < 8 else { return [] }
        if let name = Schema.reference(schema) {
            var found: [(String, (Any) -> Any)] = object(name) == nil ? [] : [(name, { $0 })]
            for form in definitions[name]?["oneOf"] as? [Object] ?? [] { found += children(form, depth: depth + 1) }
            return found
        }
        if let forms = schema["oneOf"] as? [Object] { return forms.flatMap { children($0, depth: depth + 1) } }
        if let items = schema["items"] as? Object {
            return children(items, depth: depth + 1).map { name, wrap in (name, { [wrap($0)] }) }
        }
        if let inner = schema["additionalProperties"] as? Object {
            return children(inner, depth: depth + 1).map { name, wrap in (name, { ["name": wrap($0)] }) }
        }
        return []
    }

    /// A whole document with one object of a definition in it, where it can stand.
    func document(_ name: String, _ value: Any, _ places: [String: Place]) -> Any {
        guard let place = places[name], let parent = object(place.parent) else { return whole(value) }
        let outer = object(of: parent, adding: (place.property, place.wrap(value)))
        return document(place.parent, outer, places)
    }

    /// A dialog with what every dialog has, though the schema does not ask for it.
    private func whole(_ value: Any) -> Any {
        guard var dialog = value as? Object else { return value }
        if dialog["kind"] as? String == "TaskDialog" {
            dialog["action"] = dialog["action"] ?? ["kind": "InvokeFlowTaskAction", "flowId": "Topic.Sample"]
        } else if dialog["triggers"] == nil {
            dialog["beginDialog"] = dialog["beginDialog"] ?? ["kind": "OnConversationStart", "id": "main"]
        }
        return dialog
    }
}

@Suite("Documents made from the published schema")
struct SchemaDocumentTests {
    private struct Outcome {
        var runs = 0
        var describes = 0
        var named = 0
    }

    @Test("each kind with each property is run or named")
    func everyProperty() throws {
        guard let schema = Schema() else {
            print("the schema ../shared/reference/copilot-topics.schema.json is not there: nothing is compared with it")
            return
        }
        let (places, order) = schema.places(from: ["AdaptiveDialog", "TaskDialog"])
        var kinds = Outcome()
        var properties = Outcome()
        for name in order {
            guard let object = schema.object(name) else { continue }
            count(
                try judge(schema, name, nil, schema.object(of: object, adding: nil), places), in: &kinds)
            for (property, inner) in schema.properties(name) where property != "kind" {
                let value = schema.object(of: object, adding: (property, schema.sample(inner)))
                count(try judge(schema, name, property, value, places), in: &properties)
            }
        }
        print(
            "schema: \(order.count) kinds: \(kinds.runs) run, \(kinds.named) named; "
                + "\(properties.runs + properties.describes + properties.named) properties: \(properties.runs) run, "
                + "\(properties.describes) describe, \(properties.named) named")
        #expect(kinds.runs > 100 && properties.runs > 200)
    }

    private func count(_ use: LanguageUse, in outcome: inout Outcome) {
        switch use {
        case .runs: outcome.runs += 1
        case .describes: outcome.describes += 1
        case .named: outcome.named += 1
        case .unknown: break
        }
    }

    /// What becomes of a document: it runs without a failure that says otherwise, or what is unsupported is named, with
    /// its line.
    private func judge(
        _ schema: Schema, _ name: String, _ property: String?, _ value: [String: Any], _ places: [String: Schema.Place]
    ) throws -> LanguageUse {
        let document = schema.document(name, value, places)
        var text = String(
            decoding: try JSONSerialization.data(withJSONObject: document, options: [.prettyPrinted, .sortedKeys]),
            as: UTF8.self)
        var actions = 0
        while let id = text.range(of: #""id" : "Topic.Sample""#) {
            actions += 1
            text.replaceSubrange(id, with: #""id" : "a\#(actions)""#)
        }
        let isRegex = text.contains("RegexEntityReference")
        let entity =
            isRegex
            ? "kind: RegexEntity\npattern: a+"
            : "kind: ClosedListEntity\nitems: [{id: Topic.Sample}, {id: a1}, {id: a2}]"
        let reading = AgentFolder.readTopic(
            text, name: "T", flows: ["Topic.Sample"], entities: ["Topic.Sample": entity])
        let place = "\(name)\(property.map { ".\($0)" } ?? "")"
        for diagnostic in reading.diagnostics {
            #expect(diagnostic.line > 0, "\(place): \(diagnostic)")
            #expect(
                diagnostic.code != "unknown-kind" && diagnostic.code != "unknown-property", "\(place): \(diagnostic)")
        }
        if let agent = reading.partial, reading.agent != nil { run(agent) }
        if !reading.diagnostics.isEmpty {
            let isNamed = reading.diagnostics.contains { diagnostic in
                ["unsupported", "no-effect"].contains(diagnostic.code)
                    || diagnostic.message.contains(schema.bareKind(name))
                    || property.map { diagnostic.message.contains($0) } ?? false
            }
            #expect(isNamed, "\(place) is not what is named: \(reading.diagnostics)")
            return .named
        }
        var use = LanguageUse(kind: schema.bareKind(name), property: property)
        var parent = places[name]
        while use == .unknown, let outer = parent {
            if LanguageUse(kind: schema.bareKind(outer.parent), property: outer.property) == .describes {
                use = .describes
            }
            parent = places[outer.parent]
        }
        #expect(use != .unknown, "\(place) is neither run nor named")
        return use == .named ? .describes : use
    }

    /// Runs a dialog that loads: whatever it does, it does not trap, and it ends.
    private func run(_ agent: Agent) {
        let facts = CallFacts(
            id: "c", from: "+1", to: "+2", startedAt: WallTime(millisecondsSince1970: 0), timeZone: "UTC", headers: [],
            seed: 1)
        var session = Session(agent: agent, call: facts, clockRate: ClockRate(8_000))
        session.start(at: .zero)
        var time = SampleTime.zero
        for step in 0..<12 {
            time += 8_000
            session.advance(to: time)
            var wishes: [SessionOutput] = []
            while let wish = session.poll() { wishes.append(wish) }
            for wish in wishes { answer(wish, &session, time) }
            if let digit = Digit(code: UInt8(step)) {
                session.receive(.digit(digit, source: .telephoneEvent), at: time)
            }
        }
        session.receive(.callerHungUp, at: time)
    }

    private func answer(_ wish: SessionOutput, _ session: inout Session, _ time: SampleTime) {
        switch wish {
        case .play(let playback): session.receive(.promptEnded(playback.id), at: time)
        case .listen(let request, _): session.receive(.recognized(request, text: "one two", confidence: 1), at: time)
        case .http(let request, _):
            session.receive(.httpAnswered(request, .answered(status: 200, body: .blank, headers: [])), at: time)
        case .ask(let request, _): session.receive(.questionAnswered(request, .answered("so it is")), at: time)
        case .transfer: session.receive(.transferEnded(.noAnswer), at: time)
        default: break
        }
    }
}

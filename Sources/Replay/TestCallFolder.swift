import AudioFiles
import CallFlow
package import Documents
import Formula
import Foundation
import Routing
import Telephony
import Yams

/// Reads test calls: a folder with `call.yaml` and audio, or a bare audio file of a caller.
package enum TestCallFolder {
    /// The name of the document in a test call's folder.
    package static let documentName = "call.yaml"

    /// The test calls at a path: a folder of one call, an audio file, or a folder of such folders at any depth, sorted
    /// by name.
    ///
    /// - Throws: ``ReplayError`` when there is nothing to replay.
    package static func find(at path: String) throws -> [String] {
        let manager = FileManager.default
        var isFolder: ObjCBool = false
        guard manager.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw ReplayError("\(path): there is no such file or folder")
        }
        guard isFolder.boolValue else { return [path] }
        if manager.fileExists(atPath: path + "/" + documentName) { return [path] }
        let inner = (manager.enumerator(atPath: path)?.compactMap { $0 as? String } ?? [])
            .filter { ($0 as NSString).lastPathComponent == documentName }
            .map { ((path as NSString).appendingPathComponent($0) as NSString).deletingLastPathComponent }
            .sorted()
        guard !inner.isEmpty else {
            throw ReplayError(
                "\(path): holds no test call; a test call is a folder with a \(documentName) in it, or an audio file")
        }
        return inner
    }

    /// Reads the call at a path that ``find(at:)`` gave.
    ///
    /// - Throws: ``ReplayError`` or ``AudioFileError`` for a bare audio file; ``InvalidTestCall`` with every mistake for
    ///   a folder.
    package static func read(_ path: String) throws -> TestCall {
        let document = (path as NSString).appendingPathComponent(documentName)
        guard FileManager.default.fileExists(atPath: document) else { return try bareCall(path) }
        let collector = DiagnosticCollector()
        guard let data = FileManager.default.contents(atPath: document) else {
            throw ReplayError("\(document): cannot be read")
        }
        do {
            let yaml = try YAMLDocument(String(decoding: data, as: UTF8.self), file: document)
            var reader = TestCallReader(folder: path, file: document, collector: collector)
            let call = reader.read(yaml.root)
            if let call, !collector.hasErrors { return call }
        } catch {
            collector.add(error)
        }
        throw InvalidTestCall(diagnostics: collector.diagnostics.sorted())
    }

    /// A caller who says what is in an audio file, and hangs up at its end.
    private static func bareCall(_ path: String) throws -> TestCall {
        var call = TestCall(name: ((path as NSString).lastPathComponent as NSString).deletingPathExtension)
        call.summary = "The caller of \(path)"
        let speech = CallerStep.Speech(audio: try AudioFile.read(path).caller, words: "", confidence: 0)
        call.limit = Interval(nanoseconds: Int64(speech.audio.durationInSeconds * 1e9)) + .seconds(60)
        call.script = [
            CallerStep(trigger: .at(.zero), action: .speak(speech)),
            CallerStep(trigger: .after(.zero), action: .hangUp),
        ]
        return call
    }
}

/// The mistakes of a test call's document.
package struct InvalidTestCall: Error, CustomStringConvertible {
    package var diagnostics: [Documents.Diagnostic]
    package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

/// Reads `call.yaml`, version 1.
struct TestCallReader {
    let folder: String
    let file: String
    let collector: DiagnosticCollector
    private var audio: [String: PCMAudio] = [:]

    init(folder: String, file: String, collector: DiagnosticCollector) {
        self.folder = folder
        self.file = file
        self.collector = collector
    }

    mutating func read(_ root: Node) -> TestCall? {
        guard var map = MappingReader(root, "a test call", file: file, collector: collector) else { return nil }
        var call = TestCall(name: (folder as NSString).standardizingPath.lastComponent)
        if let version = map.number("version", in: 1...1_000_000), Int(version) != CallEvent.version {
            map.complain("is of version \(Int(version)); this Parley reads version \(CallEvent.version)")
        }
        readParties(&map, into: &call)
        readMedia(&map, into: &call)
        call.script = map.list("caller").compactMap { step($0) }
        call.stubs = map.list("http").compactMap { stub($0) }
        call.answers = map.list("answers").compactMap { answer($0) }
        call.expectations = map.list("expect").compactMap { expectation($0) }
        call.transferOutcomes = transferOutcomes(&map)
        if let node = map.value("lookUp") { call.lookUp = lookUp(node) }
        call.parties = people(&map)
        for case .command(let command) in call.script.map(\.action) {
            guard let name = command.name, !call.parties.contains(where: { $0.name == name }) else { continue }
            map.complain("the caller does something with '\(name)', who is none of 'people'")
        }
        call.callBacks = callBacks(&map)
        call.centre = centre(&map, call.parties)
        setClock(&call)
        call.holdMusic = map.string("holdMusic")
        map.refuseOthers()
        return call
    }

    /// The hours of queues are by the clock of the call's time zone.
    private func setClock(_ call: inout TestCall) {
        let start = Double(call.startsAt.millisecondsSince1970) / 1_000
        let offset = TimeZone(identifier: call.timeZone)?.secondsFromGMT(for: Date(timeIntervalSince1970: start)) ?? 0
        for index in (call.centre?.queues ?? []).indices {
            call.centre?.queues[index].hours?.offsetInMinutes = offset / 60
        }
    }

    private func readParties(_ map: inout MappingReader, into call: inout TestCall) {
        call.summary = map.string("description") ?? ""
        call.agentPath = map.string("agent").map {
            $0.hasPrefix("/") ? $0 : (folder as NSString).appendingPathComponent($0).standardized
        }
        call.from = map.string("from") ?? call.from
        call.to = map.string("to") ?? call.to
        if let text = map.string("startsAt") {
            if let time = WallTime(text) {
                call.startsAt = time
            } else {
                map.complain(
                    "'startsAt' is a time such as 2026-03-02T09:30:00Z, not '\(text)'", at: map.value("startsAt"))
            }
        }
        if let zone = map.string("timeZone") {
            if TimeZone(identifier: zone) == nil {
                map.complain("'timeZone' is a name such as Europe/Paris, not '\(zone)'", at: map.value("timeZone"))
            }
            call.timeZone = zone
        }
        call.headers = map.members("headers").map { ($0.name.lowercased(), $0.value.string ?? "") }
        if let limit = seconds("limit", &map) { call.limit = limit }
    }

    private func readMedia(_ map: inout MappingReader, into call: inout TestCall) {
        if let codec = map.word("codec", of: CodecChoice.self) { call.codec = codec }
        if let keys = map.word("keys", of: KeyMethod.self) { call.keys = keys }
        if let seed = map.number("seed", in: 0...9_007_199_254_740_991) { call.seed = UInt64(seed) }
        if let text = map.string("network") {
            do throws(NetworkImpairment.ParseError) {
                call.network = try NetworkImpairment(text)
            } catch {
                map.complain(error.description, at: map.value("network"))
            }
        }
        if let node = map.value("echo") { call.echo = echo(node) }
        if let delay = seconds("recognitionDelay", &map) { call.recognitionDelay = delay }
    }

    private func echo(_ node: Node) -> LineEcho? {
        guard var map = MappingReader(node, "an echo", file: file, collector: collector) else { return nil }
        let loss = map.number("returnLoss", in: 0...60)
        let delay = map.number("delay", in: 0...1)
        map.refuseOthers()
        guard let loss else {
            map.complain("an echo needs 'returnLoss', in dB")
            return nil
        }
        return LineEcho(returnLossInDB: loss, delay: Interval(nanoseconds: Int64((delay ?? 0.05) * 1e9)))
    }

    private func transferOutcomes(_ map: inout MappingReader) -> [TransferOutcome] {
        let nodes = map.list("transfers")
        let outcomes = nodes.compactMap { node -> TransferOutcome? in
            guard let outcome = node.string.flatMap(TransferOutcome.init(rawValue:)) else {
                let names = TransferOutcome.allCases.map(\.rawValue).joined(separator: ", ")
                map.complain("the outcome of a transfer is one of \(names)", at: node)
                return nil
            }
            return outcome
        }
        return outcomes.isEmpty ? [.completed] : outcomes
    }

    /// A time in seconds, 0 to a day.
    func seconds(_ name: String, _ map: inout MappingReader) -> Interval? {
        map.number(name, in: 0...86_400).map { Interval(nanoseconds: Int64(($0 * 1_000_000_000).rounded())) }
    }

    // MARK: - What the caller does

    mutating func step(_ node: Node, isCaller: Bool = true) -> CallerStep? {
        guard var map = MappingReader(node, "a caller's step", file: file, collector: collector) else { return nil }
        let trigger = trigger(&map)
        let action = isCaller ? referral(&map) ?? action(&map) : command(&map) ?? action(&map)
        map.refuseOthers()
        guard let action else {
            if !collector.hasErrors { map.complain("a caller's step needs one of press, speak, stayOnTheLine, hangUp") }
            return nil
        }
        return CallerStep(trigger: trigger, action: action, line: map.line)
    }

    private func trigger(_ map: inout MappingReader) -> CallerStep.Trigger {
        let delay = seconds("after", &map)
        let at = seconds("at", &map)
        let begins = map.string("whenPromptBegins")
        let ends = map.string("whenPromptEnds")
        if [at != nil, begins != nil, ends != nil].count(where: { $0 }) > 1 || (at != nil && delay != nil) {
            map.complain(
                "a caller's step has one of at, after, whenPromptBegins, whenPromptEnds; 'after' may go with the last two"
            )
        }
        if let begins { return .promptBegins(begins, delay: delay ?? .zero) }
        if let ends { return .promptEnds(ends, delay: delay ?? .zero) }
        if let at { return .at(at) }
        return .after(delay ?? .zero)
    }

    private mutating func action(_ map: inout MappingReader) -> CallerStep.Action? {
        var actions: [CallerStep.Action] = []
        if let keys = map.string("press") {
            let digits = keys.compactMap { Digit($0) }
            if digits.count != keys.count || digits.isEmpty {
                map.complain("'press' is keys in quotes, of 0-9, *, # and A-D, not '\(keys)'", at: map.value("press"))
            }
            let method = map.word("by", of: KeyMethod.self)
            let duration = map.number("keyMilliseconds", in: 20...60_000) ?? 100
            let gap = map.number("gapMilliseconds", in: 20...60_000) ?? 100
            actions.append(
                .press(
                    digits, method, duration: .milliseconds(Int64(duration)), gap: .milliseconds(Int64(gap))))
        }
        if let name = map.string("speak") {
            let words = map.string("words") ?? ""
            let confidence = map.number("confidence", in: 0...1) ?? 0.9
            if let audio = load(name, &map) {
                actions.append(.speak(CallerStep.Speech(audio: audio, words: words, confidence: confidence)))
            }
        }
        if let time = seconds("stayOnTheLine", &map) { actions.append(.stayOnTheLine(time)) }
        if map.boolean("hangUp") == true { actions.append(.hangUp) }
        if actions.count > 1 {
            map.complain(
                "a caller's step does one thing; write a step of its own for each of press, speak, stayOnTheLine, hangUp"
            )
        }
        return actions.first
    }

    private mutating func load(_ name: String, _ map: inout MappingReader) -> PCMAudio? {
        if let known = audio[name] { return known }
        do {
            let path = (folder as NSString).appendingPathComponent(name)
            let loaded = try AudioFile.read(path).caller
            audio[name] = loaded
            return loaded
        } catch {
            map.complain("\(error)", at: map.value("speak"))
            return nil
        }
    }

    // MARK: - What the outside answers

    private func stub(_ node: Node) -> HTTPStub? {
        guard var map = MappingReader(node, "an HTTP answer", file: file, collector: collector) else { return nil }
        let failure = map.word("failure", of: HTTPFailure.self)
        let status = map.number("status", in: 100...599).map { Int($0) }
        let delay = seconds("delay", &map) ?? .zero
        var body = Value.blank
        if let node = map.value("body") { body = value(node, &map) }
        let headers = map.members("headers").map { (name: $0.name, value: $0.value.string ?? "") }
        let stub = HTTPStub(
            action: map.string("action"), urlContains: map.string("url"), method: map.string("method"), delay: delay,
            reply: failure.map { .failed($0) } ?? .answered(status: status ?? 200, body: body, headers: headers),
            isOnce: map.boolean("once") ?? false)
        if failure != nil, status != nil { map.complain("an HTTP answer has a status or a failure, not both") }
        map.refuseOthers()
        return stub
    }

    private func answer(_ node: Node) -> AnswerStub? {
        guard var map = MappingReader(node, "an answer", file: file, collector: collector) else { return nil }
        defer { map.refuseOthers() }
        guard let text = map.requiredString("text") else { return nil }
        return AnswerStub(
            action: map.string("action"), question: map.string("question"), text: text,
            delay: seconds("delay", &map) ?? .zero)
    }

    private func lookUp(_ node: Node) -> CallerLookUpStub? {
        guard var map = MappingReader(node, "a look-up of the caller", file: file, collector: collector) else {
            return nil
        }
        let delay = seconds("delay", &map) ?? .zero
        let limit = seconds("within", &map) ?? .seconds(2)
        let fields = map.members("caller").map { field in
            Value.Field(field.name, lookedUp(field.value))
        }
        let fails = map.boolean("failure") ?? false
        if fails, !fields.isEmpty { map.complain("a look-up finds a 'caller' or has a 'failure', not both") }
        map.refuseOthers()
        let reply: CallerReply = fails ? .failed : fields.isEmpty ? .unknown : .found(.record(fields))
        return CallerLookUpStub(reply, delay: delay, limit: limit)
    }

    /// A member of who the caller is: a text, a number or a truth value; records and tables as JSON has them.
    private func lookedUp(_ node: Node) -> Value {
        guard case .scalar(let scalar) = node else { return Value.parsed(json: json(node)) }
        guard scalar.style == .plain else { return .text(scalar.string) }
        if let number = Double(scalar.string) { return .number(number) }
        return ["true", "false"].contains(scalar.string) ? .boolean(scalar.string == "true") : .text(scalar.string)
    }

    /// A body as the connector would give it: a text is the response's own text, which is parsed when it is JSON.
    private func value(_ node: Node, _ map: inout MappingReader) -> Value {
        let text: String
        if case .scalar(let scalar) = node { text = scalar.string } else { text = json(node) }
        return Value.parsed(json: text)
    }

    private func json(_ node: Node) -> String {
        switch node {
        case .mapping(let mapping):
            "{" + mapping.map { "\(quoted($0.key.string ?? "")):\(json($0.value))" }.joined(separator: ",") + "}"
        case .sequence(let sequence): "[" + sequence.map { json($0) }.joined(separator: ",") + "]"
        case .scalar(let scalar):
            if scalar.style == .plain, isJSONLiteral(scalar.string) { scalar.string } else { quoted(scalar.string) }
        case .alias: "null"
        }
    }

    private func isJSONLiteral(_ text: String) -> Bool {
        ["true", "false", "null"].contains(text)
            || text.wholeMatch(of: /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/) != nil
    }

    private func quoted(_ text: String) -> String {
        (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    // MARK: - What must happen

    private func expectation(_ node: Node) -> ExpectedEvent? {
        guard var map = MappingReader(node, "an expectation", file: file, collector: collector) else { return nil }
        let within = map.number("withinMs", in: 0...86_400_000).map { Interval.milliseconds(Int64($0)) }
        let isAbsent = map.boolean("absent") ?? false
        guard let event = map.requiredString("event") else { return nil }
        if !CallEventBody.names.contains(event) {
            let nearest = nearestName(to: event, among: CallEventBody.names)
            map.complain(
                "there is no event '\(event)'"
                    + (nearest.map { "; did you mean \($0)?" } ?? "; 'parley schema event' lists them"),
                at: map.value("event"))
        }
        if isAbsent, within != nil { map.complain("'withinMs' has no meaning for what must be absent") }
        let fields = map.rest().compactMap { field in
            condition(field.value, of: field.name, &map).map { (name: field.name, condition: $0) }
        }
        return ExpectedEvent(event: event, fields: fields, within: within, isAbsent: isAbsent, line: map.line)
    }

    private func condition(_ node: Node, of name: String, _ map: inout MappingReader) -> ExpectedEvent.Condition? {
        switch node {
        case .scalar(let scalar): return .equals(ExpectedEvent.Scalar(scalar))
        case .mapping:
            guard var inner = MappingReader(node, "a condition", file: file, collector: collector) else { return nil }
            defer { inner.refuseOthers() }
            if let part = inner.string("contains") { return .contains(part) }
            let low = inner.number("atLeast", in: -1e15...1e15)
            let high = inner.number("atMost", in: -1e15...1e15)
            if low == nil, high == nil { inner.complain("a condition is contains, atLeast or atMost") }
            return .between(low, high)
        case .sequence, .alias:
            map.complain("'\(name)' is compared with a value, or with contains, atLeast, atMost", at: node)
            return nil
        }
    }
}

extension ExpectedEvent.Scalar {
    /// A plain YAML scalar is a number or a boolean where it looks like one; a quoted one is text.
    fileprivate init(_ scalar: Node.Scalar) {
        if scalar.style == .plain, let number = Double(scalar.string) {
            self = .number(number)
        } else if scalar.style == .plain, scalar.string == "true" || scalar.string == "false" {
            self = .boolean(scalar.string == "true")
        } else {
            self = .text(scalar.string)
        }
    }
}

extension String {
    fileprivate var lastComponent: String { (self as NSString).lastPathComponent }
    fileprivate var standardized: String { (self as NSString).standardizingPath }
}

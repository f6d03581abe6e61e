import AgentFiles
import CallFlow
import Documents

/// The notes that silence warnings where they stand.
///
/// A note on a line of its own is about the value below it and all that is indented deeper; one behind a value is about
/// that line. Errors cannot be silenced.
struct Silences {
    private let agent: AgentOutline

    init(_ agent: AgentOutline) { self.agent = agent }

    /// What is left of some findings, with what is wrong with the notes themselves.
    func applied(to findings: [Diagnostic]) -> [Diagnostic] {
        var left = findings
        for source in agent.sources {
            for note in source.text.notes.notes { apply(note, source, findings, &left) }
        }
        return left
    }

    private func apply(
        _ note: SourceNotes.Note, _ source: AgentSource, _ findings: [Diagnostic], _ left: inout [Diagnostic]
    ) {
        func complain(_ code: String, _ message: String) {
            left.append(
                Diagnostic(
                    .warning, file: source.file, line: note.place.line, column: note.place.column, code: code,
                    message: message))
        }
        switch note.kind {
        case .unknown(let word):
            complain(
                "note-unknown",
                "'\(word)' is no note; write '# parley: allow CODE — reason', '# parley: takes VARIABLE — reason' or '# parley: waits for Global.Caller — reason'"
            )
        case .takes(let names): checkTakes(names, note, source, complain)
        case .waits(let names): checkWaits(names, note, source, complain)
        case .allow(let words):
            guard !words.isEmpty else {
                return complain("note-unknown", "the note names no rule; 'parley check --list-rules' has them")
            }
            guard !note.reason.isEmpty else {
                return complain(
                    "note-without-reason",
                    "the note gives no reason and silences nothing; write '# parley: allow \(words[0]) — why'")
            }
            let lines = note.isAlone ? Silences.block(at: note.target, source.text) : note.target...note.target
            var silenced: [Diagnostic] = []
            for word in words { silenced += silence(word, lines, source, findings, complain) }
            left.removeAll { silenced.contains($0) }
        }
    }

    /// The warnings that a note silences by a word.
    private func silence(
        _ word: String, _ lines: ClosedRange<Int>, _ source: AgentSource, _ findings: [Diagnostic],
        _ complain: (String, String) -> Void
    ) -> [Diagnostic] {
        guard Rule.all.contains(where: { $0.isNamed(by: word) }) else {
            let nearest = nearestName(to: word, among: Rule.all.map(\.code))
            complain("note-unknown", "there is no rule \(word)" + (nearest.map { "; did you mean \($0)?" } ?? ""))
            return []
        }
        func isMeant(_ finding: Diagnostic) -> Bool {
            finding.file == source.file && finding.severity == .warning && !finding.code.hasPrefix("note-")
                && (lines.contains(finding.line) || finding.line == 0 && lines.lowerBound <= 1)
                && Rule.named(finding.code)?.isNamed(by: word) == true
        }
        let silenced = findings.filter(isMeant)
        if silenced.isEmpty {
            complain("note-without-effect", "the note silences nothing: there is no warning \(word) here; remove it")
        }
        return silenced
    }

    /// The lines of the value that begins in a line: it and all that is indented deeper.
    static func block(at line: Int, _ text: SourceText) -> ClosedRange<Int> {
        guard line >= 1, line <= text.lines.count else { return line...line }
        func indentation(_ line: [Character]) -> Int? { line.firstIndex { !$0.isWhitespace } }
        let own = indentation(text.lines[line - 1]) ?? 0
        var last = line
        for index in line..<text.lines.count {
            guard let inner = indentation(text.lines[index]) else { continue }
            if inner <= own { break }
            last = index + 1
        }
        return line...last
    }

    /// What waits for the look-up of the caller is an action.
    private func checkWaits(
        _ names: [String], _ note: SourceNotes.Note, _ source: AgentSource, _ complain: (String, String) -> Void
    ) {
        let caller = "\(Session.callerVariable)"
        guard names == [caller] else {
            return complain(
                "note-unknown", "an action waits for \(caller) alone; write '# parley: waits for \(caller) — why'")
        }
        guard !note.reason.isEmpty else {
            return complain(
                "note-without-reason",
                "the note gives no reason and makes nothing wait; write '# parley: waits for \(caller) — why'")
        }
        let isAtAction = agent.topics.filter { $0.file == source.file }.flatMap(\.allActions).contains {
            $0.value.lines.lowerBound == note.target
        }
        if !isAtAction {
            complain(
                "note-without-effect", "nothing waits: no action begins below the note; move it to the line above one")
        }
    }

    /// A declaration that a request takes sensitive values stands at a request.
    private func checkTakes(
        _ names: [String], _ note: SourceNotes.Note, _ source: AgentSource, _ complain: (String, String) -> Void
    ) {
        if names.isEmpty {
            return complain("note-unknown", "the note names no variable; write '# parley: takes Topic.Name — why'")
        }
        if note.reason.isEmpty {
            return complain(
                "note-without-reason",
                "the note gives no reason and declares nothing; write '# parley: takes \(names.joined(separator: ", ")) — why'"
            )
        }
        let isAtRequest = agent.topics.filter { $0.file == source.file }.flatMap(\.allActions).contains { action in
            SensitivityRules.requests.contains(action.kind)
                && (action.value.lines).contains(note.target)
        }
        if !isAtRequest {
            complain(
                "note-without-effect",
                "the note declares nothing: no request to the outside stands here; move it to the HttpRequestAction")
        }
    }
}

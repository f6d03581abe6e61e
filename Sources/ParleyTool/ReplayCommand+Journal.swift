import ArgumentParser
import AudioFiles
import CallControl
import CallFlow
import Foundation
import Records
import Replay
import Telephony

/// Which live call is run again.
struct JournalFileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Run the call of this journal again and compare it with what was sent and told.", valueName: "file"))
    var journal: String?

    @Option(
        name: [.customLong("journal-key"), .customLong("key")],
        help: ArgumentHelp(
            "The key of the journal, 64 hexadecimal digits at env:NAME or file:PATH.", valueName: "place"))
    var journalKey: String?

    func validate() throws {
        if journal == nil, journalKey != nil { throw ValidationError("--journal-key is for --journal FILE") }
    }

    /// Reads the journal.
    func read() throws -> JournaledCall {
        let path = journal ?? ""
        guard let sealed = FileManager.default.contents(atPath: path) else {
            throw CommandError(description: "\(path): the journal is not there or cannot be read")
        }
        guard let journalKey else {
            throw CommandError(description: "\(path): journals are encrypted; name the key with --journal-key PLACE")
        }
        do {
            let (octets, isCut) = try SealedFile.openJournal(sealed, with: RecordingKey(from: journalKey, of: .journal))
            return try JournaledCall(reading: Array(octets), isCut: isCut)
        } catch {
            throw CommandError(description: "\(path): \(error)")
        }
    }
}

extension ReplayCommand {
    /// Runs the call of a journal again.
    func replayJournal() async throws {
        let call = try journal.read()
        let path = try agentFolder(of: call)
        let (agent, outside) = try CallRunner.agent(at: path)
        warn(about: call, agent.name, path)
        let keeper = try RecordKeeper(records)
        let output = JSONLines()
        let narrator = Narrator(json: json ? output : nil, style: .of(STDOUT_FILENO), showsEveryAction: verbose)
        let name = call.admission.call.rawValue
        var observer = Observer(narrator: narrator, recordingPath: keeper.streamedPath(of: name))
        let replay = JournalReplay(
            of: call, agent: agent, outside: outside, recordsAudio: keeper.recordsAudio,
            recordsLegs: keeper.recordsLegs)
        let result = try await replay.replay(&observer)
        try observer.writer?.finish()
        try keeper.keep(result.events, result.context, name: name, observer.recordings)
        let verdict = JournalVerdict(call, result)
        if json {
            Terminal.print(try output.line(ContextLine(context: result.context)))
            Terminal.print(try output.line(["journal": verdict]))
        } else {
            Terminal.print(verdict.sentence)
        }
        if let cut = call.cut { Terminal.explain("the journal is not the whole call: \(cut)") }
        if verdict.difference != nil { throw ExitCode.failure }
    }

    private func agentFolder(of call: JournaledCall) throws -> String {
        if let named = agentOptions.agent { return named }
        guard let folder = call.about?.agentFolder, !folder.isEmpty else {
            throw CommandError(
                description: "the journal does not say which agent folder answered; name it with --agent FOLDER")
        }
        return folder
    }

    /// Says what may make a difference before there is one.
    private func warn(about call: JournaledCall, _ agent: String, _ path: String) {
        if let about = call.about {
            if about.version != Program.version {
                Terminal.explain("the call was answered by version \(about.version); this is \(Program.version)")
            }
            if !about.agentDigest.isEmpty, about.agentDigest != FolderDigest.of(path) {
                Terminal.explain("\(path): the agent is not as it was in the call; what it does may be another thing")
            }
        }
        if agent != call.admission.agent {
            Terminal.explain("the call was answered by \(call.admission.agent), not by \(agent)")
        }
    }
}

/// Whether a call that was run again is the same.
private struct JournalVerdict: Encodable {
    var agrees: Bool
    /// The first difference, and when in seconds from the call's beginning.
    var difference: String?
    var at: Double?
    var datagrams: Int
    /// Of which the length alone is known.
    var secretDatagrams: Int
    var facts: Int
    /// Something stands in the place of a secret: from there the facts alone had to be the same.
    var hasSecrets: Bool
    var differencesBehindSecrets: Int
    var isWhole: Bool

    init(_ call: JournaledCall, _ result: JournalResult) {
        agrees = result.difference == nil
        difference = result.difference
        at = result.differsAt?.roundedSeconds
        datagrams = result.datagrams
        secretDatagrams = result.secretDatagrams
        facts = result.events.count
        hasSecrets = call.isVeiled
        differencesBehindSecrets = result.laterDifferences
        isWhole = call.cut == nil
    }

    var sentence: String {
        if let difference { return "differs at \(at ?? 0) s: \(difference)" }
        let all = "agrees: \(datagrams) datagrams and \(facts) facts"
        guard hasSecrets else { return all + " are the same, octet by octet" }
        return all + " are the same as far as no secret is in them"
            + (differencesBehindSecrets > 0 ? "; \(differencesBehindSecrets) datagrams behind a secret are others" : "")
    }
}

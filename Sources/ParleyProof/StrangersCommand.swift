import ArgumentParser
import Foundation
import Glibc
import Telephony
import Transport

/// What those learn who ask for users that there are and for users that there are not.
struct StrangersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strangers",
        abstract:
            "Ask `parley serve` for users that there are and that there are not, and compare the answers and their times.",
        discussion: """
            Starts `parley serve` with phones, and sends it REGISTER and INVITE with credentials that are wrong, by turns at \
            random for users of its list and for others. Printed for each: whether the answers differ in anything but \
            their nonce and tag, the medians of the times to the answer, and how likely it is that so great a difference of both \
            distributions is chance (Kolmogorov and Smirnov). Then somebody from nowhere known asks the same. Exit status \
            1 when answers differ, when the medians are 50 us apart or more, when such a difference is chance once in a \
            thousand times, or when anything is said to who is not known.

            EXAMPLES:
              swift build -c release && .build/release/ParleyProof strangers
              .build/release/ParleyProof strangers --requests 10000
            """)

    @Option(help: "Requests of each method for users that there are, and as many for others.") var requests = 2_000
    @Option(help: "The order of the users.") var seed: UInt64 = 1
    @Option(help: "The core of the service.") var core = 0
    @Option(help: "The core of who asks.") var callersCore = 1
    @Option(help: ArgumentHelp("The program that is asked; the one beside this by default.", valueName: "file"))
    var parley: String?

    private static let sipPort: UInt16 = 5_186
    /// Of whom nothing is known.
    private static let stranger: UInt32 = 0x7F63_6362

    func validate() throws {
        guard requests >= 100 else { throw ValidationError("--requests is 100 or more") }
    }

    func run() throws {
        try MeasuredProcess.pinSelf(to: callersCore)
        let folder = FileManager.default.temporaryDirectory.appending(path: "strangers-\(getpid())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(to: folder)
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "parley").path
        let service = try MeasuredProcess(
            parley ?? beside, ["serve", "--config", folder + "/parley.yaml"], core: core)
        defer { service.stop() }
        var asker = try UserAsker(from: 0x7F00_0001, at: StrangersCommand.sipPort)
        guard asker.waitForService(seconds: 30) else {
            throw ValidationError("`parley serve` did not start; run it by hand to see why")
        }
        var holds = true
        for method in ["REGISTER", "INVITE"] { holds = try compare(method, &asker) && holds }
        var stranger = try UserAsker(from: StrangersCommand.stranger, at: StrangersCommand.sipPort)
        var heard = 0
        for method in ["REGISTER", "INVITE", "OPTIONS"] {
            for user in ["known001", "other001"]
            where stranger.ask(method, user, nonce: "0.0", milliseconds: 300) != nil {
                heard += 1
            }
        }
        print("somebody from nowhere known: \(heard) answers to 6 requests")
        guard holds, heard == 0, service.isRunning else { throw ExitCode.failure }
    }

    /// Asks with one method.
    private func compare(_ method: String, _ asker: inout UserAsker) throws -> Bool {
        var generator = SeededGenerator(seed: seed)
        var times: [[Double]] = [[], []]
        var answers: [Set<String>] = [[], []]
        var unanswered = 0
        var nonce = ""
        // What is made at the first request is nobody's; a nonce is right for half a minute.
        for turn in 0..<requests * 2 + 200 {
            if turn % 1_000 == 0 { nonce = asker.nonce() ?? nonce }
            let isKnown = generator.next() & 1 == 0
            let user = (isKnown ? "known" : "other") + String(1_000 + generator.next() % 100).dropFirst()
            guard let answer = asker.ask(method, user, nonce: nonce, milliseconds: 5_000) else {
                unanswered += 1
                continue
            }
            guard turn >= 200 else { continue }
            times[isKnown ? 0 : 1].append(answer.microseconds)
            answers[isKnown ? 0 : 1].insert(answer.text.replacing(user, with: "USER"))
        }
        let medians = times.map { $0.sorted()[$0.count / 2] }
        let chance = StrangersCommand.chance(times[0].sorted(), times[1].sorted())
        let isSame = answers[0] == answers[1] && answers[0].count == 1
        print(
            String(
                format:
                    "%@: %d and %d answered, %d without an answer; %@; medians %.1f us for users that there are, %.1f us for others; chance of such a difference %.3f",
                method, times[0].count, times[1].count, unanswered, isSame ? "the same octets" : "OTHER OCTETS",
                medians[0],
                medians[1], chance))
        return isSame && unanswered == 0 && abs(medians[0] - medians[1]) < 50 && chance > 0.001
    }

    /// How likely it is that two samples of one distribution differ as much as these: the two-sample test of Kolmogorov and
    /// Smirnov, with the usual series for large samples.
    ///
    /// - Parameters: in ascending order, none empty.
    static func chance(_ a: [Double], _ b: [Double]) -> Double {
        var (i, j, distance) = (0, 0, 0.0)
        while i < a.count, j < b.count {
            let value = min(a[i], b[j])
            while i < a.count, a[i] <= value { i += 1 }
            while j < b.count, b[j] <= value { j += 1 }
            distance = max(distance, abs(Double(i) / Double(a.count) - Double(j) / Double(b.count)))
        }
        let size = (Double(a.count) * Double(b.count) / Double(a.count + b.count)).squareRoot()
        let scaled = (size + 0.12 + 0.11 / size) * distance
        // The series does not converge where hardly anything differs.
        if scaled < 0.3 { return 1 }
        var (sum, sign) = (0.0, 1.0)
        for term in 1...100 {
            sum += sign * exp(-2 * scaled * scaled * Double(term * term))
            sign = -sign
        }
        return min(1, max(0, 2 * sum))
    }

    private func write(to folder: String) throws {
        let users = (0..<100).map { "known" + String(1_000 + $0).dropFirst() + ": password-\(1_000 + $0)\n" }.joined()
        let files = [
            "users": users,
            "line/agent.mcs.yml": "kind: GptComponentMetadata\ndisplayName: line\n",
            "line/topics/start.mcs.yml": """
            kind: AdaptiveDialog
            beginDialog:
              kind: OnConversationStart
              id: main
              actions:
                - kind: EndConversation
                  id: end

            """,
            "parley.yaml": """
            agents: {line: line}
            admin: {socket: none}
            media: {address: 127.0.0.1, ports: 21000-21099}
            limits: {calls: \(max(100, requests * 2))}
            trunks:
                phones:
                    kind: phones
                    listen: ["udp:127.0.0.1:\(StrangersCommand.sipPort)"]
                    allow: [127.0.0.1]
                    otherwise: line
                    users: {realm: proof, file: users}

            """,
        ]
        for (name, text) in files.sorted(by: { $0.key < $1.key }) {
            let file = URL(filePath: folder).appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
    }
}

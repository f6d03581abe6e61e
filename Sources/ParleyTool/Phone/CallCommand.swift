import ArgumentParser
import Foundation
import Replay
import SIP
import Telephony
import Transport

/// Places a test call.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Place a test call by SIP.",
        discussion: """
            Calls a SIP URI, does what it is told from the answer on, and hangs up. What the far end says is heard by the same \
            jitter buffer, decoder and detectors as a call to the service: speech that begins is a prompt that begins, and \
            700 ms of silence end it, so a test call's steps that wait for a prompt wait for the next that is heard. \
            TARGET is reached as RFC 3263 says; sips: and ;transport=tls stand for TLS, ;transport=tcp for TCP.

            Credentials for a far end that asks for them are PARLEY_SIP_USER and PARLEY_SIP_PASSWORD. Exit status 1 when the \
            call is not answered. Control-C hangs up.

            EXAMPLES:
              parley serve & parley call sip:100@127.0.0.1
              parley call sip:100@127.0.0.1 --press 2,9# --record heard.wav
              parley call sip:100@127.0.0.1 --play caller.wav --press '021#' --in-band
              parley call sip:100@127.0.0.1 --script Audio/Calls/gas-leak --json
              parley call 'sips:100@sbc.example.com' --srtp required --trust ca.pem
            """)

    @Argument(help: "The SIP URI that is called.")
    var target: String

    @Option(help: ArgumentHelp("Say what is in an audio file.", valueName: "file"))
    var play: String?

    @Option(help: ArgumentHelp("Press keys, after --play; a comma waits 2 s.", valueName: "keys"))
    var press: String?

    @Option(help: ArgumentHelp("Do what the caller of a test call does, instead.", valueName: "folder"))
    var script: String?

    @Option(help: ArgumentHelp("Begin so long after the answer.", valueName: "seconds"))
    var after = 1.0

    @Option(
        help: ArgumentHelp(
            "Stay on the line so long after the last step (default: 1 with steps; else to the end).",
            valueName: "seconds"))
    var stay: Double?

    @Flag(help: "Press keys as tones in the audio, not by RFC 4733.") var inBand = false
    @Flag(help: "Press keys by SIP INFO, not by RFC 4733.") var info = false
    @Option(help: "Offer this codec alone.") var codec: CodecChoice?
    @Option(help: ArgumentHelp("Encrypted media: off, offered or required.", valueName: "policy"))
    var srtp = SRTPPolicy.off
    @Option(help: ArgumentHelp("What the network does to what is sent, as in replay.", valueName: "impairment"))
    var network: String?
    @Option(help: ArgumentHelp("Write what is heard to this WAV file.", valueName: "file")) var record: String?
    @Option(help: ArgumentHelp("The caller's number or SIP URI.", valueName: "number")) var from = "+15550100"
    @Option(help: ArgumentHelp("Send the call through this SIP URI.", valueName: "uri")) var proxy: String?
    @Option(help: ArgumentHelp("A header field of the INVITE; may be given again.", valueName: "Name=value"))
    var header: [String] = []
    @Option(help: ArgumentHelp("Certificate authorities for TLS, PEM (default: the system's).", valueName: "file"))
    var trust: String?
    @Option(help: ArgumentHelp("A certificate to show to a server that asks, PEM.", valueName: "file"))
    var certificate: String?
    @Option(help: ArgumentHelp("The key of the certificate, PEM.", valueName: "file")) var privateKey: String?
    @Option(help: ArgumentHelp("The name that the TLS server must prove.", valueName: "name")) var serverName: String?
    @Option(help: ArgumentHelp("Give up after ringing so long.", valueName: "seconds")) var ring = 60.0
    @Option(help: ArgumentHelp("Hang up so long after the answer at the latest.", valueName: "seconds"))
    var limit = 120.0
    @Flag(help: "Print one JSON event a line and, last, the call context.") var json = false

    func validate() throws {
        if script != nil, play != nil || press != nil {
            throw ValidationError("--script has the caller's steps; leave --play and --press out")
        }
        if inBand, info { throw ValidationError("--in-band and --info are two ways of pressing one key; choose one") }
        if (certificate == nil) != (privateKey == nil) {
            throw ValidationError("--certificate and --private-key go together")
        }
        for seconds in [after, stay ?? 0, ring, limit] where !(0...86_400).contains(seconds) {
            throw ValidationError("\(seconds) is no number of seconds from 0 to 86400")
        }
    }

    func run() async throws {
        let mailbox = Mailbox()
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                // The handler keeps its source for as long as the process runs.
                _ = source.data
                mailbox.hangUp()
            }
            source.resume()
        }
        let server = SignallingServer(accepts: { _ in true }, receive: { mailbox.put($0) })
        let outcome: PhoneOutcome
        do {
            outcome = try await place(server, mailbox)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
        switch outcome {
        case .completed(let context):
            if json { Terminal.print(try JSONLines().line(["context": context])) }
        case .unanswered(let refusal): throw CommandError(description: "\(target) \(refusal.sentence)")
        case .noMedia:
            throw CommandError(description: "\(target) answered with a codec that is not spoken here; try --codec pcmu")
        }
    }

    private func place(_ server: SignallingServer, _ mailbox: Mailbox) async throws -> PhoneOutcome {
        let (plan, configuration, address) = try await prepare(server)
        let narrator = PhoneNarrator(writesJSON: json)
        return try await withCheckedThrowingContinuation { continuation in
            let thread = Thread {
                continuation.resume(
                    with: Result {
                        var phone = try TestPhone(plan, configuration, server, mailbox, bindTo: address, narrator)
                        return try phone.run()
                    })
            }
            thread.name = "phone"
            thread.start()
        }
    }
}

/// Tells a test call while it runs.
struct PhoneNarrator: PhoneObserver, Sendable {
    private let writesJSON: Bool
    private var story = Story(style: .of(STDOUT_FILENO), showsEveryAction: false)

    init(writesJSON: Bool) { self.writesJSON = writesJSON }

    mutating func happened(_ event: CallEvent) {
        if writesJSON {
            if let line = try? JSONLines().line(event) { Terminal.print(line) }
        } else {
            for line in story.lines(for: event) { Terminal.print(line) }
        }
    }

    mutating func progressed(_ text: String) { Terminal.explain(text) }
}

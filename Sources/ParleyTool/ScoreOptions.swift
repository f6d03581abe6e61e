import ArgumentParser
import Foundation
import Scoring

/// What every `parley score` command takes.
struct ScoreOptions: ParsableArguments {
    @Option(help: "The seed of the synthetic suite: the same seed makes the same audio.")
    var seed: UInt64 = 1

    @Flag(help: "Print the scorecards as JSON, one a line.")
    var json = false

    @Option(help: ArgumentHelp("Write the scorecards as one self-contained HTML page.", valueName: "file"))
    var html: String?

    /// Prints the scorecards, and writes the page when one is wanted.
    func report(_ scorecards: [Scorecard]) throws {
        if json {
            let lines = JSONLines()
            for card in scorecards { Terminal.print(try lines.line(card)) }
        } else {
            Terminal.print(scorecards.map { $0.lines.joined(separator: "\n") }.joined(separator: "\n\n"))
        }
        guard let html else { return }
        do {
            try Data(HTMLReport(scorecards).text.utf8).write(to: URL(filePath: html), options: .atomic)
        } catch {
            throw CommandError(
                description: "\(html): the report cannot be written (\(error.localizedDescription)); check the folder")
        }
    }
}

import ArgumentParser
import Foundation
import Service

/// Where journals of calls are kept.
struct JournalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Keep a journal of each call in this folder, by which 'parley replay --journal FILE' runs it again. Needs --journal-key.",
            valueName: "folder"))
    var journal: String?

    @Option(
        help: ArgumentHelp(
            "Encrypt journals with this key, 64 hexadecimal digits at env:NAME or file:PATH.", valueName: "place"))
    var journalKey: String?

    func validate() throws {
        if journal == nil, journalKey != nil { throw ValidationError("--journal-key is for --journal FOLDER") }
    }

    var configuration: JournalConfiguration? {
        get throws {
            guard let journal else { return nil }
            guard let journalKey else {
                throw ValidationError("--journal \(journal): \(JournalConfiguration.needsKey)")
            }
            return JournalConfiguration(folder: URL(filePath: journal).path, key: journalKey)
        }
    }
}

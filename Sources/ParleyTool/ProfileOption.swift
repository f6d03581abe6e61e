import ArgumentParser
import FrontEnd
import Replay

/// The settings of the front end, from the same file for every command.
struct ProfileOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The settings of the front end, a YAML file; 'parley detect --settings' prints one with all of them.",
            valueName: "file"))
    var profile: String?

    /// - Throws: ``InvalidProfile`` with every mistake of the file.
    func read() throws -> FrontEndProfile { try profile.map { try FrontEndProfile.read($0) } ?? FrontEndProfile() }
}
